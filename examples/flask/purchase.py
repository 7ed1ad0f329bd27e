"""A program that calls the shop: `DIRECTIVES_URL=http://127.0.0.1:5000 python -X directives=client purchase.py`."""

from __future__ import annotations

import asyncio

from shop.actions import buy
from shop.actions import stock

from directives.request import Redirect


async def main() -> None:
    print(await stock())
    try:
        print(await buy("assam", grams=50))
    except Redirect as redirect:
        print(f"Sign in first, at {redirect.url}")


asyncio.run(main())
