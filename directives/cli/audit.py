"""``directives audit``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
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
    from directives.manifest.audit import Exposed

ITS_PLACE = "-"


class NothingToCompare(click.ClickException):
    """There is no snapshot, or it cannot be read."""

    exit_code = 2


def snapshot_option(name: str, text: str) -> click.Option:
    """An option that may name a file, and means the snapshot in the project's root if it does not."""
    return click.Option(
        [f"--{name}"],
        is_flag=False,
        flag_value=ITS_PLACE,
        metavar="[FILE]",
        help=f"{text} [directives-audit.json]",
    )


@click.command(
    "audit", epilog=example("directives audit", "directives audit --snapshot", "directives audit --check")
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of objects.")
@traceback_option
def command(as_json: bool, snapshot: str | None, check: str | None) -> int:
    """Print what the project exposes to the network: by whom callable, with which validation.

    Reads the source files and imports nothing. With --check exits with 1 if anything differs
    from the snapshot, and with 2 if there is none.
    """
    from directives.errors import ManifestError
    from directives.manifest.audit import audit
    from directives.manifest.audit import load_snapshot
    from directives.manifest.audit import save_snapshot

    if sum((as_json, snapshot is not None, check is not None)) > 1:
        raise click.UsageError("--json, --snapshot and --check are three different things: choose one.")
    settings = settings_of(here())
    if check is not None:
        try:
            committed = load_snapshot(snapshot_path(check, settings.root))
        except ManifestError as error:
            raise NothingToCompare(str(error)) from None
        return compare(committed, audit(settings))
    functions = audit(settings)
    if snapshot is not None:
        save_snapshot(snapshot_path(snapshot, settings.root), functions)
    elif as_json:
        print(json.dumps([asdict(function) for function in functions], indent=2))
    else:
        print_table(functions)
    return 0


command.params += [
    snapshot_option("snapshot", "Write what is exposed to a file, to be committed."),
    snapshot_option("check", "Compare what is exposed with a snapshot."),
]


def snapshot_path(given: str, root: Path) -> Path:
    """The snapshot's file."""
    from directives.manifest.audit import DEFAULT_SNAPSHOT

    return root / DEFAULT_SNAPSHOT if given == ITS_PLACE else Path(given)


def compare(committed: Sequence[Exposed], functions: Sequence[Exposed]) -> int:
    """Print what differs; the exit code says whether anything does."""
    from directives.manifest.audit import differences

    lines = list(differences(committed, functions))
    for line in lines:
        print(line)
    if lines:
        print(
            "what is exposed has changed: if that is wanted, run `directives audit --snapshot`",
            file=sys.stderr,
        )
    return 1 if lines else 0


def print_table(functions: Sequence[Exposed]) -> None:
    """Print a row for each function, and how many say nothing of who may call them."""
    from rich.table import Table

    table = Table("function", "callable by", "parameters", "captures", "where", box=None, header_style="bold")
    for function in functions:
        parameters = [str(parameter) for parameter in function.parameters]
        parameters += [f"{name}: injected" for name in function.injected]
        table.add_row(
            function.function,
            " and ".join(function.callable_by),
            ", ".join(parameters),
            ", ".join(function.captures),
            f"{function.file}:{function.line}",
        )
    console(sys.stdout).print(table)
    undeclared = sum(not function.declared for function in functions)
    print(f"{len(functions)} exposed, {undeclared} of them undeclared", file=sys.stderr)
