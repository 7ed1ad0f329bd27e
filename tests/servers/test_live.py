"""Pages that follow tags, over real sockets: from one server to another by the store that they share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Final

import pytest

from tests.redis_server import RedisServer
from tests.servers.serving import Running
from tests.servers.serving import serving
from tests.servers.shop import write_project

pytestmark = pytest.mark.slow

MARKED: Final = """
'use server'
from directives.cache import update_tag

async def mark(tag: str) -> None:
    update_tag(tag)
"""
APPLICATION: Final = """
from shop.marked import mark

FUNCTIONS['mark'] = mark
"""
WSGI: Final = "gunicorn -k gthread --threads 4 -b 127.0.0.1:8000 application:over_wsgi"
ASGI: Final = "uvicorn --port 8000 --timeout-graceful-shutdown 2 application:over_asgi"


@pytest.fixture(params=["sqlite", "redis"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    """One server under WSGI and one under ASGI, of one project."""
    write_project(tmp_path)
    (tmp_path / "shop/marked.py").write_text(MARKED)
    with (tmp_path / "application.py").open("a") as file:
        file.write(APPLICATION)
    with RedisServer() as redis:
        address = {"sqlite": "sqlite:///shared.db", "redis": f"{redis.tcp}/0"}[request.param]
        environ = {"DIRECTIVES_CACHE_HANDLERS": f"remote={address}", "DIRECTIVES_LIVE_TAGS": "stock"}
        environ["DIRECTIVES_SECRET_KEYS"] = "a secret of this test alone"
        with serving(WSGI, tmp_path, **environ) as over_wsgi, serving(ASGI, tmp_path, **environ) as over_asgi:
            yield over_wsgi, over_asgi


def next_event(reply: HTTPResponse) -> list[str]:
    """The tags of the next event."""
    while not (line := reply.readline()).startswith(b"data:"):
        assert line, "the stream has ended"
    tags: list[str] = json.loads(line[5:])
    return tags


def test_a_mark_reaches_pages_of_another_server(servers: tuple[Running, Running]) -> None:
    """Either server tells its pages of what the other one has marked, and each of what it has marked itself."""
    for follower in servers:
        for marker in servers:
            with follower.connect() as listening, marker.connect() as calling:
                listening.request("GET", "/_directives/events?tag=stock")
                reply = listening.getresponse()
                assert reply.readline() == b"retry: 3000\n"
                marker.call(calling, "mark", "stock")
                assert calling.getresponse().read() == b'{"ok":null}'
                assert next_event(reply) == ["stock"]
                reply.close()
