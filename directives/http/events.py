"""What open pages listen to: which tags were marked, as server-sent events (HTML Standard, 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING
from typing import Final
from urllib.parse import parse_qsl

from directives.http.messages import BodyTooLarge
from directives.http.messages import HttpResponse
from directives.http.replies import ALWAYS
from directives.http.resources import refused
from directives.http.streams import until_end

if TYPE_CHECKING:
    from directives.http.messages import HttpRequest
    from directives.runtime import Runtime

MOST_TAGS: Final = 50
MOST_QUERY: Final = 8192
HEARTBEAT: Final = 15.0  # seconds; proxies close what is silent for longer, often after 30 or 60
LASTS: Final = 600.0  # then the browser connects again, so that nobody listens who may not any more
SETTLES: Final = 0.05  # what one function marks, one after the other, is one event
CONTENT_TYPE: Final = ("Content-Type", "text/event-stream")
BEGIN: Final = b"retry: 3000\nid: 0\n\n"
BEAT: Final = b":\n\n"
AGAIN: Final = "again"  # in the query, from a page that listened before


class Events:
    """The resource ``events``: ``GET {endpoint}/events?tag=stock&tag=...``.

    Args:
        runtime: Whose caches' tags; its settings say which may be listened to, and by how many at once.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._open: set[object] = set()

    def __call__(self, request: HttpRequest, rest: str) -> HttpResponse | None:
        """Answer a GET: ``None`` if nobody may listen."""
        allowed = self._runtime.settings.live_tags
        if rest or not allowed:
            return None
        tags = tags_of(request.query)
        if not tags or not all(any(fnmatchcase(tag, each) for each in allowed) for tag in tags):
            return refused(403, "forbidden", f"Name 1 to {MOST_TAGS} tags that pages may follow.")
        headers = [CONTENT_TYPE, ("X-Accel-Buffering", "no"), *ALWAYS]
        if request.method == "HEAD":
            return HttpResponse(200, headers, b"")
        if len(self._open) >= self._runtime.settings.live_streams:
            return refused(503, "busy", "Too many pages follow tags at this moment.", ("Retry-After", "10"))
        again = request.headers.get("last-event-id") is not None or AGAIN in request.query.split("&")
        stream = object()
        self._open.add(stream)
        pieces = until_end(self._stream(request, tags, again), partial(self._open.discard, stream))
        return HttpResponse(200, headers, pieces)

    async def _stream(
        self, request: HttpRequest, tags: frozenset[str], again: bool
    ) -> AsyncGenerator[bytes, None]:
        with suppress(BodyTooLarge):
            # Where there is nothing more to receive, a server tells that the browser has left.
            await request.read(0)
        loop = asyncio.get_running_loop()
        # Who was away has missed what nobody kept.
        marked = set(tags) if again else set()
        news = asyncio.Event()
        if again:
            news.set()

        def take(found: frozenset[str]) -> None:
            marked.update(found)
            news.set()

        def told(found: frozenset[str]) -> None:
            with suppress(RuntimeError):  # the loop has ended, and the stream with it
                loop.call_soon_threadsafe(take, found)

        end = self._runtime.caches.news.subscribe(tags, told)
        try:
            await asyncio.to_thread(self._runtime.caches.news.listen)
            yield BEGIN
            number, ends = 0, loop.time() + LASTS
            while (left := ends - loop.time()) > 0:
                if not await _within(news, min(HEARTBEAT, left)):
                    yield BEAT
                    continue
                await asyncio.sleep(SETTLES)
                number += 1
                event = f"event: tags\nid: {number}\ndata: {json.dumps(sorted(marked))}\n\n"
                marked.clear()
                news.clear()
                yield event.encode()
        finally:
            end()


def outlives_request(reply: HttpResponse) -> bool:
    """Whether a reply goes on for minutes and needs nothing of its request, such as a connection to a database."""
    return CONTENT_TYPE in reply.headers


def tags_of(query: str) -> frozenset[str]:
    """The tags that a query names; none if there are too many."""
    if len(query) > MOST_QUERY:
        return frozenset()
    named = [value for name, value in parse_qsl(query) if name == "tag"]
    return frozenset(named) if len(named) <= MOST_TAGS else frozenset()


async def _within(news: asyncio.Event, seconds: float) -> bool:
    """Whether there is news before some seconds have gone by."""
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True
