"""Section C, lives and tags, each line by its number."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from directives.cache import revalidate_tag
from directives.errors import CacheScopeError
from directives.runtime import runtime
from tests.access.calls import outcome
from tests.access.calls import post
from tests.cache.caching import TestClock
from tests.conformance.caching import clock
from tests.conformance.caching import page
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["clock", "load", "settings"]

SHOP = """
    from directives.cache import cache_life, cache_tag, update_tag, revalidate_tag, revalidate_path
    runs = []
"""


def eventually(condition: Callable[[], object]) -> None:
    """Wait for what happens in the background."""
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.001)


def ages(clock: TestClock, stock: Callable[[], Any], revalidate: float, expire: float) -> None:
    """See that a function's result is fresh, then stale, then gone, at these ages; it returns how often it has run."""
    assert stock() == 1
    clock.time += revalidate - 1
    assert stock() == 1
    clock.time += 1
    assert stock() == 1
    eventually(lambda: stock() == 2)
    clock.time += expire
    assert stock() == 3


@pytest.mark.parametrize(
    ("profile", "revalidate", "expire"),
    [
        ("seconds", 1, 60),
        ("minutes", 60, 3_600),
        ("hours", 3_600, 86_400),
        ("days", 86_400, 604_800),
        ("weeks", 604_800, 2_592_000),
        ("max", 2_592_000, 31_536_000),
        ("blog", 10, 20),
    ],
)
def test_c11_profiles(clock: TestClock, load: Load, profile: str, revalidate: float, expire: float) -> None:
    """The built-in ones and those of the settings, to the second."""
    runtime.configure(cache_life={"blog": {"revalidate": 10, "expire": 20}})
    module = load(f"""{SHOP}
    def stock():
        'use cache'
        cache_life({profile!r})
        runs.append(1)
        return len(runs)
    """)
    ages(clock, module.stock, revalidate, expire)


def test_c11_the_default_never_expires(clock: TestClock, load: Load) -> None:
    """Without a word: fresh for 900 seconds, and served however old it is while it is computed anew."""
    module = load(f"""{SHOP}
    def stock():
        'use cache'
        runs.append(1)
        return len(runs)
    """)
    assert module.stock() == 1
    clock.time += 899
    assert module.stock() == 1
    clock.time += 1e9
    assert module.stock() == 1
    eventually(lambda: module.stock() == 2)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("'hour'", ValueError),
        ("expire=-1", ValueError),
        ("stale=float('nan')", ValueError),
        ("expire='60'", TypeError),
        ("revalidate=61, expire=60", ValueError),
    ],
)
def test_c11_nonsense_is_an_error(load: Load, given: str, error: type[Exception]) -> None:
    """Unknown, negative, not a number, no number, revalidate after expire: raised at that call."""
    module = load(f"""{SHOP}
    def stock():
        'use cache'
        cache_life({given})
    """)
    with pytest.raises(error) as caught:
        module.stock()
    assert "stock" in [entry.name for entry in caught.traceback]


def test_c12_calls_and_functions_combine(clock: TestClock, load: Load) -> None:
    """Of several calls each field's minimum; an explicit outer life wins over inner ones; with none, the shortest."""
    module = load(f"""{SHOP}
    def several():
        'use cache'
        cache_life('hours')
        cache_life(expire=60)
        cache_life('days')
        return 1

    def inner():
        'use cache'
        cache_life('seconds')
        return 1

    def explicit():
        'use cache'
        cache_life('hours')
        return inner()

    def silent():
        'use cache'
        return inner()
    """)
    lives = {"several": (300, 60, 60), "explicit": (300, 3_600, 86_400), "silent": (30, 1, 60)}
    for name, life in lives.items():
        for _ in range(2):  # computed, and found
            answer = page(getattr(module, name))
            assert answer.headers["x-directives-stale-time"] == str(max(30, life[0]))
        key = next(key for key in entries() if entries()[key].life == life_of(life))
        runtime.caches.store("default").handler.delete(key)


def entries() -> dict[bytes, Any]:
    """The entries in memory."""
    handler: Any = runtime.caches.store("default").handler
    return {key: kept.entry for key, kept in handler.kept.items()}


def life_of(spans: tuple[float, float, float]) -> Any:
    """A life."""
    from directives.cache.life import CacheLife

    return CacheLife(*spans)


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_c13_stale_while_revalidate(clock: TestClock, load: Load, kind: str) -> None:
    """Past revalidate the old value at once and one refresh; past expire a miss; age counts from the beginning."""
    import asyncio

    module = load(f"""{SHOP}
    import asyncio, time
    held = []

    {kind} stock():
        'use cache'
        cache_life(revalidate=10, expire=100)
        runs.append(1)
        clock.time += 4
        while held:
            {"await asyncio" if kind == "async def" else "time"}.sleep(0.001)
        return len(runs)
    """)
    module.clock = clock
    functions = runtime.caches.functions.values()
    counters = next(each for each in functions if each.function.__globals__ is vars(module)).counters

    async def many(fills: int = 0) -> list[Any]:
        module.held.extend([1] * fills)
        result = [module.stock() for _ in range(10)]
        values = await asyncio.gather(*result) if kind == "async def" else result
        module.held.clear()
        while counters.fills < fills:
            await asyncio.sleep(0.001)
        return values

    assert asyncio.run(many()) == [1] * 10
    clock.time += 6
    assert asyncio.run(many(fills=2)) == [1] * 10
    eventually(lambda: len(entries()) == 1 and next(iter(entries().values())).value.live == 2)
    assert asyncio.run(many()) == [2] * 10
    clock.time += 100
    assert asyncio.run(many()) == [3] * 10
    assert len(module.runs) == 3


