"""``directives show``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import console
from directives.cli.terminal import is_coloured
from directives.cli.terminal import print_findings

if TYPE_CHECKING:
    from directives.compiler.model import CompiledModule

NO_CLIENT_HALF = (
    "no client half: only a module that begins with 'use server' or 'use client' can be imported by clients"
)


@click.command("show", epilog=example("directives show shop/actions.py --half client"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--half",
    type=click.Choice(["server", "client", "both"]),
    default="both",
    help="Which half; both by default, under a heading each.",
)
@traceback_option
def command(file: Path, half: str) -> int:
    """Print what the hook makes of FILE: what runs on the server, and what a client gets."""
    from directives.manifest import compile_file

    module = compile_file(file)
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


def _source(module: CompiledModule, name: str) -> str:
    half = module.server if name == "server" else module.client
    return half.source if half else f"# {NO_CLIENT_HALF}\n"


def _print_source(source: str) -> None:
    if not is_coloured(sys.stdout):
        print(source, end="")
        return
    from rich.syntax import Syntax

    console(sys.stdout).print(Syntax(source, "python", background_color="default", word_wrap=True))
