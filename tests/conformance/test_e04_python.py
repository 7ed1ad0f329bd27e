"""E04: what a Python program in another process has of a server function."""

from __future__ import annotations

import asyncio
import inspect

from tests.client.serving import served
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = '''
    'use server'
    STOCK = {"assam": 3}

    async def order(tea: str, quantity: int = 1) -> dict[str, int]:
        """Take tea out of the stock."""
        STOCK[tea] -= quantity
        return {"left": STOCK[tea]}

    async def teas():
        for tea in STOCK:
            yield tea
'''


def test_e04_python_calls_a_server_function_by_its_stub(load: Load) -> None:
    """The same name, signature and words; awaited or not; a stream item by item."""
    with served(load, SHOP) as (server, client):
        assert str(inspect.signature(client.order)) == "(tea: str, quantity: int = ...) -> dict[str, int]"
        assert inspect.getdoc(client.order) == inspect.getdoc(server.order)
        assert not hasattr(client, "STOCK")

        async def main() -> tuple[dict[str, int], list[str]]:
            return await client.order("assam", quantity=2), [tea async for tea in client.teas()]

        assert asyncio.run(main()) == ({"left": 1}, ["assam"])
        assert (client.order.sync("assam"), list(client.teas.sync())) == ({"left": 0}, ["assam"])
        assert server.STOCK == {"assam": 0}
