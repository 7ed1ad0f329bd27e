"""``directives manifest``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import here
from directives.cli.app import settings_of
from directives.cli.app import traceback_option
from directives.cli.terminal import console

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord
    from directives.manifest import Diff
    from directives.manifest import Manifest
    from directives.settings import Settings


@click.group(
    "manifest",
    invoke_without_command=True,
    epilog=example("directives manifest --json", "directives manifest diff old.cbor"),
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of objects.")
@traceback_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """List every function with a directive: what the server exposes, and what is cached.

    Reads what `directives build` wrote; where nothing was built, the project's source files,
    without importing them.
    """
    if context.invoked_subcommand:
        return 0
    from directives.manifest import load_or_compute

    settings = settings_of(here())
    manifest = load_or_compute(settings)
    if as_json:
        print(json.dumps([asdict(record) for record in manifest.records.values()], indent=2))
    else:
        _print_table(manifest)
        _note_if_stale(manifest, settings)
    return 0


@command.command("diff", epilog=example("directives manifest diff .directives/manifest.cbor"))
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@traceback_option
def compare(old: Path, new: Path | None) -> int:
    """Compare two manifests; NEW is the project's source files unless given.

    A `-` line is a function that open pages and clients call in vain after the deploy.
    Exits with 1 if anything differs.
    """
    from directives.manifest import Manifest
    from directives.manifest import diff
    from directives.manifest import from_project

    found = diff(Manifest.load(old), Manifest.load(new) if new else from_project(settings_of(here())))
    for line in _diff_lines(found):
        print(line)
    return 1 if found else 0


def _print_table(manifest: Manifest) -> None:
    from rich.table import Table

    table = Table("function", "directive", "captures", "where", "id", box=None, header_style="bold")
    for record in manifest.records.values():
        table.add_row(
            f"{record.module}.{_signature(record)}",
            record.directive,
            ", ".join(capture.name for capture in record.captures),
            f"{record.file}:{record.line}",
            record.id[:12],
        )
    console(sys.stdout).print(table)


def _note_if_stale(manifest: Manifest, settings: Settings) -> None:
    from directives.errors import DirectivesError
    from directives.manifest import diff
    from directives.manifest import from_project

    try:
        changed = diff(manifest, from_project(settings))
    except DirectivesError:
        note = "the sources have errors now: run `directives check`"
    else:
        note = (
            "the sources have other functions than this manifest: run `directives build`" if changed else ""
        )
    if note:
        print(f"note: {note}", file=sys.stderr)


def _diff_lines(found: Diff) -> Iterable[str]:
    for record in found.removed:
        yield f"- {_described(record)}"
    for record in found.added:
        yield f"+ {_described(record)}"
    for change in found.changed:
        yield f"! {change.reason}: {_described(change.old)} -> {_described(change.new)}"


def _described(record: FunctionRecord) -> str:
    captures = f" captures {', '.join(c.name for c in record.captures)}" if record.captures else ""
    return f"{record.module}.{_signature(record)} '{record.directive}'{captures}"


def _signature(record: FunctionRecord) -> str:
    """The function's name and parameters, as a short form of its ``def`` line."""
    marks = {"varargs": "*", "varkw": "**"}
    names: list[str] = []
    for position, parameter in enumerate(record.parameters):
        before = record.parameters[position - 1].kind if position else ""
        if before == "positional" and parameter.kind != "positional":
            names.append("/")
        if parameter.kind == "keyword" and before not in ("keyword", "varargs"):
            names.append("*")
        default = "=..." if parameter.optional else ""
        names.append(f"{marks.get(parameter.kind, '')}{parameter.name}{default}")
    if record.parameters and record.parameters[-1].kind == "positional":
        names.append("/")
    return f"{record.qualname}({', '.join(names)})"
