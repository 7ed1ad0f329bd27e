"""``function.sync(...)`` in server code: the ordinary call, waited for."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from directives.errors import RunningLoopError
from directives.functions import ServerFunction

who: ContextVar[str] = ContextVar("who", default="nobody")
closed: list[str] = []


async def order(sku: str, quantity: int = 1) -> tuple[str, int, str, int]:
    await asyncio.sleep(0)
    return sku, quantity, who.get(), threading.get_ident()


async def teas(limit: int) -> AsyncIterator[int]:
    try:
        for number in range(limit):
            await asyncio.sleep(0)
            yield number
    finally:
        await asyncio.sleep(0)
        closed.append("teas")


async def fail() -> None:
    raise LookupError("no such tea")


def plain(value: int) -> int:
    return value + 1


def numbers() -> Iterator[int]:
    yield 1


ORDER = ServerFunction(order, "a" * 40)
TEAS = ServerFunction(teas, "b" * 40)


def test_it_gives_the_result_in_the_callers_thread_and_context() -> None:
    """With the function's own parameters."""
    who.set("karl")
    assert ORDER.sync("assam", quantity=2) == ("assam", 2, "karl", threading.get_ident())
    assert str(inspect.signature(ORDER.sync)) == str(inspect.signature(order))
    assert not inspect.iscoroutinefunction(ORDER.sync)


def test_what_the_function_raises_reaches_the_caller() -> None:
    """As the same exception."""
    with pytest.raises(LookupError, match="no such tea"):
        ServerFunction(fail, "c" * 40).sync()


def test_a_stream_is_an_iterator_that_is_closed_with_its_generator() -> None:
    """Each item is made when it is asked for."""
    closed.clear()
    assert list(TEAS.sync(3)) == [0, 1, 2]
    assert closed == ["teas"]
    begun = TEAS.sync(3)
    assert next(begun) == 0
    assert closed == ["teas"]
    begun.close()
    assert closed == ["teas", "teas"]


def test_plain_functions_are_called_as_they_are() -> None:
    """There is nothing to wait for."""
    assert ServerFunction(plain, "d" * 40).sync(1) == 2
    assert list(ServerFunction(numbers, "e" * 40).sync()) == [1]


@pytest.mark.parametrize(("function", "args"), [(ORDER, ("assam",)), (TEAS, (3,))], ids=["call", "stream"])
def test_on_an_event_loop_it_is_an_error_that_says_what_to_write(
    function: ServerFunction[..., Any], args: tuple[Any, ...]
) -> None:
    """Else the loop would stand still, and with it everybody else's calls; in another thread it works."""

    async def main() -> Any:
        with pytest.raises(
            RunningLoopError, match=rf"write `await {function.__name__}\(\.\.\.\)`, or `await "
        ):
            function.sync(*args)
        return await asyncio.to_thread(function.sync, *args)

    assert asyncio.run(main()) is not None
