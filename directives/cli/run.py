"""``directives run``."""

from __future__ import annotations

import click

from directives.cli.app import example
from directives.cli.app import traceback_option


class Run(click.Command):
    """A command whose options end at the program's name, which may be the value of ``-m``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for position, word in enumerate(args):
            if word.startswith("-m"):
                end = position + (2 if word == "-m" else 1)
                return super().parse_args(ctx, [*args[:end], "--", *args[end:]])
            if not word.startswith("-"):
                break
        return super().parse_args(ctx, args)


@click.command(
    "run",
    cls=Run,
    context_settings={"allow_interspersed_args": False},
    epilog=example("directives run app.py --port 8000", "directives run -m flask --app shop run"),
)
@click.option("-m", "module", metavar="MODULE", help="Run a module instead of a script, as `python -m` does.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT] [ARGS]...")
@traceback_option
def command(module: str | None, arguments: tuple[str, ...]) -> int:
    """Run SCRIPT, or a module with -m, with directives on, in `__main__` too.

    Everything after the script or module is its own, `--help` as well.
    """
    from directives.hook import run_module
    from directives.hook import run_script

    if module is not None:
        run_module(module, arguments)
    elif arguments:
        run_script(arguments[0], arguments[1:])
    else:
        raise click.UsageError("Name a script, or a module with -m.")
    return 0
