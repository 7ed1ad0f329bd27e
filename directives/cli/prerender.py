"""``directives prerender``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

import click

from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import console

if TYPE_CHECKING:
    from directives.cache.life import CacheLife
    from directives.shell.build import Outcome
    from directives.shell.target import Target

RECORD: Final = Path(".directives/prerender.json")
GRACE: Final = 0.5  # seconds for a fill that takes too long to say so itself
RANKS: Final = {"static": 3, "partial": 2, "dynamic": 1, "failed": 0}
COLOURS: Final = {"static": "green", "partial": "cyan", "dynamic": "yellow", "failed": "red"}


@click.command(
    "prerender",
    epilog=example(
        "directives prerender shop.web:app --url /about --url /",
        "directives prerender shop.web:app --url-file urls.txt --check",
    ),
)
@click.argument("application", metavar="APP")
@click.option(
    "--url",
    "urls",
    multiple=True,
    help="A page to render: a path, or an address for one host; can be repeated.",
)
@click.option(
    "--url-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with one on each line.",
)
@click.option("--jobs", type=click.IntRange(1, 256), default=4, show_default=True, help="How many at a time.")
@click.option(
    "--check",
    is_flag=True,
    help="Fail, and keep the old shells, if a page was static in the last build and is not now.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Where the last build is noted ({RECORD}).",
)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@traceback_option
def command(
    application: str,
    urls: tuple[str, ...],
    url_file: Path | None,
    jobs: int,
    check: bool,
    record: Path | None,
    as_json: bool,
) -> int:
    """Render pages of APP, `package.module:app` or `package.module:make_app()`, ahead, and keep them for its servers.

    Which pages: those of the options, else those of the setting `prerender` and of `static_params`. All shells that were
    kept before are replaced at once. Exits with 1 if a page fails, or by --check.
    """
    from directives.cli.call import enable_here
    from directives.cli.call import find_function
    from directives.manifest.model import write_atomically
    from directives.runtime import runtime
    from directives.shell.build import rendered
    from directives.shell.build import shelf_of

    enable_here(remote=False)
    app = find_function(application.removesuffix("()"))
    if application.endswith("()"):
        app = app()
    targets = wanted(urls, url_file)
    shelf = shelf_of(runtime)
    timeout = runtime.settings.cache_fill_timeout + GRACE
    outcomes = list(progress(rendered(app, targets, shelf, jobs=jobs, timeout=timeout), len(targets)))
    outcomes.sort(key=lambda outcome: targets.index(outcome.target))
    file = record or runtime.settings.root / RECORD
    lost = regressions(file, outcomes) if check else []
    if not lost:
        shelf.replace({each.target: each.entry for each in outcomes if each.entry is not None})
        noted = json.dumps({str(each.target): each.kind for each in outcomes}, indent=2)
        write_atomically(file, f"{noted}\n".encode())
    if as_json:
        click.echo(json.dumps([row(each) for each in outcomes], ensure_ascii=False, indent=2))
    else:
        show(outcomes)
    for line in lost:
        print(f"error: {line}; the old shells stay", file=sys.stderr)
    return 1 if lost or any(each.kind == "failed" for each in outcomes) else 0


def wanted(urls: Sequence[str], file: Path | None) -> list[Target]:
    """The pages to render.

    Raises:
        UsageError: There are none, or the file is no text.
    """
    from directives.runtime import runtime
    from directives.shell.listing import listed
    from directives.shell.target import Target

    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file else []
    except UnicodeDecodeError:
        raise click.UsageError(f"{file} is not text in UTF-8.") from None
    named = (line for line in map(str.strip, lines) if line and not line.startswith("#"))
    addresses = [*urls, *named]
    given = list(dict.fromkeys(map(Target.parse, addresses)))
    targets = given or listed(runtime)
    if not targets:
        raise click.UsageError("There is no page to render: give --url, or the setting prerender.")
    return targets


def regressions(file: Path, outcomes: Sequence[Outcome]) -> list[str]:
    """What was static, or partly so, in the last build and is less now."""
    before = last_build(file)
    return [
        f"{each.target} was {before[str(each.target)]} in the last build and is {each.kind} now"
        for each in outcomes
        if RANKS.get(before.get(str(each.target), ""), 0) > max(RANKS[each.kind], 1)
    ]


def last_build(file: Path) -> Mapping[str, Any]:
    """What kind each page was in the last build; nothing if none is noted.

    Raises:
        ClickException: The file notes something else.
    """
    if not file.exists():
        return {}
    try:
        before = json.loads(file.read_bytes())
    except ValueError:
        before = None
    if type(before) is not dict:
        raise click.ClickException(
            f"{file} is no record of a build: remove it, or name another with --record"
        )
    return before


def progress(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    """The outcomes as they come, with a bar on a terminal."""
    from rich.progress import track

    shown = console(sys.stderr)
    yield from track(outcomes, "prerender", total, console=shown, disable=not sys.stderr.isatty())


def row(outcome: Outcome) -> dict[str, Any]:
    """An outcome for programs."""
    entry, reason = outcome.entry, outcome.reason
    return {
        "page": str(outcome.target),
        "kind": str(outcome.kind),
        "life": None
        if entry is None
        else [finite(each) for each in (entry.life.stale, entry.life.revalidate, entry.life.expire)],
        "tags": [] if entry is None else tags_of(outcome),
        "reason": None if reason is None else reason.what,
        "where": (reason.where or None) if reason is not None else None,
    }


def show(outcomes: Sequence[Outcome]) -> None:
    """Print a table of pages, then why those that are not static are not."""
    from rich.table import Table
    from rich.text import Text

    table = Table("page", "kind", "fresh for", "gone after", "tags", box=None, header_style="bold")
    for each in outcomes:
        spans = ("", "") if each.entry is None else spans_of(each.entry.life)
        table.add_row(str(each.target), Text(each.kind, COLOURS[each.kind]), *spans, ", ".join(tags_of(each)))
    out = console(sys.stdout)
    out.print(table)
    for each in outcomes:
        if each.reason is not None:
            out.print(
                f"\n{each.target} {'fails' if each.kind == 'failed' else 'is dynamic'}: {each.reason.what}"
            )
            if each.reason.where:
                out.print(f"  {each.reason.where}".replace("\n", "\n  "))


def tags_of(outcome: Outcome) -> list[str]:
    """The tags that users have given, without that of the path."""
    from directives.cache.scope import PATH_TAG

    tags = () if outcome.entry is None else outcome.entry.tags
    return [tag for tag in tags if not tag.startswith(PATH_TAG)]


def spans_of(life: CacheLife) -> tuple[str, str]:
    """How long a page is fresh, and when it is gone, for people."""
    return f"{life.revalidate:g} s", "never" if finite(life.expire) is None else f"{life.expire:g} s"


def finite(seconds: float) -> float | None:
    """A number of seconds; ``None`` for ever, which JSON cannot say."""
    return None if seconds == float("inf") else seconds
