"""Private results and many users at once: nobody sees another's, and none is found in any store."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from directives.cache.handlers.memory import MemoryHandler
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.conformance.caching import page
from tests.loading import Load
from tests.loading import load
from tests.loading import settings
from tests.redis_server import RedisServer

__all__ = ["load", "settings"]

SHOP = """
from directives.cache import memo
from directives.request import cookies, headers

@memo
def user():
    return cookies()['who']

def stock(tea):
    'use cache'
    return f'public stock of {tea}'

def prices(tea):
    'use cache: remote'
    return [f'public price of {tea}', stock(tea)]

def basket(tea):
    'use cache: private'
    return {'owner': f'secret of {user()}', 'tea': tea, 'agent': dict(headers()).get('User-Agent'), 'left': stock(tea)}

async def offers(tea):
    'use cache: private'
    return [basket(tea), basket(tea)]

def show():
    import asyncio
    prices('sencha')
    first, second = basket('sencha'), asyncio.run(offers('sencha'))
    first['tea'] = 'changed by the caller'
    return [first['owner'], first['agent'], basket('sencha')['tea']], [each['owner'] for each in second]
"""


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.slow)])
def written(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Callable[[], bytes]]:
    """Everything that a remote store has written, in a file or in a server."""
    if request.param == "sqlite":
        yield lambda: b"".join(file.read_bytes() for file in files(settings.root))
        return
    from redis import Redis

    with RedisServer() as server, Redis(unix_socket_path=str(server.socket)) as client:
        runtime.configure(cache_handlers={"remote": f"{server.unix}?timeout=5s"})
        yield lambda: b"".join(key + content(client, key) for key in client.scan_iter())


def content(client: Any, key: bytes) -> bytes:
    """What a server holds under a key."""
    if client.type(key) == b"list":
        return b"".join(client.lrange(key, 0, -1))
    return bytes(client.get(key) or b"")


def files(root: Path) -> list[Path]:
    """The files of a project."""
    return [path for path in root.rglob("*") if path.is_file()]


def visit(module: object, users: int, threads: int, visits: int) -> None:
    """Each user asks for the page, some at a time, and checks every answer."""

    def one(number: int) -> str:
        who = f"user {number % users}"
        return page(module.show, who=who, headers={"User-Agent": who}).text  # type: ignore[attr-defined]

    with ThreadPoolExecutor(threads) as pool:
        for number, answer in enumerate(pool.map(one, range(visits))):
            who = f"user {number % users}"
            assert answer == str(([f"secret of {who}", who, "sencha"], [f"secret of {who}"] * 2))


def check_stores(written: Callable[[], bytes]) -> None:
    """What is shared is in the stores, and of what is private nothing."""
    memory = runtime.caches.store("default").handler
    assert isinstance(memory, MemoryHandler)
    assert memory.stats().entries == 1
    assert runtime.caches.store("remote").handler.stats().entries == 1
    assert b"public price of sencha" in written()
    assert b"secret" not in written()
    assert b"user " not in written()


def test_users_at_the_same_time(load: Load, written: Callable[[], bytes]) -> None:
    """Ten users on eight threads."""
    visit(load(SHOP), 10, 8, 60)
    check_stores(written)


@pytest.mark.slow
def test_a_hundred_users_at_the_same_time(load: Load, written: Callable[[], bytes]) -> None:
    """A hundred sessions on thirty-two threads, two thousand answers."""
    visit(load(SHOP), 100, 32, 2000)
    check_stores(written)


def test_the_reply_to_a_call_is_the_clients_to_keep(load: Load) -> None:
    """A reply made of a private result says so, and for how long; any other is for that call alone."""
    module = load("""
    'use server'
    from directives.cache import cache_life
    from directives.request import cookies

    def _mine():
        'use cache: private'
        cache_life(stale=77)
        return cookies()['who']

    async def mine():
        return _mine()

    async def others():
        return 7
    """)
    client = Client(DirectivesMiddleware(lambda environ, start_response: [], runtime))
    client.set_cookie("who", "karl")
    found = {
        name: client.post(f"/_directives/{getattr(module, name).id}", json={}) for name in ("mine", "others")
    }
    assert (found["mine"].json, found["others"].json) == ({"ok": "karl"}, {"ok": 7})
    assert found["mine"].headers["Cache-Control"] == "private"
    assert found["mine"].headers["x-directives-stale-time"] == "77"
    assert found["others"].headers["Cache-Control"] == "no-store"
    assert "x-directives-stale-time" not in found["others"].headers
