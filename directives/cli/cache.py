"""``directives cache``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import click

from directives.cli.app import describe
from directives.cli.app import example
from directives.cli.app import traceback_option
from directives.cli.terminal import console
from directives.cli.why import command as why_command

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.cache.handler import Size
    from directives.cache.journal import Journal
    from directives.cache.store import Store

T = TypeVar("T")

OWN_MEMORY = (
    "note: results in the memory of a process are seen by that process alone; shown is what stores share, and what was "
    "computed while DIRECTIVES_DEBUG_CACHE was set"
)
OTHERS = "(others)"  # what other projects, or pages, keep in the same store
json_option = click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")


@click.group(
    "cache",
    no_args_is_help=False,  # misuse is one line here, too
    epilog=example("directives cache stats", "directives cache clear --tag stock"),
)
@traceback_option
def command() -> None:
    """See and clear what cached functions have kept."""


command.add_command(why_command)


@command.command("stats", epilog=example("directives cache stats --json"))
@json_option
@traceback_option
def stats(as_json: bool) -> int:
    """Print what the stores hold, and what was computed while processes were watched."""
    stores = shared_stores(_caches())
    answers = answered(stores, _store_row)
    failed = len(answers) < len(stores)
    rows = [*answers.values(), *_function_rows(_journal(), _sizes(answers))]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return failed
    _table([row for row in rows if "store" in row], "store", "entries", "bytes", "evictions", "errors")
    columns = ("function", "entries", "bytes", "computed", "results", "processes")
    _table([row for row in rows if "function" in row], *columns)
    print(OWN_MEMORY, file=sys.stderr)
    return failed


@command.command("tags", epilog=example("directives cache tags"))
@json_option
@traceback_option
def tags(as_json: bool) -> int:
    """List the tags of what was computed while processes were watched, and the functions that have them."""
    functions: dict[str, Counter[str]] = {}
    for noted in _journal().read():
        for tag in noted.filled.tags:
            functions.setdefault(tag, Counter())[noted.name] += 1
    rows = [
        {"tag": tag, "functions": sorted(counted), "computed": counted.total()}
        for tag, counted in sorted(functions.items())
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    _table(rows, "tag", "functions", "computed")
    if not rows:
        print("note: nothing was computed with tags while DIRECTIVES_DEBUG_CACHE was set", file=sys.stderr)
    return 0


@command.command(
    "clear", epilog=example("directives cache clear remote", "directives cache clear --tag stock")
)
@click.argument("stores", nargs=-1, metavar="[STORE]...")
@click.option(
    "--tag", "tagged", multiple=True, help="Only results with this tag, in all stores; can be repeated."
)
@traceback_option
def clear(stores: tuple[str, ...], tagged: tuple[str, ...]) -> int:
    """Clear the stores named, or all that processes share.

    The memory of a running process cannot be reached from here: restart it, or have it call revalidate_tag().
    """
    from directives.cache.declare import check_tag

    for tag in tagged:
        check_tag(tag)
    if stores and tagged:
        raise click.UsageError("Give either stores or --tag.", click.get_current_context())
    known = {store.name: store for store in shared_stores(_caches())}
    unknown = [name for name in stores if name not in known]
    if unknown:
        raise click.UsageError(
            f"There is no shared store {unknown[0]!r}; there are: {', '.join(known) or 'none'}.",
            click.get_current_context(),
        )
    chosen = [known[name] for name in stores or known]
    cleared = answered(chosen, lambda store: _clear(store, tagged))
    if not stores and not tagged:
        _journal().clear()
    if not known:
        print("note: no store here is shared by processes", file=sys.stderr)
    return len(cleared) < len(chosen)


def shared_stores(caches: Caches) -> list[Store]:
    """The stores that other processes see too."""
    from directives.cache.handlers.memory import MemoryHandler

    return [store for store in caches.reachable_stores() if not isinstance(store.handler, MemoryHandler)]


def answered(stores: Iterable[Store], ask: Callable[[Store], T]) -> dict[Store, T]:
    """What each store answers. One that fails is named, and the others are asked all the same."""
    answers = {}
    for store in stores:
        try:
            answers[store] = ask(store)
        except Exception as error:  # noqa: BLE001 -- a handler may raise anything
            print(f"error: the store {store.name!r}: {describe(error)}", file=sys.stderr)
    return answers


def _clear(store: Store, tagged: Sequence[str]) -> None:
    from directives.cache.entry import expired_now

    if tagged:
        store.handler.mark_tags(tagged, expired_now(store.handler.now()))
        print(f"{store.name}: dropped what is tagged {', '.join(tagged)}")
    else:
        store.handler.clear()
        print(f"{store.name}: cleared")


def _store_row(store: Store) -> dict[str, Any]:
    found = store.handler.stats()
    return {
        "store": store.name,
        "entries": found.entries,
        "bytes": found.size,
        "evictions": found.evictions,
        "errors": found.errors,
    }


def _sizes(stores: Iterable[Store]) -> dict[str, Size]:
    """What the results of each function take in some stores, whatever version of its code they are of."""
    from directives.cache.handler import Size
    from directives.cache.handler import TellsSizes
    from directives.cache.keys import OWNER
    from directives.cache.keys import owner_of
    from directives.manifest import load_or_compute
    from directives.runtime import runtime

    names = {owner_of(each.id): each.full_name for each in load_or_compute(runtime.settings).records.values()}
    sizes: dict[str, Size] = {}
    for store in stores:
        found = store.handler.sizes(OWNER) if isinstance(store.handler, TellsSizes) else {}
        for owner, size in found.items():
            name = names.get(owner, OTHERS)
            before = sizes.get(name, Size(0, 0))
            sizes[name] = Size(before.entries + size.entries, before.size + size.size)
    return sizes


def _function_rows(journal: Journal, sizes: Mapping[str, Size]) -> list[dict[str, Any]]:
    noted = journal.read()
    return [
        {
            "function": name,
            "entries": sizes[name].entries if name in sizes else 0,
            "bytes": sizes[name].size if name in sizes else 0,
            "computed": len(own := [each.filled for each in noted if each.name == name]),
            "results": len({filled.call.key for filled in own}),
            "processes": len({filled.process for filled in own}),
        }
        for name in sorted({each.name for each in noted} | sizes.keys())
    ]


def _table(rows: Sequence[dict[str, Any]], *columns: str) -> None:
    from rich.table import Table

    if not rows:
        return
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(_text(row[column]) for column in columns))
    console(sys.stdout).print(table)


def _text(value: str | int | Iterable[str]) -> str:
    return str(value) if isinstance(value, (str, int)) else ", ".join(value)


def _caches() -> Caches:
    from directives.runtime import runtime

    return runtime.caches


def _journal() -> Journal:
    from directives.cache.journal import Journal
    from directives.runtime import runtime

    return Journal(runtime.settings.root)
