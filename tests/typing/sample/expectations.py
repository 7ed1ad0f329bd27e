"""What a type checker must know of the functions above: each line is checked, none is run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Generator
from collections.abc import Iterator
from typing import Protocol
from typing import assert_type

from directives import ServerFunction
from directives import configure
from directives import enable
from directives import register_type
from directives.access import requires
from directives.asgi import DirectivesMiddleware as AsgiMiddleware
from directives.cache import CacheHandler
from directives.cache import cache_life
from directives.cache import cache_tag
from directives.cache import revalidate_path
from directives.cache import revalidate_tag
from directives.cache import update_tag
from directives.cache import warm
from directives.cache.handlers.memory import MemoryHandler
from directives.client import Client
from directives.client import idempotent
from directives.client import sync
from directives.deadlines import deadline
from directives.deadlines import remaining
from directives.errors import DeadlineExceeded
from directives.errors import DirectivesError
from directives.errors import ExpectedError
from directives.errors import RemoteError
from directives.integrations.flask import Directives
from directives.request import connection
from directives.request import cookies
from directives.request import headers
from directives.request import redirect
from directives.request import search_params
from directives.taint import taint_object
from directives.taint import taint_value
from directives.testing import check_handler
from directives.wsgi import DirectivesMiddleware as WsgiMiddleware
from flask import Flask

from shop.actions import Order
from shop.actions import Size
from shop.actions import cancel
from shop.actions import follow
from shop.actions import opening_hours
from shop.actions import pay as pay_money
from shop.actions import place_order
from shop.actions import review
from shop.catalog import changes
from shop.catalog import history
from shop.catalog import price
from shop.catalog import stock
from shop.money import Money
from shop.money import balance
from shop.money import current_name
from shop.money import from_cents
from shop.pages import badge
from shop.pages import product
from shop.prompt import Till
from shop.prompt import doubled
from shop.prompt import fresh
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
    assert_type(changes(7), AsyncIterator[int])
    assert_type(await pay_money(Money(5)), Money)
    assert_type(current_name(default='nobody'), str)
    assert_type(await balance('karl'), Money)
    assert_type(product('tea'), str)
    assert_type(badge('tea'), str)
    assert_type(await buy_button('tea'), str)


async def decorators_keep_signatures() -> None:
    assert_type(doubled(1, times=2), list[int])
    assert_type(await rate('eur'), float)
    assert_type(fresh(1), str)
    assert_type(Till().total((1, 2)), int)
    assert_type(await pay(100, note='tea'), bool)
    assert_type(receipts('karl'), AsyncIterator[str])
    assert_type(pay.id, str)


def waits_where_nothing_can_be_awaited() -> None:
    assert_type(pay.sync(100, note='tea'), bool)
    assert_type(receipts.sync('karl'), Generator[str, None, None])
    assert_type(sync(place_order)('tea', 2, size='large'), Order)
    assert_type(sync(follow)(1), Generator[str, None, None])
    with Client('https://shop.example', headers={'authorization': 'token'}) as client, idempotent():
        assert_type(client, Client)
    pay.sync('tea')  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync(place_order)()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync(stock)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]


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
    current_name(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await pay_money(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await review('photo.png')  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]
    register_type(Money, encode=balance, decode=from_cents)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    cache_life(revalidate='a minute')  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    update_tag(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await price()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def knows_the_package() -> None:
    assert_type(enable(), None)
    assert_type(configure(debug=True), None)
    assert_type(OutOfStock('tea', left=1).left, int)
    assert_type(taint_object('not for clients', Order(1, 2)), None)
    assert_type(taint_value('not for clients', Order(1, 2), 'a long enough token'), None)


def knows_the_cache() -> None:
    assert_type(cache_life('hours'), None)
    assert_type(cache_life(stale=30, revalidate=60, expire=3600), None)
    assert_type(cache_tag('stock', 'teas'), None)
    assert_type(update_tag('stock'), None)
    assert_type(revalidate_tag('stock', 'max'), None)
    assert_type(revalidate_tag('stock', expire=0), None)
    assert_type(revalidate_path('/blog'), None)
    assert_type(warm(stock, 'tea', page=2), None)
    warm(stock, 'tea', 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    handler: CacheHandler = MemoryHandler(1_000_000)
    assert_type(check_handler(lambda: handler), None)


def knows_the_request() -> None:
    assert_type(connection(), None)
    assert_type(cookies().get('user'), str | None)
    assert_type(headers().get('X-User'), str | None)
    assert_type(search_params().getlist('page', type=int), list[int])
    redirect('/elsewhere')


def knows_the_adapters(app: Flask) -> None:
    Directives(app)
    app.wsgi_app = WsgiMiddleware(app.wsgi_app)  # type: ignore[method-assign]
    AsgiMiddleware(AsgiMiddleware(app))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    order: ServerFunction[[str], Order] = place_order  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    assert_type(order.id, str)


async def knows_failures() -> None:
    try:
        with deadline(2.5):
            await place_order('tea')
    except DeadlineExceeded as error:
        late: tuple[TimeoutError, RemoteError, DirectivesError] = error, error, error
        assert_type(late[1].kind, str)
        assert_type(late[1].digest, str | None)
    assert_type(remaining(), float | None)
