"""Private results and many users at once: nobody sees another's, and none is found in any store."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from directives.cache import client_may_keep
from directives.cache.handlers.memory import MemoryHandler
from directives.errors import DecoratorError
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
    """Where its function only reads: for as long as the private results last. A private reply is nobody else's."""
    module = load("""
    'use server'
    from directives.cache import cache_life, client_may_keep, update_tag
    from directives.request import cookies, redirect

    def _mine():
        'use cache: private'
        cache_life(stale=77)
        return cookies()['who']

    @client_may_keep
    async def mine():
        return _mine()

    async def order():
        return _mine()

    @client_may_keep
    async def teas():
        return 7

    async def others():
        return 7

    @client_may_keep
    async def changes():
        update_tag('tea')
        return _mine()

    async def leaves():
        update_tag('tea')
        redirect('/teas')
    """)
    client = Client(DirectivesMiddleware(lambda environ, start_response: [], runtime))
    client.set_cookie("who", "karl")

    def said(name: str) -> tuple[str | None, ...]:
        headers = client.post(f"/_directives/{getattr(module, name).id}", json={}).headers
        return tuple(
            headers.get(name) for name in ("Cache-Control", "x-directives-stale-time", "x-directives-updated")
        )

    assert said("mine") == ("private", "77", None)
    assert said("order") == ("private", None, None)
    assert said("teas") == ("private", "300", None)
    assert said("others") == ("no-store", None, None)
    assert said("changes") == ("private", None, "1")
    assert said("leaves") == ("no-store", None, "1")


def test_a_stream_cannot_be_kept() -> None:
    """Its items come over time."""

    async def items():  # type: ignore[no-untyped-def]
        yield 1

    with pytest.raises(DecoratorError, match="decorates .*items, a generator"):
        client_may_keep(items)
