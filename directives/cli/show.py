"""``directives show``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import here
from directives.cli.app import settings_of
from directives.cli.app import traceback_option
from directives.cli.terminal import console
from directives.cli.terminal import is_coloured
from directives.cli.terminal import print_findings

if TYPE_CHECKING:
    from directives.compiler.model import CompiledModule
    from directives.manifest.reached import Reach

NO_CLIENT_HALF = (
    "no client half: only a module that begins with 'use server' or 'use client' can be imported by clients"
)


@click.command(
    "show",
    epilog=example(
        "directives show shop/actions.py --half client", "directives show --reach shop.catalog.stock"
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--half",
    type=click.Choice(["server", "client", "both"]),
    default="both",
    help="Which half; both by default, under a heading each.",
)
@click.option(
    "--reach",
    metavar="NAME",
    help="Instead: all code that the function NAME reaches, and what of it the sources do not tell.",
)
@traceback_option
def command(file: Path | None, half: str, reach: str | None) -> int:
    """Print what the hook makes of FILE: what runs on the server, and what a client gets."""
    from directives.manifest import compile_file

    if (file is None) == (reach is None):
        raise click.UsageError("Give either a FILE or --reach NAME.", click.get_current_context())
    if reach is not None:
        print_reach(find_reach(reach))
        return 0
    assert file is not None
    module = compile_file(file, settings_of)
    if module.errors:
        print_findings(module.diagnostics, sys.stderr)
        return 1
    if half == "client" and module.client is None:
        print(f"error: {file} has {NO_CLIENT_HALF}", file=sys.stderr)
        return 1
    if half == "both":
        halves = (f"# {name} half of {module.name}\n{_source(module, name)}" for name in ("server", "client"))
        _print_source("\n\n".join(halves))
    else:
        _print_source(_source(module, half))
    return 0


def find_reach(name: str) -> Reach:
    """What the function with a dotted name, or ``module:function``, reaches, read from the sources of the project."""
    from directives.manifest.reach import Linker
    from directives.manifest.sources import LazySources

    sources = LazySources(settings_of(here()))
    linker = Linker(sources)
    module, colon, qualname = name.partition(":")
    if not colon:
        module, _, qualname = name.rpartition(".")
        while module and module not in sources:
            module, _, last = module.rpartition(".")
            qualname = f"{last}.{qualname}"
    reach = linker.reach(module, qualname)
    if reach is None:
        raise click.ClickException(f"the project's sources have no {name}")
    return reach


def print_reach(reach: Reach) -> None:
    """Print everything that a function reaches, in three tables."""
    from rich.table import Table

    out = console(sys.stdout)
    out.print(f"fingerprint {reach.fingerprint}")
    tables = (
        ("reaches", [(r.name, f"{r.file}:{r.line}") for r in reach.definitions]),
        ("packages", [(r.name, r.digest) for r in reach.packages]),
        ("not followed", [(f"{u.file}:{u.line}" if u.line else u.file, u.reason) for u in reach.unfollowed]),
    )
    for heading, rows in tables:
        if rows:
            table = Table(heading, "", box=None, header_style="bold")
            for row in rows:
                table.add_row(*row)
            out.print(table)


def _source(module: CompiledModule, name: str) -> str:
    half = module.server if name == "server" else module.client
    return half.source if half else f"# {NO_CLIENT_HALF}\n"


def _print_source(source: str) -> None:
    if not is_coloured(sys.stdout):
        print(source, end="")
        return
    from rich.syntax import Syntax

    console(sys.stdout).print(Syntax(source, "python", background_color="default", word_wrap=True))
