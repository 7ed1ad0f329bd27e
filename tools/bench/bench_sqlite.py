"""A hit in the SQLite store against a bare SELECT of the same bytes: `python tools/bench/bench_sqlite.py`.

All take turns in one run, so the ratios mean something where the microseconds do not: the store's part of a hit, and a
whole call of a function with `'use cache: remote'`, also against `diskcache.memoize`, of the extra `bench`. Once while nobody
writes, so that what was found once is found again without asking SQLite, and once with a change before each turn, after which
every entry is looked up again. Below it: what writers do to the readers' 99th percentile, and how the costs grow with the
entries and their tags.
"""

# The peer comes with the extra `bench`; whoever only checks the code has none.
# pyright: reportMissingImports=false

from __future__ import annotations

import importlib.util
import itertools
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from operator import truediv
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from typing import Final

from hooked import hooked

from directives.cache.entry import CacheEntry
from directives.cache.entry import expired_now
from directives.cache.handlers.sqlite import SqliteHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.runtime import runtime
from directives.settings import Settings

ROUNDS: Final = 41
READS: Final = 300
GOAL: Final = 4.0
PEER_GOAL: Final = 0.5
TAIL_GOAL: Final = 3.0
TAIL_READS: Final = 20_000
BARE: Final = "bare SELECT"
HIT: Final = "a hit, decoded"
CALL: Final = "a whole call"
PEER: Final = "diskcache.memoize"
COUNT: Final = 1_000
KEYS: Final = [blake2b(b"%d" % number, digest_size=32).digest() for number in range(COUNT)]
SOURCE: Final = """
from directives.cache import cache_life, cache_tag

def stock(number):
    'use cache: remote'
    cache_life('hours')
    cache_tag('stock', 'price', 'shop')
    return VALUE
"""
VALUE: Final = {"name": "x" * 900, "price": 5}
TAGS: Final = ("stock", "price", "shop")
GROWTH: Final = (1_000, 10_000, 100_000)
WRITER: Final = """
import itertools, sys, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from bench_sqlite import KEYS, entry
from directives.cache.handlers.sqlite import SqliteHandler

handler = SqliteHandler(Path(sys.argv[1]), timeout=5.0)
handler.set(KEYS[0], entry(handler))
print("ready", flush=True)
for key in itertools.cycle(KEYS):
    handler.set(key, entry(handler))
    time.sleep(0.001)
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        handler = SqliteHandler(Path(folder, "cache.db"), timeout=5.0)
        fill(handler, KEYS)
        met = hits(handler, bare_reader(Path(folder, "bare.db"), handler), Path(folder))
        writes(handler)
        handler.close()
        tail = writers(Path(folder, "cache.db"))
        growth(Path(folder))
    return 0 if met and tail <= TAIL_GOAL else 1


def entry(handler: SqliteHandler, tags: tuple[str, ...] = TAGS) -> CacheEntry:
    return CacheEntry(CachedValue.of(VALUE), handler.now(), PROFILES["hours"], tags)


def fill(handler: SqliteHandler, keys: list[bytes], tags: tuple[str, ...] = TAGS) -> None:
    for key in keys:
        handler.set(key, entry(handler, tags))


def bare_reader(path: Path, handler: SqliteHandler) -> Callable[[], Any]:
    """Reads the same bytes from a table of two columns."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("CREATE TABLE entries (key BLOB PRIMARY KEY, data BLOB)")
    data = entry(handler).to_bytes()
    raw.executemany("INSERT INTO entries VALUES (?, ?)", [(key, data) for key in KEYS])
    keys = itertools.cycle(KEYS)
    return lambda: raw.execute("SELECT data FROM entries WHERE key = ?", (next(keys),)).fetchone()


def remote_function(folder: Path) -> Callable[[int], Any]:
    """A cached function, as the hook would load it, whose results are in a file of their own."""
    settings = Settings(folder, cache_handlers={"remote": "sqlite:///calls.db?timeout=5s"}, build_id="one")
    stock: Callable[[int], Any] = hooked(SOURCE, "bench", settings, VALUE=VALUE).stock
    return stock


def memoized(folder: Path) -> Callable[[int], Any] | None:
    """The same by ``diskcache``, with an expiry and tags, if that is installed."""
    if importlib.util.find_spec("diskcache") is None:
        return None
    from diskcache import Cache

    def stock(number: int) -> Any:
        return VALUE

    cached: Callable[[int], Any] = Cache(str(folder / "diskcache")).memoize(expire=3_600, tag="stock")(stock)
    return cached


