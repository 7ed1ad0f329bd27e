"""Users' classes as values of server functions: as arguments, as results, captured."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from markupsafe import Markup

import directives
from directives.errors import ArgumentsError
from directives.errors import DuplicateTypeError
from directives.errors import EncodeError
from directives.errors import OutdatedPageError
from directives.functions import Call
from directives.functions import Format
from directives.functions import dispatch
from directives.functions import special_for
from directives.runtime import runtime
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.loading import Load

SHOP = """
    import directives
    import enum
    from dataclasses import dataclass
    from typing import Any, Generic, TypeVar

    class Money:
        def __init__(self, amount, currency):
            self.amount, self.currency = amount, currency
        def __eq__(self, other):
            return vars(self) == vars(other)

    def decode(sent):
        if sent["currency"] == "XXX":
            raise ValueError("no currency of ours")
        return Money(sent["amount"], sent["currency"])

    directives.register_type(Money, encode=vars, decode=decode)

    class Size(enum.Enum):
        LARGE = "l"

    @dataclass
    class Line:
        price: Money
        size: Size = Size.LARGE

    T = TypeVar("T")

    @dataclass
    class Page(Generic[T]):
        items: list[T]

    async def act(price: Money, lines: list[Line] = [], by: dict[str, Money | None] = {}, page: Page[Money] | None = None):
        'use server'
        return price, lines, by, page

    def page(captured):
        async def give(again=captured):
            'use server'
            return captured, again
        return give
"""


@pytest.fixture
def shop(load: Load) -> Any:
    return load(SHOP)


def run(function: Any, *args: Any, form: Format = Format.CBOR, **kwargs: Any) -> Any:
    started = dispatch(runtime.functions, Call(function.id, args, kwargs, function.bound(), form=form))
    assert started.result is not None
    return asyncio.run(started.result)


def test_a_registered_class_arrives_where_an_annotation_asks_for_it(shop: Any) -> None:
    """As a parameter, in containers, dataclasses and generic classes; in each notation."""
    sent = {"amount": 1, "currency": "EUR"}
    money = shop.Money(1, "EUR")
    for form in (Format.CBOR, Format.JSON):
        price, lines, by, page = run(
            shop.act, sent, [{"price": sent}], {"a": sent, "b": None}, {"items": [sent]}, form=form
        )  # fmt: skip
        assert (price, lines, by) == (money, [shop.Line(money)], {"a": money, "b": None})
        assert page.items == [money]


@pytest.mark.parametrize("sent", [None, 1, "EUR", [], {}, {"amount": 1}, {"amount": 1, "currency": "XXX"}])
def test_what_decode_does_not_take_is_named(shop: Any, sent: Any) -> None:
    """A 422 with the path, whatever decode stumbles over."""
    with pytest.raises(ArgumentsError) as error:
        run(shop.act, sent, [{"price": sent}])
    assert [path for path, _ in error.value.problems] == ["price", "lines[0].price"]


def test_a_registered_class_leaves_as_what_encode_makes_of_it(shop: Any) -> None:
    """Anywhere in a result, also in instances of other classes."""
    special = special_for(runtime.functions.types, markup=True)
    value = [shop.Line(shop.Money(1, "EUR"))]
    plain = [{"price": {"amount": 1, "currency": "EUR"}, "size": "l"}]
    assert decode_cbor(encode_cbor(value, special=special), Budget()) == plain


def test_instances_are_captured_exactly(shop: Any, load: Load) -> None:
    """Sealed into the page, and rebuilt as what they were; registered ones by their owner's functions."""
    line = shop.Line(shop.Money(1, "EUR"))
    captured, again = run(shop.page([line, shop.Size.LARGE, Markup("<b>")]))
    assert captured == [line, shop.Size.LARGE, "<b>"]
    assert [type(value) for value in captured] == [shop.Line, shop.Size, Markup]
    assert again == captured


def test_a_worker_that_has_not_met_the_class_yet(shop: Any, load: Load) -> None:
    """A fresh process knows it as soon as the function's module is loaded."""
    give = shop.page(shop.Size.LARGE)
    sealed = give.bound()
    runtime.functions.forget("shop_of_a_test")
    del sys.modules["shop_of_a_test"]
    fresh = load(SHOP)
    started = dispatch(runtime.functions, Call(give.id, bound=sealed))
    assert started.result is not None
    assert asyncio.run(started.result)[0] is fresh.Size.LARGE


def test_a_page_that_holds_a_class_that_is_gone(load: Load) -> None:
    """The page is outdated: the error is the page's, not a failure of the server."""
    source = """
        import enum
        class Size(enum.Enum):
            LARGE = "l"
        def page(captured):
            async def give():
                'use server'
                return captured
            return give
    """
    module = load(source)
    give = module.page(module.Size.LARGE)
    sealed = give.bound()
    load(source.replace("Size", "Extent"))
    with pytest.raises(OutdatedPageError, match="'shop_of_a_test:Size'"):
        dispatch(runtime.functions, Call(give.id, bound=sealed))


def test_a_class_that_cannot_be_captured_is_named(shop: Any) -> None:
    """When the function is handed out."""

    class Socket:
        pass

    with pytest.raises(EncodeError, match=r"captured\[0\]: .*Socket cannot travel"):
        shop.page([Socket()]).bound()


def test_markup_is_a_result_and_no_argument() -> None:
    """Whatever has ``__html__`` leaves as its markup, and comes back as markup where one is wanted."""

    class Element:
        def __html__(self) -> str:
            return "<b>&amp;</b>"

    result = special_for(runtime.functions.types, markup=True)
    argument = special_for(runtime.functions.types, markup=False)
    for value in (Element(), Markup("<b>&amp;</b>")):
        back = decode_cbor(encode_cbor([value], special=result), Budget(), markup=Markup)[0]
        assert (type(back), back) == (Markup, "<b>&amp;</b>")
        assert encode_json(value, special=result) == b'{"$":["markup","<b>&amp;</b>"]}'
        with pytest.raises(EncodeError, match=r"^args\[0\]: \S+ is no argument, because it is markup"):
            encode_cbor({"args": [value]}, special=argument)


def test_a_class_is_registered_once(shop: Any) -> None:
    """A second way for it is an error."""
    with pytest.raises(DuplicateTypeError, match="shop_of_a_test:Money is registered"):
        directives.register_type(shop.Money, encode=str, decode=shop.decode)
