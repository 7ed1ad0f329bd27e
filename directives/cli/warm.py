"""``directives warm``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import as_completed
from typing import TYPE_CHECKING

import click

from directives.cli.app import describe
from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import console

if TYPE_CHECKING:
    from directives.cache.warm import Call


@click.command("warm", epilog=example("directives warm", "directives warm --jobs 16"))
@click.option("--jobs", type=click.IntRange(1, 256), default=4, show_default=True, help="How many at a time.")
@traceback_option
def command(jobs: int) -> int:
    """Compute what the setting `cache_warm` declares, before anybody asks for it.

    Results that are there and fresh are left alone. Exits with 1 if one of them cannot be computed.
    """
    from directives.cache.warm import declared
    from directives.cli.call import enable_here
    from directives.runtime import runtime

    enable_here(remote=False)
    calls = declared(runtime.settings)
    if not calls:
        raise click.ClickException("the setting cache_warm declares nothing to compute")
    began = time.monotonic()
    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(call.make): call for call in calls}
        for future in progress(futures):
            if (error := future.exception()) is not None:
                failed += 1
                print(f"error: {futures[future]}: {describe(error)}", file=sys.stderr)
    seconds = time.monotonic() - began
    print(f"{len(calls) - failed} of {len(calls)} results are ready, after {seconds:.1f} s")
    return 1 if failed else 0


def progress(futures: dict[Future[None], Call]) -> Iterable[Future[None]]:
    """The calls as they end, with a bar on a terminal."""
    from rich.progress import track

    return track(
        as_completed(futures),
        description="warm",
        total=len(futures),
        console=console(sys.stderr),
        disable=not sys.stderr.isatty(),
    )
