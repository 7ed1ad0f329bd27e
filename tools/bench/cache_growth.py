"""How costs grow with entries, tags and processes: `python tools/bench/cache_growth.py [--all] [--plot FILE.png]`.

For each shared store and the one in memory: a hit, a miss, keeping an entry and invalidating a tag, as there are ten times
as many entries each time, 0 to 16 tags on an entry, and 1 to 8 processes at work. It fails if a cost grows faster than
the logarithm of the number of entries. The plot needs matplotlib, of the extra `bench`. `--all` goes to a million entries in
memory and 100,000 in the shared stores, and writes the plot.
"""

# Whoever only checks the code has no matplotlib.
# pyright: reportMissingImports=false

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Any
from typing import Final

from cache_redis import running_server

from directives.cache.entry import CacheEntry
from directives.cache.entry import expired_now
from directives.cache.handler import CacheHandler
from directives.cache.handlers import open_handler
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue

FEWEST: Final = 1_000
TAGS: Final = (0, 1, 4, 16)
PROCESSES: Final = (1, 2, 4, 8)
SAMPLES: Final = 200
ROUNDS: Final = 9
SECONDS: Final = 1.0
NOISE: Final = 2.0  # how much more than the logarithm a cost may have grown, for what a busy machine adds

Costs = dict[str, float]
Curve = dict[int, Costs]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=10_000, help="the most entries in a shared store")
    parser.add_argument("--all", action="store_true", help="as --most 100000 --plot cache_growth.png")
    parser.add_argument("--plot", type=Path, help="where to write the plot")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        print(rate(options.worker))
        return 0
    most, picture = options.most, options.plot
    if options.all:
        most, picture = 100_000, picture or Path("cache_growth.png")
    curves: dict[str, Curve] = {}
    grows = False
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = stack.enter_context(running_server())
        addresses = {
            "memory": "memory://",
            "SQLite": f"sqlite:///{folder}/cache.db?size=8GB&timeout=5s&near=0",
            "Redis": f"{redis}?timeout=5s",
        }
        for name, address in addresses.items():
            with_entries = entries_curve(address, most * 10 if name == "memory" else most)
            with_tags = tags_curve(address)
            curves[f"{name}, entries"], curves[f"{name}, tags on an entry"] = with_entries, with_tags
            show(f"{name}: microseconds by entries", with_entries)
            show(f"{name}: microseconds by tags on an entry", with_tags)
            grows |= any(too_steep(name, what, with_entries) for what in next(iter(with_entries.values())))
            if name != "memory":
                curve = {count: {"hits a second": together(address, count)} for count in PROCESSES}
                show(f"{name}: by processes", curve)
    if picture is not None:
        plot(curves, picture)
    return 1 if grows else 0


def entries_curve(address: str, most: int) -> Curve:
    """The costs with ever more entries, each of which has two tags."""
    handler, curve, count = opened(address), {}, 0
    for level in levels(most):
        for number in range(count, level):
            handler.set(key(number), entry(handler, (f"tag {number % 1000}", "all")))
        count = level
        curve[level] = costs(handler, level, 2)
    handler.clear()
    handler.close()
    return curve


def tags_curve(address: str) -> Curve:
    """The costs with ever more tags on an entry."""
    curve = {}
    for tags in TAGS:
        handler = opened(address)
        for number in range(FEWEST):
            handler.set(key(number), entry(handler, tuple(f"tag {tag}" for tag in range(tags))))
        curve[tags] = costs(handler, FEWEST, tags)
        handler.clear()
        handler.close()
    return curve


def levels(most: int) -> Iterator[int]:
    level = FEWEST
    while level <= most:
        yield level
        level *= 10


def costs(handler: CacheHandler, count: int, tags: int) -> Costs:
    """The microseconds of each operation when nothing else disturbs it, on entries from all over the store."""
    some = [key(number * 7919 % count) for number in range(SAMPLES)]
    labels = tuple(f"tag {tag}" for tag in range(tags))
    new = iter(range(count, count + SAMPLES * ROUNDS))

    def hit(index: int) -> None:
        found = handler.get(some[index])
        assert found is not None
        found.entry.value.copy()

    return {
        "hit": per_call(hit),
        "miss": per_call(lambda index: handler.get(b"none %d" % index)),
        "keep": per_call(lambda index: handler.set(some[index], entry(handler, labels))),
        "invalidate": per_call(lambda index: handler.mark_tags([f"other {next(new)}"], expired_now(0.0))),
    }


def per_call(work: Callable[[int], Any]) -> float:
    def once() -> float:
        start = time.perf_counter()
        for index in range(SAMPLES):
            work(index)
        return (time.perf_counter() - start) / SAMPLES * 1e6

    return min(once() for _ in range(ROUNDS))


def too_steep(store: str, what: str, curve: Curve) -> bool:
    """Whether a cost has grown faster than the logarithm of the number of entries."""
    fewest, most = min(curve), max(curve)
    allowed = NOISE * math.log(most) / math.log(fewest)
    grown = curve[most][what] / curve[fewest][what]
    if grown > allowed:
        print(
            f"{store}: {what} costs {grown:.1f} times as much with {most:,} entries as with {fewest:,}; the bound is {allowed:.1f}"
        )
    return grown > allowed


def together(address: str, count: int) -> float:
    """How many hits a second some processes have, all in all."""
    handler = opened(address)
    for number in range(FEWEST):
        handler.set(key(number), entry(handler, ("tag 1", "all")))
    command = [sys.executable, __file__, "--worker", address]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers: list[Any] = [subprocess.Popen(command, **pipes) for _ in range(count)]
    for worker in workers:
        worker.stdout.readline()
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    total = sum(float(worker.communicate()[0]) for worker in workers)
    handler.clear()
    handler.close()
    return total


def rate(address: str) -> float:
    """How many hits a second this process has, from when it is told to begin."""
    handler, hits = opened(address), 0
    handler.get(key(0))
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    while (now := time.perf_counter()) < began + SECONDS:
        for number in range(100):
            found = handler.get(key(number * 7919 % FEWEST))
            assert found is not None
            found.entry.value.copy()
        hits += 100
    return hits / (now - began)


def opened(address: str) -> CacheHandler:
    return MemoryHandler(8 << 30) if address == "memory://" else open_handler(address, Path("/"))


def key(number: int) -> bytes:
    return blake2b(b"%d" % number, digest_size=32).digest()


def entry(handler: CacheHandler, tags: tuple[str, ...]) -> CacheEntry:
    return CacheEntry(CachedValue.of({"name": "x" * 90, "price": 5}), handler.now(), PROFILES["days"], tags)


def show(title: str, curve: Curve) -> None:
    """Print a table."""
    columns = list(next(iter(curve.values())))
    print(f"\n{title}\n{'':>10}" + "".join(f"{column:>15}" for column in columns))
    for number, row in curve.items():
        print(f"{number:>10,}" + "".join(f"{row[column]:>15,.1f}" for column in columns), flush=True)


def plot(curves: dict[str, Curve], path: Path) -> None:
    """Write the tables as a picture."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, places = pyplot.subplots(
        len(curves) // 2, 2, figsize=(11, 3.2 * len(curves) // 2), layout="constrained"
    )
    for place, (title, curve) in zip(places.flat, curves.items(), strict=True):
        for what in next(iter(curve.values())):
            place.plot(list(curve), [row[what] for row in curve.values()], marker="o", label=what)
        place.set(title=title, ylabel="µs", yscale="log", xscale="log" if "entries" in title else "linear")
        place.legend(fontsize="small")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
