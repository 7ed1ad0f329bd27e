"""Several users of one server in one program: nobody sends another's cookies, or gets another's values."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import ModuleType

import httpx
import pytest

from directives.client import Client
from directives.client import Connections
from directives.errors import SettingsError
from directives.runtime import runtime
from tests.answering import answering
from tests.client.serving import served
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SOURCE = """
    'use server'
    from directives.cache import client_may_keep, update_tag
    from directives.request import cookies, headers

    runs: list[str] = []

    def _user() -> str:
        return headers().get("authorization") or cookies().get("who") or "nobody"

    def _greeting(word: str) -> str:
        'use cache: private'
        return f"{word} {_user()}"

    @client_may_keep
    async def greet(word: str) -> list[str]:
        runs.append(_user())
        return [_greeting(word)]

    async def order(sku: str) -> str:
        update_tag("orders")
        return f"{_greeting('for')}: {sku}"

    async def buy(sku: str) -> str:
        runs.append("bought")
        return _greeting("for")

    async def adder(amount: int):
        async def add(value: int) -> str:
            'use server'
            return f"{_user()}: {value + amount}"
        return add
"""


@pytest.fixture
def shop(load: Load) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The server half and the client half of a module that is served."""
    with served(load, SOURCE) as halves:
        yield halves


def user(name: str) -> Client:
    return Client(headers={"authorization": name})


def test_a_private_result_is_asked_for_once(shop: tuple[ModuleType, ModuleType]) -> None:
    """Each caller has his own copy; what changes something runs each time, and drops what is kept."""
    server, client = shop
    with user("karl"):
        first = client.greet.sync("hello")
        assert first == client.greet.sync("hello") == ["hello karl"]
        first.append("mine")
        assert client.greet.sync("hello") == ["hello karl"]
        assert server.runs == ["karl"]
        assert client.order.sync("tea") == client.order.sync("tea") == "for karl: tea"
        assert client.greet.sync("hello") == ["hello karl"]
        assert server.runs == ["karl", "karl"]


def test_a_function_that_only_uses_private_results_runs_each_time(
    shop: tuple[ModuleType, ModuleType],
) -> None:
    """Only its author knows that it does not change anything."""
    server, client = shop
    with user("karl"):
        assert client.buy.sync("tea") == client.buy.sync("tea") == "for karl"
    assert server.runs == ["bought", "bought"]


def test_blocks_nest_and_go_with_the_context(shop: tuple[ModuleType, ModuleType]) -> None:
    """A task has the client of the code that made it; a received function that of whoever received it."""
    _, client = shop

    async def main() -> list[str]:
        with user("karl") as karl:
            theirs = asyncio.create_task(client.greet("hi"))
            with user("rosa"):
                inner = await client.greet("hi")
                add = await client.adder(1)
                with karl:
                    again = await client.greet("hi")
            return [*(await theirs), *inner, *again, *(await client.greet("hi")), await add(1)]

    assert asyncio.run(main()) == ["hi karl", "hi rosa", "hi karl", "hi karl", "rosa: 2"]
    assert client.greet.sync("hi") == ["hi nobody"]


def test_forgetting_asks_again(shop: tuple[ModuleType, ModuleType]) -> None:
    """And a client without memory asks each time."""
    server, client = shop
    with user("karl") as karl:
        client.greet.sync("a")
        karl.forget()
        client.greet.sync("a")
    with Client(headers={"authorization": "rosa"}, keep_bytes=0):
        client.greet.sync("a")
        client.greet.sync("a")
    assert server.runs == ["karl", "karl", "rosa", "rosa"]


def test_while_a_request_is_answered_nothing_is_kept_for_the_next(
    shop: tuple[ModuleType, ModuleType],
) -> None:
    """Who calls a server on behalf of many, and names none of them, has no memory."""
    server, client = shop
    with answering(object()):
        for _ in range(2):
            assert client.greet.sync("a request") == ["a request nobody"]
        with user("karl"):
            for _ in range(2):
                assert client.greet.sync("a") == ["a karl"]
    assert server.runs == ["nobody", "nobody", "karl"]


