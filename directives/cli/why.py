"""``directives why``."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import inf
from typing import TYPE_CHECKING

import click

from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.call import enable_here
from directives.cli.call import find_function
from directives.cli.call import parse_arguments

if TYPE_CHECKING:
    from directives.cache.outcome import Outcome


@click.command(
    "why",
    context_settings={"ignore_unknown_options": True},
    epilog=example("directives why shop.catalog:stock sencha page=2"),
)
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[VALUE | KEY=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@traceback_option
def command(name: str, arguments: tuple[str, ...], as_json: bool) -> int:
    """Tell how a call of the cached function NAME would be answered just now, and why it would miss.

    The function's module is imported; the function does not run. NAME and the values are written as for
    `directives call`. A store in the memory of another process cannot be seen from here. What was computed
    while DIRECTIVES_DEBUG_CACHE was set is known all the same.
    """
    from directives.cache.explain import why

    positional, keywords = parse_arguments(arguments)
    enable_here()
    function = find_function(name)
    try:
        outcome = why(function, *positional, **keywords)
    except TypeError as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(_fields(outcome), ensure_ascii=False) if as_json else str(outcome))
    return 0


def _fields(outcome: Outcome) -> dict[str, object]:
    """The outcome for JSON, which has no infinity."""
    return {**asdict(outcome), "left": None if outcome.left == inf else outcome.left}
