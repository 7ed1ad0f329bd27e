"""Functions that client code may import."""

from __future__ import annotations

'use server'

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Order:
    id: int
    left: int


Size = Literal['small', 'large']


async def place_order(sku: str, quantity: int = 1, *, size: Size = 'small') -> Order:
    """Take items out of the stock."""
    return Order(len(sku), 10 - quantity)


async def follow(order_id: int) -> AsyncIterator[str]:
    """Tell what happens to an order, as it happens."""
    yield f'{order_id} packed'
    yield f'{order_id} sent'
