"""HTTP connections and the event loops they belong to."""

from __future__ import annotations

import asyncio
import gc

import httpx
import pytest

from directives.client.connections import Connections


class Client(httpx.AsyncClient):
    """A client that reaches no network."""

    def __init__(self) -> None:
        super().__init__(transport=httpx.MockTransport(lambda request: httpx.Response(200)), trust_env=False)


def test_a_loop_has_one_client_which_closes_with_it() -> None:
    """Within a loop all calls share connections; when asyncio.run ends they are closed, and no sooner."""
    connections = Connections(Client)

    async def use() -> httpx.AsyncClient:
        first, second = await asyncio.gather(connections.client(), connections.client())
        assert first is second is await connections.client()
        assert not first.is_closed
        return first

    one, two = asyncio.run(use()), asyncio.run(use())
    assert one is not two
    assert one.is_closed
    assert two.is_closed


def test_a_failing_program_closes_its_client_too() -> None:
    """An exception that ends the loop does not leave connections open."""
    connections = Connections(Client)
    opened: list[httpx.AsyncClient] = []

    async def fail() -> None:
        opened.append(await connections.client())
        raise ValueError("the program is wrong")

    with pytest.raises(ValueError, match="the program is wrong"):
        asyncio.run(fail())
    assert opened[0].is_closed


def test_a_loop_closed_without_a_shutdown_is_not_kept_alive() -> None:
    """The next loop forgets the clients of loops that are closed."""
    import weakref

    connections = Connections(Client)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(connections.client())
    loop.close()
    gone = weakref.ref(loop)
    del loop
    asyncio.run(connections.client())
    gc.collect()
    assert gone() is None
