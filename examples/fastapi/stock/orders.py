"""What programs of our own can do."""

from __future__ import annotations

"use server"

from collections.abc import AsyncIterator

from fastapi import HTTPException

from stock import shelf
from stock.models import Item
from stock.models import Line

__all__ = ["order", "order_each"]


async def order(line: Line) -> Item:
    """Take something from the shelf; what is left of it."""
    item = shelf.take(line.sku, line.quantity)
    if item is None:
        raise HTTPException(409, f"there are not {line.quantity} of {line.sku}")
    return item


async def order_each(lines: list[Line]) -> AsyncIterator[Item]:
    """The same, one line after the other."""
    for line in lines:
        yield await order(line)
