"""A program that orders: run with ``-X directives=client`` it has the server's functions, and none of its code."""

from __future__ import annotations

import asyncio

from stock.models import Line
from stock.orders import order
from stock.orders import order_each

from directives.errors import RemoteError


async def main() -> None:
    print(await order(Line(sku="s1", quantity=2)))
    async for item in order_each([Line(sku="s1", quantity=1), Line(sku="a1", quantity=1)]):
        print(item)
    try:
        await order(Line(sku="a1", quantity=99))
    except RemoteError as error:
        print(f"{error.type}: {error}")


asyncio.run(main())
