"""What a hit, a miss and a key cost, against the peers: `python tools/bench/bench_cache.py [--all]`.

All take turns in one run, in short spans; a ratio is that of the shortest span of each, so that a busy machine tells
much the same as an idle one. Ours runs with everything on: type-exact keys, the lifetime check, statistics, scopes. The
peers come with `pip install -e '.[bench]'`; one that is not installed is left out of the table.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import pickle
import sys
import tracemalloc
from collections.abc import Awaitable
from collections.abc import Callable
from contextvars import copy_context
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any
from typing import Final

import cache_peers as peers
import cbor2
from hooked import hooked
from machine import A_REQUEST
from machine import a_request
from machine import scaled

from directives.cache.scope import RequestScope
from directives.cache.scope import set_scope
from directives.runtime import runtime
from directives.settings import Settings

Span = Callable[[int], Awaitable[float]]

SPANS: Final = 60
SPAN_SECONDS: Final = 0.0004
SOURCE: Final = """
results = {}
def stock(category, page=1):
    'use cache'
    return results.get(category, page)
async def stock_async(category, page=1):
    'use cache'
    return results.get(category, page)
def by_filters(filters):
    'use cache'
    return 1
def entry(number):
    'use cache'
    return number
"""
SMALL: Final = {f"field{index}": f"value {index}" * 2 if index % 2 else index * 1000 for index in range(40)}
ROWS: Final = [
    {"id": index, "name": f"item {index}", "price": index * 1.5, "tags": ["new", "tea"], "text": "x" * 40}
    for index in range(1000)
]
FILTERS: Final = {
    "a few scalars": {"category": "tea", "page": 2, "sort": "price", "in_stock": True},
    "1 kB of fields": SMALL,
    "nested lists": {"ids": list(range(60)), "ranges": [[1, 2], [3, 4]], "tags": {"new": ["a", "b"]}},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="also fill tables up to a million entries")
    arguments = parser.parse_args()
    module = load()
    results = [
        *hits(module),
        *async_hits(module),
        *copies(module),
        *keys(module),
        *misses(module),
        *sizes(module, (100, 10_000, 1_000_000) if arguments.all else (100, 10_000)),
    ]
    missed = [result for result in results if not result]
    print(f"\n{len(results) - len(missed)} of {len(results)} goals are met")
    return 1 if missed else 0


def load() -> ModuleType:
    """The cached functions, as the hook would load them, in a store that is large enough for all of them."""
    return hooked(SOURCE, "bench", Settings(Path.cwd(), cache_max_memory_size=4 << 30))


def hits(module: ModuleType) -> list[bool]:
    """A hit with scalar arguments, by position and by keyword, outside and inside a request."""
    request = copy_context()
    request.run(set_scope, RequestScope(runtime.caches, "/shop"))
    names: dict[str, Any] = {
        "stock": module.stock,
        "request": request,
        "known": lru_cache(typed=True)(lambda category, page=1: page),
    }
    statements = {
        "lru_cache(typed=True)": "known('tea', 2)",
        "directives": "stock('tea', 2)",
        "lru_cache, keywords": "known(page=2, category='tea')",
        "directives, keywords": "stock(page=2, category='tea')",
        "directives, in a request": "request.run(stock, 'tea', 2)",
    }
    for name, function in peers.functions().items():
        names[f"peer{len(names)}"] = function
        statements[name] = f"peer{len(names) - 1}('tea', 2)"
    print("\nA hit, scalar arguments and result (sync)")
    times = compare(statements, names)
    table(times, "lru_cache(typed=True)")
    return [
        goal("by position", times["directives"] / times["lru_cache(typed=True)"], 1.8),
        goal("keywords in another order", times["directives, keywords"] / times["lru_cache, keywords"], 1.0),
    ]


def async_hits(module: ModuleType) -> list[bool]:
    """A hit of a coroutine function."""
    names: dict[str, Any] = {
        "stock": module.stock_async,
        "known": lru_cache(typed=True)(lambda category, page=1: page),
    }
    statements = {"lru_cache(typed=True), sync": "known('tea', 2)", "directives": "await stock('tea', 2)"}
    for name, function in peers.async_functions().items():
        names[f"peer{len(names)}"] = function
        statements[name] = f"await peer{len(names) - 1}('tea', 2)"
    print("\nA hit, scalar arguments and result (async)")
    times = compare(statements, names)
    table(times, "lru_cache(typed=True), sync")
    ours = times["directives"]
    goals = [goal("against sync lru_cache", ours / times["lru_cache(typed=True), sync"], 2.5)]
    if "async-lru, ttl" in times:
        goals.append(goal("against async-lru with a ttl", ours / times["async-lru, ttl"], 1 / 5))
    if "cashews" in times:
        goals.append(goal("against cashews", ours / times["cashews"], 1 / 50))
    return goals


def copies(module: ModuleType) -> list[bool]:
    """A hit whose result can change, so that the caller gets its own."""
    module.results.update(small=SMALL, rows=ROWS, text="x" * 100_000)
    goals = []
    print("\nA hit with a result that can change, against pickle.loads of it")
    for name, most in ("small", 0.35), ("rows", 0.45), ("text", 0.1):
        value = module.results[name]
        pickled = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        for _ in range(3):
            assert module.stock(name) == value
        statements = {"directives": f"stock({name!r})", "pickle": "loads(pickled)"}
        times = compare(statements, {"stock": module.stock, "loads": pickle.loads, "pickled": pickled})
        label = f"{name}, {len(pickled) / 1000:.0f} kB"
        goals.append(goal(label, times["directives"] / times["pickle"], most))
    return goals


def keys(module: ModuleType) -> list[bool]:
    """Making the key of container arguments."""
    key = module.by_filters.__globals__["calls_"].key
    goals = []
    print("\nThe key of container arguments, against cbor2.dumps(canonical=True)")
    for name, value in FILTERS.items():
        names = {"key": key, "values": (value,), "dumps": cbor2.dumps, "value": value}
        times = compare({"ours": "key(values)", "cbor2": "dumps(value, canonical=True)"}, names)
        goals.append(goal(name, times["ours"] / times["cbor2"], 0.6))
    return goals


def misses(module: ModuleType) -> list[bool]:
    """What a miss adds to the function's own time, in the microseconds of `machine.py`."""
    names = {"stock": module.stock, "stock_async": module.stock_async, "number": iter(range(10**9)).__next__}
    statements = {
        "none": "number()",
        "sync": "stock('miss', number())",
        "async": "await stock_async('miss', number())",
    }
    print(
        f"\nA miss, in microseconds more than the function itself, where a request of bare werkzeug takes {A_REQUEST:g}"
    )
    requests = [a_request() for _ in range(10)]
    times = compare(statements, names)
    request = min(*requests, *[a_request() for _ in range(10)])
    added = {name: (times[name] - times["none"]) * 1e6 for name in ("sync", "async")}
    print(f"  here, where it takes {request:.1f}: sync {added['sync']:.1f}, async {added['async']:.1f}")
    return [
        goal("sync", scaled(added["sync"], request), 8.0),
        goal("async", scaled(added["async"], request), 16.0),
    ]