def test_cookies_are_kept_by_the_user_and_not_by_the_connections() -> None:
    """Two users on the same connections each send back the cookie that they got, and those they began with."""
    sent: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("cookie"))
        headers = {"content-type": "application/cbor", "set-cookie": f"who={request.headers['user']}; Path=/"}
        return httpx.Response(200, headers=headers, content=b"\xa1\x62ok\xf6")

    shared = Connections(lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer), trust_env=False))
    users = [
        Client("http://shop.test", headers={"user": name}, cookies={"theme": "dark"}, connections=shared)
        for name in ("karl", "rosa")
    ]

    async def main() -> None:
        for client in users + users:
            with client:
                await client._transport.call("a" * 40, (), {})

    asyncio.run(main())
    assert sent[:2] == ["theme=dark", "theme=dark"]
    assert [set((cookies or "").split("; ")) for cookies in sent[2:]] == [
        {"theme=dark", "who=karl"},
        {"theme=dark", "who=rosa"},
    ]


def test_a_client_has_its_own_address(shop: tuple[ModuleType, ModuleType]) -> None:
    """Whatever the setting says; one that is none is named when it is needed."""
    _, client = shop
    url = runtime.settings.url
    runtime.configure(url="http://127.0.0.1:9")
    with Client(url):
        assert client.greet.sync("hi") == ["hi nobody"]
    with Client("ftp://shop.test"), pytest.raises(SettingsError, match="must begin with http"):
        client.greet.sync("hi")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://shop.test:99999", "there is no port 99999"),
        ("http://shop.test/app?x=1", "it has a query or a fragment"),
        ("http://shop.test/#app", "it has a query or a fragment"),
        ("http://[::1", "Invalid"),
    ],
)
def test_what_is_no_address_is_named(shop: tuple[ModuleType, ModuleType], url: str, reason: str) -> None:
    """The error says what is wrong with it, and nothing is sent."""
    _, client = shop
    with Client(url), pytest.raises(SettingsError, match=f"DIRECTIVES_URL.*: {reason}"):
        client.greet.sync("hi")


def test_a_client_does_not_show_what_it_sends() -> None:
    """A token in its headers is a secret."""
    assert "token" not in repr(Client("http://shop.test", headers={"authorization": "token"}))


def test_many_threads_of_one_user_share_his_cookies() -> None:
    """While replies go on setting others: nothing is lost, and no thread trips over another."""
    crumbs = iter(range(1_000_000))

    def answer(request: httpx.Request) -> httpx.Response:
        number = next(crumbs)
        headers = {
            "content-type": "application/cbor",
            "set-cookie": f"crumb{number % 50}={number}; Path=/{number % 7}",
        }
        return httpx.Response(200, headers=headers, content=b"\xa1\x62ok\xf6")

    shared = Connections(lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer), trust_env=False))
    client = Client("http://shop.test", cookies={"who": "karl"}, connections=shared)

    async def calls() -> None:
        for _ in range(40):
            await client._transport.call("a" * 40, (), {})

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(asyncio.run, calls()) for _ in range(8)]:
            done.result()
    assert next(crumbs) == 8 * 40


@pytest.mark.slow
def test_a_hundred_sessions_with_many_threads(shop: tuple[ModuleType, ModuleType]) -> None:
    """Of 100 users, each with calls from 32 threads at once, nobody ever gets another's value, kept or fresh."""
    server, client = shop
    sessions, threads = 100, 32
    users = [user(f"user{number}") for number in range(sessions)]
    ready = Barrier(threads)

    def work(seed: int) -> list[str]:
        chance = random.Random(seed)
        wrong: list[str] = []
        ready.wait()
        for number in chance.sample(range(sessions), sessions):
            with users[number]:
                word = chance.choice(("hello", "good day"))
                if chance.random() < 0.03:
                    client.order.sync(word)
                found = client.greet.sync(word)
                wrong += [f"user{number} got {found}"] * (found != [f"{word} user{number}"])
        return wrong

    with ThreadPoolExecutor(threads) as pool:
        assert [wrong for found in pool.map(work, range(threads)) for wrong in found] == []
    assert len(server.runs) < sessions * threads / 2
