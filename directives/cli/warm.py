"""``directives warm``."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import as_completed
from pathlib import Path
from typing import TYPE_CHECKING

import click

from directives.cli.app import describe
from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import console

if TYPE_CHECKING:
    from directives.cache.warming import Call
    from directives.compiler.model import FunctionRecord

CACHE = "use cache"
DECLARES = re.compile(rb"\bwarm\(")


@click.command("warm", epilog=example("directives warm", "directives warm --jobs 16"))
@click.option("--jobs", type=click.IntRange(1, 256), default=4, show_default=True, help="How many at a time.")
@traceback_option
def command(jobs: int) -> int:
    """Compute what the setting `cache_warm` and `warm()` in the project's modules declare, before anybody asks for it.

    Results that are there and fresh are left alone. Exits with 1 if one of them cannot be computed.
    """
    from directives.cache.warming import declared
    from directives.cache.warming import declared_in_code
    from directives.cli.call import enable_here
    from directives.runtime import runtime

    enable_here(remote=False)
    import_declaring(runtime.manifest_records().values(), runtime.settings.root)
    calls = declared(runtime.settings) + declared_in_code(runtime.caches.functions.values())
    if not calls:
        raise click.ClickException(
            "neither the setting cache_warm nor warm() in a module declares anything to compute"
        )
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


def import_declaring(records: Iterable[FunctionRecord], root: Path) -> None:
    """Import the modules with cached functions whose source declares calls of them, or is not there to tell."""
    from importlib import import_module

    files = {record.module: record.file for record in records if record.directive.startswith(CACHE)}
    for module, file in sorted(files.items()):
        path = root / file
        if not path.is_file() or DECLARES.search(path.read_bytes()):
            import_module(module)


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
