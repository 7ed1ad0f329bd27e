"""Coroutines in the request's own thread."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import pytest

from directives.http.loop import iterate
from directives.http.loop import run

variable: ContextVar[str] = ContextVar("variable", default="unset")


def test_it_runs_in_the_callers_thread_and_context() -> None:
    """Thread-locals and context variables are the caller's."""

    async def look() -> tuple[str, int]:
        await asyncio.sleep(0)
        return variable.get(), threading.get_ident()

    token = variable.set("mine")
    try:
        assert run(look()) == ("mine", threading.get_ident())
    finally:
        variable.reset(token)


def test_a_thread_keeps_its_loop() -> None:
    """One loop a thread, used again; another thread has another."""

    async def loop() -> int:
        return id(asyncio.get_running_loop())

    assert run(loop()) == run(loop())
    others: list[int] = []
    thread = threading.Thread(target=lambda: others.append(run(loop())))
    mine = run(loop())
    thread.start()
    thread.join()
    assert others != [mine]


def test_the_loop_of_a_thread_is_closed_with_it() -> None:
    """No loop outlives its thread."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def keep() -> None:
        loops.append(asyncio.get_running_loop())

    thread = threading.Thread(target=lambda: run(keep()))
    thread.start()
    thread.join()
    gc.collect()
    assert loops[0].is_closed()


def test_it_has_a_task_and_can_wait_and_start_others() -> None:
    """Everything of asyncio works: the current task, sleeping, gathering, time limits."""

    async def work() -> Any:
        assert asyncio.current_task() is not None
        async with asyncio.timeout(5):
            return await asyncio.gather(asyncio.sleep(0.001, 1), asyncio.to_thread(lambda: 2))

    assert run(work()) == [1, 2]


def test_what_never_waits_has_all_that_a_loop_gives() -> None:
    """Its own task, a loop that says it runs, a timeout, and no sign of any of it afterwards."""

    async def look() -> tuple[str, bool]:
        task = asyncio.current_task()
        assert task is not None
        async with asyncio.timeout(5):
            return task.get_name(), asyncio.get_running_loop().is_running()

    first, second = run(look()), run(look())
    assert first[1]
    assert second[1]
    assert first[0] != second[0]
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


def test_a_generator_left_half_way_is_closed() -> None:
    """Also where the coroutine that left it never waited for anything."""
    closed: list[bool] = []

    async def items() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            closed.append(True)

    async def leave() -> int:
        async for item in items():
            return item
        return 0

    async def look() -> None:
        await asyncio.sleep(0)

    assert run(leave()) == 1
    run(look())
    assert closed == [True]


def test_exceptions_come_out_and_the_next_run_works() -> None:
    """A failure, a cancellation or an exit leaves the loop in order."""

    async def raising(error: BaseException, waits: bool) -> None:
        if waits:
            await asyncio.sleep(0)
        raise error

    async def fine() -> str:
        return "fine"

    for error in (ValueError("x"), asyncio.CancelledError(), KeyboardInterrupt(), SystemExit(3)):
        for waits in (False, True):
            with pytest.raises(type(error)):
                run(raising(error, waits))
            assert run(fine()) == "fine"
    with pytest.raises(TypeError, match="coroutine"):
        run(fine)  # type: ignore[arg-type]
    assert run(fine()) == "fine"


def test_tasks_left_over_are_cancelled_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody waits for does not go on during another request."""
    ended: list[str] = []

    async def background() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    tasks = []

    async def careless() -> str:
        tasks.append(asyncio.create_task(background()))
        await asyncio.sleep(0)
        return "done"

    with caplog.at_level(logging.WARNING, "directives"):
        assert run(careless()) == "done"
    assert ended == ["cancelled"]
    assert "background" in caplog.text


def test_within_a_running_loop_it_runs_beside_it() -> None:
    """Called from a thread that runs a loop already, it takes a thread of its own and the same context."""

    async def inner() -> tuple[str, bool]:
        await asyncio.sleep(0)
        return variable.get(), threading.current_thread() is threading.main_thread()

    async def outer() -> tuple[str, bool]:
        variable.set("outer")
        return run(inner())

    assert asyncio.run(outer()) == ("outer", False)


async def numbers(seen: list[str]) -> AsyncIterator[str]:
    try:
        for number in range(3):
            before = variable.get()
            variable.set(str(number))
            yield before
    finally:
        seen.append("closed")


def test_iterating_keeps_one_context() -> None:
    """A generator sees what it set between its items, and nobody else does."""
    seen: list[str] = []
    assert list(iterate(numbers(seen))) == ["unset", "0", "1"]  # type: ignore[arg-type]
    assert seen == ["closed"]
    assert variable.get() == "unset"


def test_closing_early_closes_the_generator() -> None:
    """As a WSGI server does when a client has gone."""
    seen: list[str] = []
    items: Any = iterate(numbers(seen))  # type: ignore[arg-type]
    assert next(items) == "unset"
    items.close()
    assert seen == ["closed"]


def test_iterating_within_a_running_loop() -> None:
    """All items are made in one thread beside the loop."""

    async def where() -> AsyncIterator[int]:
        for _ in range(3):
            await asyncio.sleep(0)
            yield threading.get_ident()

    async def outer() -> list[int]:
        return list(iterate(where()))  # type: ignore[arg-type]

    threads = asyncio.run(outer())
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_a_generators_tasks_live_as_long_as_it() -> None:
    """A producer that a generator starts goes on between its items and is ended with it."""
    tasks: list[asyncio.Task[None]] = []

    async def produced() -> AsyncIterator[int]:
        queue: asyncio.Queue[int] = asyncio.Queue()

        async def produce() -> None:
            for number in range(1_000):
                await asyncio.sleep(0)
                await queue.put(number)

        tasks.append(asyncio.create_task(produce()))
        for _ in range(3):
            yield await queue.get()

    assert list(iterate(produced())) == [0, 1, 2]  # type: ignore[arg-type]
    assert tasks[0].done()
