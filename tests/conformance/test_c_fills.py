"""Section C, how results are computed, each line by its number."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.value import CachedValue
from directives.errors import CacheTimeoutError
from directives.runtime import runtime
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

HEAD = """
    import asyncio, time
    from directives.cache import cache_life, cache_tag
    runs = []
"""


def test_c10_the_limit_of_a_fill(load: Load) -> None:
    """Whoever waits for a result that takes too long gets the timeout error; nothing is stored."""
    runtime.configure(cache_fill_timeout=0.3)
    module = load(f"""{HEAD}
    async def stock():
        'use cache'
        runs.append(1)
        await asyncio.sleep(10 if len(runs) == 1 else 0)
        return len(runs)

    def slow():
        'use cache'
        runs.append(1)
        time.sleep(0.5)
    """)

    async def both() -> list[Any]:
        return await asyncio.gather(module.stock(), module.stock(), return_exceptions=True)

    assert [type(error) for error in asyncio.run(both())] == [CacheTimeoutError] * 2
    assert asyncio.run(module.stock()) == 2
    with ThreadPoolExecutor(2) as pool:
        errors = [future.exception() for future in [pool.submit(module.slow) for _ in range(2)]]
    assert [type(error) for error in errors] == [CacheTimeoutError] * 2


def test_c22_the_log(load: Load, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Every hit and miss, with reason, key and age; what the function printed and logged comes again on a hit."""
    monkeypatch.setenv("DIRECTIVES_DEBUG_CACHE", "1")
    runtime.configure(debug=True)
    caplog.set_level(logging.DEBUG, "directives.cache")
    module = load(f"""{HEAD}
    import logging
    def stock():
        'use cache'
        logging.getLogger("shop").warning("tea is low")
        return 1
    """)
    for _ in range(2):
        module.stock()
    said = [record.getMessage() for record in caplog.records]
    words = [(line.split()[0], line.split()[1]) for line in said if "shop_of_a_test" in line]
    assert words == [(word, "shop_of_a_test.stock") for word in ("miss", "fill", "hit")]
    assert "never seen" in said[0]
    assert " age " in said[-2]
    assert [line for line in said if "tea" in line] == ["tea is low", "Cache  tea is low"]


