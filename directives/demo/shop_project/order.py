"""An ordinary script that imports the shop's actions and calls them in the server's process.

DIRECTIVES_URL=http://127.0.0.1:8000 python -X directives=client order.py
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from shop.actions import place_order
from shop.actions import stock


async def main() -> None:
    before = await stock()
    order = await place_order(2, quantity=3, customer="a script")
    after = await stock()
    print(
        json.dumps(
            {
                "process": os.getpid(),
                "has_database": "sqlite3" in sys.modules,
                "before": before["Darjeeling, 100 g"],
                "order": order,
                "after": after["Darjeeling, 100 g"],
            }
        )
    )


asyncio.run(main())
