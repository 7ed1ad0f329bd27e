"""How long a call may take: the moment by which it has to be over, and everything that it calls too."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from directives.errors import DeadlineExceeded

__all__ = ["deadline", "remaining"]

T = TypeVar("T")

HEADER = "X-Directives-Timeout"
"""The request header with the milliseconds that are left."""

MAX_MILLISECONDS = 99_999_999  # eight digits, as in gRPC's "grpc-timeout"

PASSED = "the deadline of the call has passed"

_ends: ContextVar[float | None] = ContextVar("directives.deadlines.ends", default=None)


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Give the calls of server functions inside the block a moment by which they have to be over.

    A client's call that is not answered by then is given up, and the server is told the time that is left, so that
    it stops too. Blocks nest: the earliest moment counts. Calls that a server function makes of other servers have the
    deadline of the call that it answers, with no block at all.

    Args:
        seconds: From now on; ``None`` leaves things as they are.

    Raises:
        DeadlineExceeded: A call inside was not over in time; raised by that call.

    See gRPC's guide "Deadlines".
    """
    token = _ends.set(moment(seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def remaining() -> float | None:
    """The seconds that are left; ``None`` without a deadline, negative when it has passed.

    A function that does not await cannot be interrupted: one that takes long does well to ask now and then.
    """
    ends = _ends.get()
    return None if ends is None else ends - time.monotonic()


def moment(seconds: float | None = None) -> float | None:
    """When a call that takes at most so many seconds has to be over, as ``time.monotonic`` tells it."""
    outer = _ends.get()
    if seconds is None:
        return outer
    ends = time.monotonic() + seconds
    return ends if outer is None else min(ends, outer)


def resume(ends: float | None) -> None:
    """Take over a deadline in another context; one that nobody leaves."""
    _ends.set(ends)


def milliseconds(ends: float) -> int:
    """What is left, as a header tells it; never less than there is, so that who gave the deadline notices first."""
    return max(0, min(math.ceil((ends - time.monotonic()) * 1000), MAX_MILLISECONDS))


def check(ends: float | None) -> None:
    """Raise ``DeadlineExceeded`` if a moment has passed."""
    if ends is not None and ends <= time.monotonic():
        raise DeadlineExceeded(PASSED)


@asynccontextmanager
async def enforced(ends: float | None) -> AsyncIterator[None]:
    """Cancel what the block waits for when the moment comes, and raise ``DeadlineExceeded``."""
    import asyncio

    check(ends)
    timeout = asyncio.timeout(None if ends is None else ends - time.monotonic())
    try:
        async with timeout:
            yield
    except TimeoutError:
        if timeout.expired():
            raise DeadlineExceeded(PASSED) from None
        raise


async def each(items: AsyncIterator[T], ends: float | None) -> AsyncIterator[T]:
    """The items that come before the moment; then ``DeadlineExceeded``."""
    while True:
        try:
            async with enforced(ends):
                item = await anext(items)
        except StopAsyncIteration:
            return
        yield item
