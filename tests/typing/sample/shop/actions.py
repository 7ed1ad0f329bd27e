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
from directives.cache import client_may_keep
from directives.cache import revalidate_path
from directives.cache import revalidate_tag
from directives.cache import update_tag
from directives.forms import FormData
from directives.forms import Upload

from shop.money import Money
from shop.users import current_user
from shop.users import signed_in


@dataclass(frozen=True)
class Order:
    id: int
    left: int


Size = Literal['small', 'large']


async def place_order(sku: str, quantity: int = 1, *, size: Size = 'small') -> Order:
    """Take items out of the stock."""
    update_tag('stock', f'stock of {sku}')
    revalidate_tag('rates', 'hours')
    revalidate_path('/orders')
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
@client_may_keep
async def opening_hours() -> tuple[int, int]:
    """When the shop is open."""
    return 9, 18


async def pay(amount: Money) -> Money:
    """Pay some of it; returns what is left."""
    return Money(amount.cents - 1)


async def review(photo: Upload, form: FormData) -> int:
    """Take a review with a photo; returns how many files came with it."""
    return len(form) + bool(photo.filename)