def test_c22_prints(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed lines too, while developing and not else."""
    module = load(f"""{HEAD}
    def stock():
        'use cache'
        print("reading")
        return 1
    """)
    for debug, expected in ((False, "reading\n"), (True, "reading\nCache  reading\n")):
        runtime.configure(debug=debug)
        module.stock()
        module.stock()
        assert capsys.readouterr().out == expected
        runtime.caches.store("default").handler.clear()


def test_c23_exceptions_are_not_stored(load: Load) -> None:
    """The next call runs again."""
    module = load(f"""{HEAD}
    def stock():
        'use cache'
        runs.append(1)
        if len(runs) == 1:
            raise ConnectionError("no database")
        return len(runs)
    """)
    with pytest.raises(ConnectionError, match="no database"):
        module.stock()
    assert [module.stock(), module.stock()] == [2, 2]


class Broken(MemoryHandler):
    """A store that fails at everything."""

    def get(self, *args: Any) -> Any:
        raise ConnectionError("the store is away")

    def set(self, *args: Any) -> Any:
        raise ConnectionError("the store is away")


def test_c23_a_store_that_fails(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """It costs the entry, not the call: logged and counted."""
    module = load(f"""{HEAD}
    def stock():
        'use cache'
        runs.append(1)
        return len(runs)
    """)
    runtime.caches.use("default", Broken())
    assert [module.stock(), module.stock()] == [1, 2]
    assert runtime.caches.store("default").failures == 4
    assert "the store 'default' could not look for an entry: the store is away" in caplog.text


def test_c24_one_fill_for_each_key(load: Load) -> None:
    """Among threads and tasks; who joins sees nothing of the leader's request, nor the leader of it."""
    module = load(f"""{HEAD}
    def stock():
        'use cache'
        runs.append(user.get())
        time.sleep(0.05)
        return user.get()

    async def asynchronous():
        'use cache'
        runs.append(user.get())
        await asyncio.sleep(0.05)
        return user.get()
    """)
    user: ContextVar[str] = ContextVar("user", default="nobody")
    module.user = user

    def thread(number: int) -> Any:
        user.set(f"user {number}")
        return module.stock()

    async def task(number: int) -> Any:
        user.set(f"user {number}")
        return await module.asynchronous()

    async def tasks() -> list[Any]:
        return await asyncio.gather(*(task(number) for number in range(25)))

    with ThreadPoolExecutor(8) as pool:
        assert {future.result() for future in [pool.submit(thread, n) for n in range(8)]} == {"nobody"}
        assert [set(f.result()) for f in [pool.submit(asyncio.run, tasks()) for _ in range(8)]] == [
            {"nobody"}
        ] * 8
    assert module.runs == ["nobody", "nobody"]


def test_c24_a_cancelled_leader_hands_over(load: Load) -> None:
    """While anyone still waits, the result is computed."""
    module = load(f"""{HEAD}
    async def stock():
        'use cache'
        runs.append(1)
        await asyncio.sleep(0.03)
        return 7
    """)

    async def main() -> Any:
        leader = asyncio.ensure_future(module.stock())
        await asyncio.sleep(0.005)
        waiter = asyncio.ensure_future(module.stock())
        await asyncio.sleep(0.005)
        leader.cancel()
        return await waiter

    assert asyncio.run(main()) == 7
    assert len(module.runs) == 1


def test_c24_a_thousand_at_once(load: Load) -> None:
    """From thirty-two threads and two hundred tasks in loops of their own, one run."""
    module = load(f"""{HEAD}
    async def stock():
        'use cache'
        runs.append(1)
        await asyncio.sleep(0.1)
        return 7

    def plain():
        'use cache'
        runs.append(1)
        time.sleep(0.1)
        return 7
    """)
    start = threading.Barrier(32)

    async def tasks(number: int) -> list[Any]:
        start.wait()
        calls = (asyncio.to_thread(module.plain) if n % 8 == 0 else module.stock() for n in range(number))
        return await asyncio.gather(*calls)

    with ThreadPoolExecutor(32) as pool:
        futures = [pool.submit(asyncio.run, tasks(200 if n < 2 else 20)) for n in range(32)]
        assert {value for future in futures for value in future.result()} == {7}
    assert len(module.runs) == 2


def test_c13_a_refresh_uses_what_the_call_was_given(load: Load) -> None:
    """Arguments and captured variables that the caller changes after its call do not get into the new result."""
    module = load(f"""{HEAD}
    def total(numbers):
        'use cache'
        cache_life(revalidate=0, expire=1000)
        runs.append(list(numbers))
        return sum(numbers)

    def outer():
        factor = [1]
        def scaled(number):
            'use cache'
            cache_life(revalidate=0, expire=1000)
            runs.append(factor[0] * number)
            return runs[-1]
        return scaled, factor
    """)
    numbers = [1, 2]
    scaled, factor = module.outer()
    assert (module.total(numbers), scaled(5)) == (3, 5)
    assert (module.total(numbers), scaled(5)) == (3, 5)
    numbers.append(100)
    factor[0] = 100
    until = time.monotonic() + 30
    while len(module.runs) < 4 and time.monotonic() < until:
        time.sleep(0.001)
    assert sorted(map(str, module.runs)) == ["5", "5", "[1, 2]", "[1, 2]"]


class Damaged(MemoryHandler):
    """Gives back entries whose results are not of the codec."""

    def get(self, key: bytes, soft_tags: Any = (), /) -> Any:
        found = super().get(key, soft_tags)
        if found is None:
            return found
        entry = found.entry
        return Found(CacheEntry(CachedValue.from_bytes(b"\xff"), entry.created, entry.life, entry.tags))


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_c23_a_damaged_result(load: Load, kind: str) -> None:
    """A result that cannot be read is forgotten, and the function runs."""
    module = load(f"""{HEAD}
    {kind} stock():
        'use cache'
        runs.append(1)
        return len(runs)
    """)

    def call() -> Any:
        result = module.stock()
        return asyncio.run(result) if kind == "async def" else result

    runtime.caches.use("default", Damaged())
    assert [call(), call(), call()] == [1, 2, 3]
    assert runtime.caches.store("default").failures == 2
