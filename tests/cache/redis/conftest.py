"""One server for all tests of a process; each test has a store of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from directives.cache.handlers.redis import RedisHandler
from tests.redis_server import RedisServer


@pytest.fixture(scope="session")
def server() -> Iterator[RedisServer]:
    """A running server."""
    with RedisServer() as running:
        yield running


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """What this test's keys begin with."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in request.node.name)[
        :64
    ]


@pytest.fixture
def store(server: RedisServer, prefix: str) -> Iterator[RedisHandler]:
    """An empty store."""
    handler = RedisHandler.open(f"{server.unix}?prefix={prefix}&timeout=2")
    handler.clear()
    yield handler
    handler.close()
