"""Stubs called where nothing can be awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from directives.client import sync
from directives.client.background import BackgroundLoop
from directives.deadlines import deadline
from directives.errors import DeadlineExceeded
from directives.errors import RemoteError
from directives.errors import RunningLoopError
from tests.client.serving import served
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SOURCE = """
    'use server'
    import threading
    closed = threading.Event()

    async def order(sku: str, quantity: int = 1) -> list:
        if quantity < 0:
            raise ValueError("the secret reason")
        return [sku, quantity]

    async def teas():
        try:
            for number in range(1_000_000):
                yield number
        finally:
            closed.set()

    async def slow():
        import asyncio
        await asyncio.sleep(5)

    async def adder(amount: int):
        async def add(value: int) -> int:
            'use server'
            return value + amount
        return add
"""


@pytest.fixture
def shop(load: Load) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The server half and the client half of a module that is served."""
    with served(load, SOURCE) as halves:
        yield halves


def test_a_call_gives_its_result(shop: tuple[ModuleType, ModuleType]) -> None:
    """By the attribute and by the function that type checkers understand of plain source; a received function too."""
    _, client = shop
    assert client.order.sync("assam", quantity=2) == ["assam", 2]
    assert sync(client.order)("assam") == ["assam", 1]
    assert client.adder.sync(2).sync(3) == 5
    with pytest.raises(RemoteError, match="log") as caught:
        client.order.sync("assam", -1)
    assert "secret" not in str(caught.value)


def test_a_deadline_around_the_call_holds(shop: tuple[ModuleType, ModuleType]) -> None:
    """The call sees the context variables of its caller."""
    with deadline(0.2), pytest.raises(DeadlineExceeded):
        shop[1].slow.sync()


def test_closing_a_stream_ends_the_generator_on_the_server(shop: tuple[ModuleType, ModuleType]) -> None:
    """An abandoned loop closes it."""
    server, client = shop
    for item in client.teas.sync():
        if item == 3:
            break
    assert server.closed.wait(5)


def test_threads_share_one_loop(shop: tuple[ModuleType, ModuleType]) -> None:
    """However many call."""
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: shop[1].order.sync("tea", number), range(40)))
    assert found == [["tea", number] for number in range(40)]
    assert [thread.name for thread in threading.enumerate()].count("directives-client") == 1


def test_on_an_event_loop_it_is_an_error(shop: tuple[ModuleType, ModuleType]) -> None:
    """One rule for stubs and server functions: what stands on a loop awaits."""

    async def main() -> None:
        with pytest.raises(RunningLoopError, match=r"write `await order\(\.\.\.\)`"):
            shop[1].order.sync("tea")
        assert await asyncio.to_thread(shop[1].order.sync, "tea") == ["tea", 1]

    asyncio.run(main())


def test_what_is_no_server_function_has_no_sync() -> None:
    """As where the hook is off."""

    async def order() -> None: ...

    with pytest.raises(TypeError, match="is the import hook on"):
        sync(order)


def test_a_stream_that_the_loop_itself_closes_does_not_wait_for_itself() -> None:
    """As when garbage is collected in its thread."""
    loop = BackgroundLoop()
    ended = threading.Event()

    async def end() -> None:
        ended.set()

    async def close() -> None:
        opened.__exit__(None, None, None)

    opened = loop.call(end)
    opened.__enter__()
    loop.run(close())
    assert ended.wait(5)
    loop.close()


def test_an_interrupted_call_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by control-C while it waits; closing the loop waits for what that leaves to do, and it begins again."""
    loop = BackgroundLoop()
    ended = threading.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def answer() -> int:
        return 7

    begun = threading.Event()

    def interrupt(self: object, timeout: float | None = None) -> None:
        begun.wait(5)
        raise KeyboardInterrupt

    assert loop.run(answer()) == 7
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("concurrent.futures.Future.result", interrupt)
        loop.run(wait())
    assert ended.wait(5)
    loop.close()
    assert loop.run(answer()) == 7
    loop.close()
