"""Calls that are sent again: those of which the server can have heard nothing, and those that may run twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from directives.client.failures import INTERRUPTED
from directives.client.failures import UNREACHABLE
from directives.errors import RemoteError

T = TypeVar("T")

PAUSES = (0.05, 0.25)
GATEWAY = frozenset({502, 503, 504})
"""What a proxy answers when the server behind it is away (RFC 9110, 15.6)."""

_idempotent: ContextVar[bool] = ContextVar("directives.client.idempotent", default=False)


@contextmanager
def idempotent() -> Iterator[None]:
    """Say of the calls inside the block that it does no harm if they run twice.

    Such a call is sent again, after a pause and within its deadline, if its connection breaks before the reply is complete, or
    if a proxy says that the server is away. Any other call is sent again only if no connection could be made, so that
    the server has heard nothing of it.

    See RFC 9110, 9.2.2.
    """
    token = _idempotent.set(True)
    try:
        yield
    finally:
        _idempotent.reset(token)


async def retried(send: Callable[[], Awaitable[T]], pauses: Sequence[float]) -> T:
    """What ``send`` gives, tried once more after each pause as long as that is safe.

    Args:
        send: Sends the call.
        pauses: The longest pauses, in seconds; each is shortened by chance, so that clients do not come all at once.
    """
    for pause in pauses:
        try:
            return await send()
        except RemoteError as error:
            if not _is_safe(error):
                raise
        await asyncio.sleep(pause * random.uniform(0.5, 1))
    return await send()


def _is_safe(error: RemoteError) -> bool:
    if error.kind == UNREACHABLE:
        return True
    return _idempotent.get() and (error.kind == INTERRUPTED or error.status in GATEWAY)
