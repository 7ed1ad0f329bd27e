"""Deadlines: how they nest, and what happens when they pass."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator

import pytest

from directives.deadlines import deadline
from directives.deadlines import each
from directives.deadlines import enforced
from directives.deadlines import milliseconds
from directives.deadlines import moment
from directives.deadlines import remaining
from directives.errors import DeadlineExceeded


def test_without_a_deadline_nothing_is_left_to_count() -> None:
    """``None``, rather than a very long time."""
    assert remaining() is None
    assert moment() is None


def test_the_earliest_of_nested_deadlines_counts() -> None:
    """An inner block can shorten what an outer one allows, and never lengthen it."""
    with deadline(50):
        with deadline(500):
            assert 49 < (remaining() or 0) <= 50
        with deadline(5):
            assert 4 < (remaining() or 0) <= 5
        with deadline(None):
            assert 49 < (remaining() or 0) <= 50
    assert remaining() is None


def test_a_deadline_is_the_context_s_own() -> None:
    """Another thread's or task's calls are not bounded by it."""
    with deadline(5):
        assert contextvars.Context().run(remaining) is None


def test_what_is_awaited_is_cancelled_when_the_moment_comes() -> None:
    """And the error is a TimeoutError too, for code that knows no other."""
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def main() -> None:
        with pytest.raises(TimeoutError) as caught:
            async with enforced(moment(0.01)):
                await work()
        assert type(caught.value) is DeadlineExceeded
        assert (caught.value.kind, caught.value.status) == ("deadline", 0)

    asyncio.run(main())
    assert seen == ["cancelled"]


def test_a_timeout_of_somebody_else_stays_what_it_is() -> None:
    """Only the deadline's own becomes ``DeadlineExceeded``."""

    async def main() -> None:
        async with enforced(moment(10)):
            raise TimeoutError("of a socket")

    with pytest.raises(TimeoutError, match="of a socket") as caught:
        asyncio.run(main())
    assert type(caught.value) is TimeoutError


def test_a_moment_that_has_passed_starts_nothing() -> None:
    """The block is not entered."""

    async def main() -> None:
        async with enforced(moment(-1)):
            pytest.fail("the block ran")

    with pytest.raises(DeadlineExceeded):
        asyncio.run(main())


def test_items_come_until_the_moment() -> None:
    """The time between items counts, that which the reader takes for one too."""

    async def slow() -> AsyncIterator[int]:
        for number in range(3):
            yield number
            await asyncio.sleep(10 if number else 0)

    async def main() -> list[int]:
        seen: list[int] = []
        with pytest.raises(DeadlineExceeded):
            async for item in each(slow(), moment(0.2)):
                seen.append(item)  # noqa: PERF401 -- what came before the error counts
        return seen

    assert asyncio.run(main()) == [0, 1]


def test_all_items_come_in_time() -> None:
    """A deadline that does not pass changes nothing."""

    async def quick() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def main() -> list[int]:
        return [item async for item in each(quick(), moment(10))]

    assert asyncio.run(main()) == [1, 2]


def test_what_is_left_is_told_in_whole_milliseconds() -> None:
    """Rounded up, never negative, and never more than eight digits."""
    now = time.monotonic()
    assert 1490 < milliseconds(now + 1.5) <= 1500
    assert milliseconds(now - 1) == 0
    assert milliseconds(now + 1e9) == 99_999_999
