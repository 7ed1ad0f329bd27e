"""Instances of users' classes as arguments and results of cached functions."""

from __future__ import annotations

from typing import Any

import pytest

from directives.errors import CacheKeyError
from tests.loading import Load

SHOP = """
    import directives
    import enum
    from dataclasses import dataclass, field
    from typing import Any, NamedTuple
    from markupsafe import Markup
    from pydantic import BaseModel

    runs = []

    class Size(enum.Enum):
        SMALL = 1
        LARGE = 2

    class Weight(enum.IntEnum):
        LIGHT = 1

    class Point(NamedTuple):
        x: Any
        y: Any = 0

    @dataclass
    class Line:
        sku: Any
        size: Size = Size.SMALL

    @dataclass
    class Other:
        sku: Any
        size: Size = Size.SMALL

    class Bill(BaseModel):
        lines: list[Line]
        note: str = ""

    class Money:
        def __init__(self, amount):
            self.amount = amount

    directives.register_type(Money, encode=lambda money: money.amount, decode=Money)

    class Socket: pass

    def f(value):
        'use cache'
        runs.append(value)
        return value

    def local():
        @dataclass
        class Inner:
            x: int
        return Inner(1)
"""


@pytest.fixture
def shop(load: Load) -> Any:
    return load(SHOP)


@pytest.mark.parametrize(
    "expression",
    [
        "Size.LARGE", "Weight.LIGHT", "Point(1)", "Line('a')", "Bill(lines=[Line('a')])", "Money(3)", "Markup('<b>')",
        "[Line(Point(1, Size.SMALL))]", "{Size.LARGE: Line('a')}",
    ],
)  # fmt: skip
def test_an_equal_instance_hits(shop: Any, expression: str) -> None:
    """And the result is one of the same class, the caller's own."""

    def made() -> Any:
        return eval(expression, vars(shop))

    first, second = shop.f(made()), shop.f(made())
    assert len(shop.runs) == 1
    assert type(first) is type(second) is type(made())
    if "Money" not in expression:
        assert first == second == made()


def test_instances_that_differ_never_share_a_key(shop: Any) -> None:
    """By a field, by the class, and where a plain value looks alike."""
    values = [
        shop.Line("a"), shop.Line("b"), shop.Line("a", shop.Size.LARGE), shop.Other("a"), {"sku": "a", "size": shop.Size.SMALL},
        shop.Point(1), shop.Point(1.0), shop.Point(True), (1, 0), [1, 0], shop.Weight.LIGHT, 1, shop.Size.SMALL, "SMALL",
        shop.Money(1), shop.Bill(lines=[]), shop.Bill(lines=[], note="x"), shop.Markup("a"), "a",
    ]  # fmt: skip
    for value in values:
        shop.f(value)
    assert len(shop.runs) == len(values)


def test_a_change_of_a_result_stays_the_callers(shop: Any) -> None:
    """A hit gives an instance of its own."""
    first = shop.f(shop.Line(["a"]))
    first.sku.append("b")
    assert shop.f(shop.Line(["a"])).sku == ["a"]


@pytest.mark.parametrize("expression", ["Socket()", "[Socket()]", "Line(Socket())", "local()"])
def test_other_instances_are_refused(shop: Any, expression: str) -> None:
    """Those of classes that are no values, and of classes that a function makes anew each time."""
    with pytest.raises(CacheKeyError, match="value"):
        shop.f(eval(expression, vars(shop)))
    assert shop.runs == []
