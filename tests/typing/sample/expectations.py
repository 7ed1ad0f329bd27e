"""What a type checker must know of the functions above: each line is checked, none is run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Iterator
from typing import Protocol
from typing import assert_type

from directives import configure
from directives import enable
from directives.access import requires
from directives.errors import ExpectedError
from directives.taint import taint_object
from directives.taint import taint_value

from shop.actions import Order
from shop.actions import Size
from shop.actions import cancel
from shop.actions import follow
from shop.actions import opening_hours
from shop.actions import place_order
from shop.catalog import history
from shop.catalog import price
from shop.catalog import stock
from shop.pages import badge
from shop.pages import product
from shop.prompt import Till
from shop.prompt import doubled
from shop.prompt import pay
from shop.prompt import rate
from shop.prompt import receipts
from shop.widgets import buy_button


class OutOfStock(ExpectedError, status=409):
    sku: str
    left: int = 0


class PlacesOrders(Protocol):
    async def __call__(self, sku: str, quantity: int = 1, *, size: Size = 'small') -> Order: ...


async def keeps_signatures() -> None:
    keeps_names_and_defaults: PlacesOrders = place_order
    assert_type(await keeps_names_and_defaults('tea'), Order)
    assert_type(await place_order('tea', 2, size='large'), Order)
    assert_type(follow(1), AsyncIterator[str])
    assert_type(await cancel(1, reason='late', user='karl'), bool)
    assert_type(await opening_hours(), tuple[int, int])
    assert_type(stock('tea', page=2), list[dict[str, int]])
    assert_type(await price('tea'), float)
    assert_type(history(7), Iterator[str])
    assert_type(product('tea'), str)
    assert_type(badge('tea'), str)
    assert_type(await buy_button('tea'), str)


async def decorators_keep_signatures() -> None:
    assert_type(doubled(1, times=2), list[int])
    assert_type(await rate('eur'), float)
    assert_type(Till().total((1, 2)), int)
    assert_type(await pay(100, note='tea'), bool)
    assert_type(receipts('karl'), AsyncIterator[str])
    assert_type(pay.id, str)


async def finds_mistakes() -> None:
    doubled(1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await rate(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await pay('tea')  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await cancel(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    requires(lambda request: True)  # type: ignore[arg-type, misc]  # pyright: ignore[reportArgumentType]
    await place_order(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await place_order('tea', size='huge')  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    stock('tea', 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    OutOfStock(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    OutOfStock('tea', 1, 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await price()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def knows_the_package() -> None:
    assert_type(enable(), None)
    assert_type(configure(debug=True), None)
    assert_type(OutOfStock('tea', left=1).left, int)
    assert_type(taint_object('not for clients', Order(1, 2)), None)
    assert_type(taint_value('not for clients', Order(1, 2), 'a long enough token'), None)
