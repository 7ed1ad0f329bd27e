"""Functions that client code may import."""

from __future__ import annotations

'use server'

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from typing import Literal

from directives.access import Injected
from directives.access import public
from directives.access import requires

from shop.users import current_user
from shop.users import signed_in


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


@requires(signed_in)
@requires(lambda request, arguments: len(arguments['reason']) < 100)
async def cancel(order_id: int, *, reason: str = '', user: Annotated[str, Injected(current_user)]) -> bool:
    """Cancel an order."""
    return len(user) > order_id


@public
async def opening_hours() -> tuple[int, int]:
    """When the shop is open."""
    return 9, 18