def hits(handler: SqliteHandler, bare: Callable[[], Any], folder: Path) -> bool:
    """Whether a hit, its value decoded, is within its ratios to the bare read and to the peer."""
    keys, numbers = itertools.cycle(KEYS), itertools.cycle(range(COUNT))
    data = entry(handler).to_bytes()
    stock, peer = remote_function(folder), memoized(folder)

    def found() -> Any:
        found = handler.get(next(keys))
        assert found is not None
        return found.entry

    def decoded() -> Any:
        return found().value.copy()

    work: dict[str, Callable[[], Any]] = {
        BARE: bare,
        HIT: decoded,
        CALL: lambda: stock(next(numbers)),
        "  get": found,
        "  entry from its bytes": lambda: CacheEntry.from_bytes(data),
    }
    if peer is not None:
        work[PEER] = lambda: peer(next(numbers))
    for number in range(2 * COUNT):  # computed, found, and known from then on
        for call in (stock, peer) if peer is not None else (stock,):
            call(number % COUNT)

    def change() -> None:
        handler.mark_tags(["other"], expired_now(1.0))
        runtime.caches.store("remote").handler.mark_tags(["other"], expired_now(1.0))

    print("while nobody writes")
    quiet = shown(take_turns(work))
    print("with a change before each turn")
    changed = shown(take_turns(work, change))
    print(f"goals: at most {GOAL:g}x the bare SELECT; {PEER_GOAL:g}x {PEER} while nobody writes\n")
    hits_met = all(ratios[name] <= GOAL for ratios in (quiet, changed) for name in (HIT, CALL))
    return hits_met and (peer is None or quiet[CALL] <= PEER_GOAL * quiet[PEER])


def writes(handler: SqliteHandler) -> None:
    """What changes cost."""
    shown(
        take_turns(
            {
                "an entry replaced": lambda: handler.set(KEYS[0], entry(handler)),
                "a tag invalidated": lambda: handler.mark_tags(["other"], expired_now(1.0)),
            }
        )
    )


def shown(times: dict[str, list[float]]) -> dict[str, float]:
    """The ratios to the bare read, which are printed."""
    ratios = {}
    for name, measured in times.items():
        line = f"{name:<28}{median(measured):8.1f} us"
        if BARE in times:
            ratios[name] = median(map(truediv, measured, times[BARE]))
            line += f"{ratios[name]:8.2f}x"
        if PEER in times and name == CALL:
            line += f"   {median(map(truediv, measured, times[PEER])):.2f}x {PEER}"
        print(line)
    print()
    return ratios


def take_turns(
    work: dict[str, Callable[[], Any]], before: Callable[[], None] = lambda: None
) -> dict[str, list[float]]:
    """Microseconds of each, by round."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, step in work.items():
            before()
            start = perf_counter()
            for _ in range(READS):
                step()
            times[name].append((perf_counter() - start) / READS * 1e6)
    return times


def writers(path: Path) -> float:
    """What two writing processes do to the 99th percentile of reads, none of which is found again without the file."""
    handler = SqliteHandler(path, timeout=5.0, near=0)
    quiet = percentile(handler)
    with writing(path), writing(path):
        busy = percentile(handler)
    handler.close()
    print(
        f"99th percentile of a read of the file: {quiet:.1f} us, with two writing processes {busy:.1f} us: ",
        end="",
    )
    print(f"{busy / quiet:.2f}x   (goal: at most {TAIL_GOAL:.0f}x)\n")
    return busy / quiet


def percentile(handler: SqliteHandler) -> float:
    keys = itertools.cycle(KEYS)
    times = []
    for _ in range(TAIL_READS):
        start = perf_counter()
        handler.get(next(keys))
        times.append(perf_counter() - start)
    return sorted(times)[TAIL_READS * 99 // 100] * 1e6


@contextmanager
def writing(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.kill()
        process.wait()


def growth(folder: Path) -> None:
    """What operations cost in stores of growing size and with growing numbers of tags."""
    print(f"{'entries':>10}{'tags':>6}{'hit':>10}{'miss':>10}{'set':>10}{'invalidate':>12}   us")
    for count, tags in (*((count, 3) for count in GROWTH), (GROWTH[0], 0), (GROWTH[0], 16)):
        handler = SqliteHandler(folder / f"{count}-{tags}.db", size=1 << 40, timeout=5.0)
        hit, miss, replaced, invalidated = costs(handler, count, tags)
        print(f"{count:>10,}{tags:>6}{hit:>10.1f}{miss:>10.1f}{replaced:>10.1f}{invalidated:>12.1f}")
        handler.close()


def costs(handler: SqliteHandler, count: int, tags: int) -> list[float]:
    """Microseconds of a hit, a miss, a replacement and an invalidation."""
    keys = [blake2b(b"%d" % number, digest_size=32).digest() for number in range(count)]
    fill(handler, keys, tuple(f"tag {number}" for number in range(tags)))
    some = itertools.cycle(keys[:: count // 500])
    steps: list[Callable[[], Any]] = [
        lambda: handler.get(next(some)),
        lambda: handler.get(next(some)[::-1]),
        lambda: handler.set(next(some), entry(handler)),
        lambda: handler.mark_tags(["tag 0"], expired_now(1.0)),
    ]
    return [median(costs_of(step)) for step in steps]


def costs_of(step: Callable[[], Any]) -> list[float]:
    times = []
    for _ in range(READS):
        start = perf_counter()
        step()
        times.append((perf_counter() - start) * 1e6)
    return times


if __name__ == "__main__":
    sys.exit(main())
