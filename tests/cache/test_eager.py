"""Tasks that begin at once, as Python 3.12 has them and 3.11 does not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from contextvars import ContextVar
from typing import Any

import pytest

from directives.cache.eager import begin
from tests.cache.caching import acall
from tests.cache.caching import cached
from tests.cache.caching import make_caches

user: ContextVar[str] = ContextVar("user", default="nobody")


def started(coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task for a coroutine, begun on the running loop."""
    return begin(coroutine, asyncio.get_running_loop(), Context())


def test_what_waits_for_nothing_is_over_at_once() -> None:
    """Before the loop has a turn; the task knows the result when it is asked."""
    ran = []

    async def quick() -> int:
        ran.append(asyncio.current_task())
        return 7

    async def main() -> None:
        around = asyncio.current_task()
        task = started(quick())
        assert ran == [task]
        assert asyncio.current_task() is around
        assert await task == 7

    asyncio.run(main())


def test_an_exception_is_the_task_s() -> None:
    """It is raised where the task is awaited, not where it is begun."""

    async def fails() -> None:
        raise ValueError("no tea")

    async def main() -> None:
        task = started(fails())
        with pytest.raises(ValueError, match="no tea"):
            await task

    asyncio.run(main())


def test_context_variables_are_its_own() -> None:
    """In the first step and in those after it, and none of them reaches whoever began it."""
    seen = []

    async def work() -> None:
        seen.append(user.get())
        user.set("Ada")
        await asyncio.sleep(0)
        seen.append(user.get())

    async def main() -> None:
        user.set("Bob")
        await started(work())
        assert user.get() == "Bob"

    asyncio.run(main())
    assert seen == ["nobody", "Ada"]


def test_a_timeout_of_the_first_step_ends_what_it_is_for() -> None:
    """``asyncio.timeout`` asks for the current task: that is its own, and whoever began it goes on."""

    async def slow() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(10)
        except TimeoutError:
            return "in time"
        return "late"

    async def main() -> None:
        task = started(slow())
        await asyncio.sleep(0.02)
        assert await task == "in time"

    asyncio.run(main())


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_cancelling_reaches_what_it_waits_for(turns: int) -> None:
    """Also before the loop has had a turn: what is waited for is cancelled, and what is to be cleaned up is."""
    done: list[str] = []

    async def inner() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            done.append("inner")

    async def work(child: asyncio.Task[None]) -> None:
        try:
            await child
        finally:
            await asyncio.sleep(0)
            done.append("outer")

    async def main() -> None:
        child = asyncio.create_task(inner())
        await asyncio.sleep(0)
        task = started(work(child))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert child.cancelled()

    asyncio.run(main())
    assert done == ["inner", "outer"]


def test_cancelling_what_only_lets_others_go_first() -> None:
    """A coroutine that waits for no future is cancelled where it stands."""
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            done.append("cancelled")
            raise

    async def main() -> None:
        task = started(work())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert done == ["cancelled"]


def test_from_a_callback() -> None:
    """Where no task is running, too."""

    async def quick() -> object:
        return asyncio.current_task()

    async def main() -> None:
        loop, found = asyncio.get_running_loop(), []
        loop.call_soon(lambda: found.append(started(quick())))
        await asyncio.sleep(0)
        assert await found[0] is found[0]

    asyncio.run(main())


def test_a_task_factory_is_asked() -> None:
    """An application that makes tasks of its own makes these, too."""
    made = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def quick() -> int:
        return 7

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        coroutine = quick()
        assert await started(coroutine) == 7
        assert made == [coroutine]

    asyncio.run(main())


def test_a_crowd_of_quick_ones_lets_the_loop_go_on() -> None:
    """Ever so many misses that wait for nothing keep neither the loop from its turn nor their tasks in memory."""

    async def quick(number: int) -> int:
        return number

    async def main() -> None:
        turns: list[int] = []
        stock = cached(make_caches(), quick)
        asyncio.get_running_loop().call_soon(turns.append, 1)
        for number in range(300):
            assert await acall(stock, number) == number
            assert len(asyncio.all_tasks()) < 100
        assert turns == [1]

    asyncio.run(main())