def test_c14_a_page_says_how_long_it_may_be_kept(load: Load) -> None:
    """The shortest stale time of what it uses, at least 30 seconds; nothing if it uses nothing cached."""
    module = load(f"""{SHOP}
    def short():
        'use cache'
        cache_life(stale=5)
        return 1

    def medium():
        'use cache'
        cache_life(stale=100)
        return 1
    """)
    assert page(lambda: module.medium()).headers["x-directives-stale-time"] == "100"
    assert page(lambda: module.medium() + module.short()).headers["x-directives-stale-time"] == "30"
    assert "x-directives-stale-time" not in page(lambda: 1).headers


def test_c15_update_tag(clock: TestClock, load: Load) -> None:
    """In a server function: expired now, and the same request reads its own write. Inner tags reach outer entries."""
    module = load(f"""{SHOP}
    left = [5]

    def stock():
        'use cache'
        cache_tag('stock')
        return left[0]

    def shelf():
        'use cache'
        return stock()

    async def order():
        'use server'
        before = shelf()
        left[0] -= 1
        update_tag('stock')
        clock.time += 1
        return before, shelf()
    """)
    module.clock = clock
    assert module.shelf() == 5
    assert outcome(post(module.order)) == (5, 4)
    assert (module.shelf(), module.stock()) == (4, 4)


def test_b14_cached_values_are_invalidated_inside_a_server_function(clock: TestClock, load: Load) -> None:
    """By path, by tag in the background, or by tag at once."""
    module = load(f"""{SHOP}
    def stock():
        'use cache'
        cache_tag('stock')
        runs.append(1)
        return len(runs)

    async def order(word):
        'use server'
        words = {{'path': lambda: revalidate_path('/'), 'tag': lambda: revalidate_tag('stock', expire=0),
                  'now': lambda: update_tag('stock')}}
        words[word]()
    """)
    for number, word in enumerate(("path", "tag", "now"), 1):
        assert page(module.stock).text == str(number)
        clock.time += 1
        assert outcome(post(module.order, word)) is None
        clock.time += 1
    assert page(module.stock).text == "4"


def test_c15_update_tag_is_for_server_functions(load: Load) -> None:
    """Elsewhere it is an error that says what to use."""
    module = load(f"""{SHOP}
    def change():
        update_tag('stock')
    """)
    with pytest.raises(CacheScopeError, match="use revalidate_tag"):
        module.change()
    with pytest.raises(CacheScopeError, match="use revalidate_tag"):
        page(module.change)


def test_c15_revalidate_tag_and_path(clock: TestClock, load: Load) -> None:
    """By tag: stale now, expired by the profile. By path: what that page uses is computed at its next visit."""
    module = load(f"""{SHOP}
    def stock():
        'use cache'
        cache_tag('stock')
        cache_life('max')
        runs.append(1)
        return len(runs)

    async def refresh():
        'use server'
        revalidate_tag('stock', 'max')

    async def redo():
        'use server'
        revalidate_path('/shelf')
    """)
    assert module.stock() == 1
    post(module.refresh)
    clock.time += 1
    assert module.stock() == 1
    eventually(lambda: module.stock() == 2)
    revalidate_tag("stock", "seconds")
    clock.time += 60
    assert module.stock() == 3
    clock.time += 1
    post(module.redo)
    clock.time += 1
    assert [page(module.stock, path).text for path in ("/", "/shelf", "/shelf")] == ["3", "4", "4"]


def test_c15_an_invalidation_defeats_a_fill(clock: TestClock, load: Load) -> None:
    """What was begun before it is not served after it."""
    module = load(f"""{SHOP}
    def stock():
        'use cache'
        cache_tag('stock')
        runs.append(1)
        clock.time += 1
        if len(runs) == 1:
            invalidate()
        clock.time += 1
        return len(runs)
    """)
    module.clock = clock
    handler = runtime.caches.store("default").handler
    from directives.cache.entry import expired_now

    module.invalidate = lambda: handler.mark_tags(["stock"], expired_now(clock.time))
    assert [module.stock(), module.stock(), module.stock()] == [1, 2, 2]


def test_c15_limits_of_tags(load: Load) -> None:
    """At most 128 tags of 256 characters."""
    module = load(f"""{SHOP}
    def stock(count, length):
        'use cache'
        cache_tag(*[f"{{n}}".rjust(length) for n in range(count)])
        return 1
    """)
    assert module.stock(128, 256) == 1
    for count, length in ((129, 10), (1, 257)):
        with pytest.raises(ValueError, match="tags|characters"):
            module.stock(count, length)


@pytest.mark.parametrize("word", ["cache_life('hours')", "cache_tag('stock')"])
def test_c16_life_and_tags_outside(load: Load, word: str) -> None:
    """In a module, a plain function, a page or a server function: an error."""
    module = load(f"""{SHOP}
    def plain():
        {word}

    async def order():
        'use server'
        {word}
    """)
    with pytest.raises(CacheScopeError, match="outside of a cached function"):
        module.plain()
    with pytest.raises(CacheScopeError):
        page(module.plain)
    assert outcome(post(module.order)) == (500, "internal")
