"""``directives demo``."""

from __future__ import annotations

from pathlib import Path

import click

from directives.cli.app import example
from directives.cli.app import traceback_option


@click.command("demo", epilog=example("directives demo", "directives demo --once"))
@click.option(
    "--once", is_flag=True, help="End after the scenario; the exit code says whether its checks held."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="The port to serve on; any free one by default."
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the shop's source and rows, which stays; a temporary one by default.",
)
@traceback_option
def command(once: bool, host: str, port: int, data: Path | None) -> int:
    """Run a small shop that uses server functions and a cache, and show step by step what happens.

    A page's form calls a nested function that captured the product's number; a script in another
    process imports the same actions and calls them over HTTP; what the pages show is cached until an
    order changes it. Needs `directives[demo]`.
    """
    from directives.demo import run_demo

    return run_demo(once=once, host=host, port=port, data=data)
