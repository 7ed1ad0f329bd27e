"""Pages that follow tags: a stream of events under WSGI and ASGI."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from itertools import islice
from typing import Any

import pytest
from werkzeug.test import Client

from directives.asgi import DirectivesMiddleware as AsgiMiddleware
from directives.cache import revalidate_tag
from directives.http import events
from directives.runtime import configure
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.loading import settings

__all__ = ["settings"]

PATH = "/_directives/events"


@pytest.fixture
def client(settings: Settings) -> Client:
    configure(live_tags=["stock", "user:*"], live_streams=2)
    return Client(DirectivesMiddleware(lambda environ, start: []))


def follow(client: Client, *tags: str, **headers: str) -> Iterable[bytes]:
    """The events of some tags, after the first bytes of the stream."""
    query = {"tag": list(tags)}
    reply = client.get(PATH, query_string=query, headers=headers, buffered=False)
    assert (reply.status_code, reply.mimetype) == (200, "text/event-stream")
    pieces = iter(reply.response)
    assert next(pieces) == b"retry: 3000\nid: 0\n\n"
    return pieces


def test_marked_tags_are_events(client: Client) -> None:
    """What is marked together is one event; other tags are none."""
    pieces = iter(follow(client, "stock", "user:5"))
    for tag in ("user:5", "stock", "elsewhere"):
        revalidate_tag(tag)
    assert next(pieces) == b'event: tags\nid: 1\ndata: ["stock", "user:5"]\n\n'
    later = threading.Timer(0.1, revalidate_tag, ["stock"])
    later.start()
    assert next(pieces) == b'event: tags\nid: 2\ndata: ["stock"]\n\n'
    later.join()


def test_who_comes_back_has_missed_what_nobody_kept(client: Client) -> None:
    """A browser that connects again is told of all its tags."""
    pieces = iter(follow(client, "stock", **{"Last-Event-ID": "3"}))
    assert next(pieces) == b'event: tags\nid: 1\ndata: ["stock"]\n\n'


def test_a_page_that_comes_back_says_so_in_its_query(client: Client) -> None:
    """It is told of all its tags, too; a browser sends the header for a connection that broke, and no other."""
    reply = client.get(f"{PATH}?tag=stock&tag=user:1&again", buffered=False)
    assert list(islice(reply.response, 2))[1] == b'event: tags\nid: 1\ndata: ["stock", "user:1"]\n\n'


def test_silence_is_broken_by_heartbeats_and_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment now and then keeps the connection; after a while the browser has to come again."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)
    monkeypatch.setattr(events, "LASTS", 0.05)
    pieces = list(follow(client, "stock"))
    assert set(pieces) == {b":\n\n"}
    assert runtime.caches.news.watched() == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 403),
        ("tag=other", 403),
        ("tag=stock&tag=other", 403),
        ("&".join(f"tag=user:{number}" for number in range(51)), 403),
        (f"tag=user:{'x' * 9000}", 403),
        ("tag=user:1", 200),
    ],
)
def test_what_may_be_followed(client: Client, query: str, status: int) -> None:
    """Tags that the setting names, and not too many of them."""
    assert client.head(f"{PATH}?{query}").status_code == status


def test_it_has_to_be_turned_on(client: Client) -> None:
    """Unset there is no such address, nor is there one below it; ``true`` means all tags."""
    assert client.get(f"{PATH}/more?tag=stock").status_code == 404
    configure(live_tags=False)
    assert client.get(f"{PATH}?tag=stock").status_code == 404
    configure(live_tags=True)
    assert client.head(f"{PATH}?tag=anything").status_code == 200


def test_streams_are_bounded(client: Client) -> None:
    """One more than allowed is told to come later; one that has ended makes room."""
    replies = [client.get(f"{PATH}?tag=stock", buffered=False) for _ in range(2)]
    refused = client.get(f"{PATH}?tag=stock")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    replies[0].close()
    replies.append(client.get(f"{PATH}?tag=stock", buffered=False))
    assert replies[-1].status_code == 200
    for reply in replies:
        reply.close()


def test_on_an_event_loop(client: Client) -> None:
    """Events of another thread arrive, and a browser that leaves ends its stream."""

    async def run() -> list[Any]:
        sent: asyncio.Queue[Any] = asyncio.Queue()
        to_receive: asyncio.Queue[Any] = asyncio.Queue()
        await to_receive.put({"type": "http.request", "body": b"", "more_body": False})
        scope = {
            "type": "http", "method": "GET", "path": PATH, "query_string": b"tag=stock", "headers": [(b"host", b"a")],
        }  # fmt: skip
        served = asyncio.ensure_future(AsgiMiddleware(lambda *_: None)(scope, to_receive.get, sent.put))  # type: ignore[arg-type, return-value]
        messages = [await sent.get(), await sent.get()]
        await asyncio.to_thread(revalidate_tag, "stock")
        messages.append(await sent.get())
        await to_receive.put({"type": "http.disconnect"})
        await asyncio.wait_for(served, 5)
        return messages

    start, begin, event = asyncio.run(run())
    assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/event-stream")
    assert begin["body"] == events.BEGIN
    assert event["body"] == b'event: tags\nid: 1\ndata: ["stock"]\n\n'
    assert runtime.caches.news.watched() == set()