def sizes(module: ModuleType, counts: tuple[int, ...]) -> list[bool]:
    """Bytes per small entry, and the cost of a hit, as entries grow in number."""
    goals = []
    first = 0.0
    store = runtime.caches.store("default").handler
    print("\nMany entries: bytes for each, and a hit of one of them")
    for count in counts:
        store.clear()
        gc.collect()
        tracemalloc.start()
        for number in range(2 * count):
            module.entry(number // 2)  # computed, and found
        gc.collect()
        each = tracemalloc.get_traced_memory()[0] / count
        tracemalloc.stop()
        numbers = [index * (count // 100) for index in range(100)]
        statements = {"hit": "for number in numbers: entry(number)"}
        hit = compare(statements, {"numbers": numbers, "entry": module.entry})["hit"] / len(numbers)
        first = first or hit
        counted = store.stats().size / count
        print(
            f"  {count:>9,} entries: {each:5.0f} bytes each, counted as {counted:.0f}; a hit {hit * 1e9:4.0f} ns"
        )
        goals.append(goal("bytes for each", each, 500))
        goals.append(goal("a hit, against the fewest", hit / first, 2.0))
    return goals


def compare(statements: dict[str, str], names: dict[str, Any]) -> dict[str, float]:
    """Seconds for one run of each statement: the shortest span of many, in which all take turns.

    All are awaited in one event loop, which an ordinary statement does not notice.
    """
    return asyncio.run(_compare({name: looped(statement, names) for name, statement in statements.items()}))


async def _compare(spans: dict[str, Span]) -> dict[str, float]:
    best = dict.fromkeys(spans, 1e9)
    counts = {}
    for name, seconds in spans.items():
        await seconds(5)
        counts[name] = max(1, int(SPAN_SECONDS / await seconds(20)))
    for _ in range(SPANS):
        for name, seconds in spans.items():
            best[name] = min(best[name], await seconds(counts[name]))
    return best


def looped(statement: str, names: dict[str, Any]) -> Span:
    """Runs a statement so many times; the seconds that one took."""
    source = f"""
async def seconds(count):
    repeated = repeat(None, count)
    start = perf_counter()
    for _ in repeated:
        {statement}
    return (perf_counter() - start) / count
"""
    namespace: dict[str, Any] = {**names, "perf_counter": perf_counter, "repeat": repeat}
    exec(source, namespace)
    made: Span = namespace["seconds"]
    return made


def table(times: dict[str, float], unit: str) -> None:
    for name, seconds in sorted(times.items(), key=lambda pair: pair[1]):
        print(f"  {name:<32}{seconds * 1e6:9.3f} us {seconds / times[unit]:9.2f}x")


def goal(name: str, value: float, most: float) -> bool:
    """Print how a goal is met."""
    print(f"  {name:<32}{value:9.2f}   (goal: at most {most:g}) {'' if value <= most else 'MISSED'}")
    return value <= most


if __name__ == "__main__":
    sys.exit(main())
