"""Results that come item by item."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator
from collections.abc import AsyncIterator
from collections.abc import Callable
from typing import Any

from directives import deadlines
from directives.cache.scope import Scope
from directives.cache.scope import set_scope
from directives.http.failures import Failures
from directives.http.media import Media
from directives.http.media import Unserializable
from directives.request import Redirect
from directives.request import check_target
from directives.wire.lowering import Look
from directives.wire.lowering import Special


async def stream_of(
    media: Media,
    items: AsyncIterator[Any],
    failures: Failures,
    special: Special | None,
    look: Callable[[], Look | None],
    ends: float | None = None,
    scope: Scope | None = None,
) -> AsyncGenerator[bytes, None]:
    """Each item encoded as a reply of its own; after a failure the last one is an error.

    Closing it closes the function's generator.
    """
    set_scope(scope)
    deadlines.resume(ends)
    try:
        async for item in items if ends is None else deadlines.each(items, ends):
            yield media.success(item, special, look()) + media.separator
    except Redirect as redirect:
        yield _redirect(media, redirect, failures) + media.separator
    except Unserializable as error:
        yield failures.told(media, error, "unserializable-result")[1] + media.separator
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- it becomes the last item
        yield failures.told(media, error)[1] + media.separator
    finally:
        await close(items)


def _redirect(media: Media, redirect: Redirect, failures: Failures) -> bytes:
    try:
        check_target(redirect.url)
    except ValueError as error:
        return failures.told(media, error)[1]
    return media.encode({"redirect": redirect.url})


async def close(items: AsyncIterator[Any]) -> None:
    """Close an asynchronous iterator that can be closed."""
    if isinstance(items, AsyncGenerator):
        await items.aclose()


def until_end(pieces: AsyncGenerator[bytes, None], close: Callable[[], None]) -> AsyncGenerator[bytes, None]:
    """The same pieces; ``close`` is called when they have ended, are closed, or are thrown away."""
    made = _until_end(pieces, close)
    # Of a generator that nobody begins to read, no `finally` runs.
    weakref.finalize(made, close)
    return made


async def _until_end(
    pieces: AsyncGenerator[bytes, None], close: Callable[[], None]
) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()
        close()


async def drain(items: AsyncIterator[Any]) -> None:
    """Run an asynchronous iterator to its end."""
    try:
        async for _ in items:
            pass
    finally:
        await close(items)
