"""Registered classes: values by what their owner says of them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from directives.errors import DuplicateTypeError
from directives.errors import UnknownTypeError
from directives.wire import trusted
from directives.wire.classes import Types
from tests.wire.user_types import Money
from tests.wire.user_types import Socket


def encode(money: Money) -> list[Any]:
    return [money.amount, money.currency]


def decode(sent: Any) -> Money:
    amount, currency = sent
    return Money(amount, currency)


@pytest.fixture
def types() -> Types:
    made = Types()
    made.register(Money, encode, decode)
    return made


def test_a_registered_class_is_kept(types: Types) -> None:
    """By its owner's functions, at any depth, in place of its shape."""
    value = {"prices": [Money(1, "EUR"), (Money(2, "USD"),)]}
    data = trusted.dumps(value, types=types)
    assert b"amount" not in data
    assert trusted.loads(data, types=types) == value


def test_a_process_that_has_not_registered_it_says_so(types: Types) -> None:
    """The error names the class and what to call."""
    data = trusted.dumps(Money(1, "EUR"), types=types)
    with pytest.raises(UnknownTypeError, match=r"'tests\.wire\.user_types:Money'.*register_type\(\)"):
        trusted.loads(data, types=Types())


def test_a_name_of_its_own_outlives_a_move() -> None:
    """What was kept under a name is read by whichever class has the name."""
    before, after = Types(), Types()
    before.register(Money, encode, decode, "money")
    after.register(Socket, lambda value: None, lambda sent: Socket(), "money")
    assert type(trusted.loads(trusted.dumps(Money(1, "EUR"), types=before), types=after)) is Socket


def test_subclasses_are_other_classes(types: Types) -> None:
    """What a class is registered with says nothing of its subclasses."""

    class Price(Money):
        pass

    assert types.registered(Money) is not None
    assert types.registered(Price) is None


def test_duplicates_are_errors(types: Types) -> None:
    """A second way for one class, a name that is taken, and classes that travel by themselves."""
    with pytest.raises(DuplicateTypeError, match="Money is registered"):
        types.register(Money, lambda money: money.amount, decode)
    with pytest.raises(
        DuplicateTypeError, match=r"Socket cannot be registered as 'tests\.wire\.user_types:Money'"
    ):
        types.register(Socket, lambda value: None, lambda sent: Socket(), "tests.wire.user_types:Money")
    for cls in (int, dict, set, bytearray):
        with pytest.raises(DuplicateTypeError, match="travels by itself"):
            types.register(cls, str, cls)
    with pytest.raises(TypeError, match="takes a class"):
        types.register("Money", encode, decode)  # type: ignore[arg-type]


def test_a_module_that_is_loaded_again_registers_again() -> None:
    """Its new class takes the place of the old one; no error, and nothing is left of the old one."""
    types = Types()
    source = "class Money: pass\ntypes.register(Money, lambda money: 1, lambda sent: Money())"
    made = []
    for _ in range(2):
        module = ModuleType("shop_money")
        vars(module)["types"] = types
        exec(source, vars(module))
        made.append(vars(module)["Money"])
    assert "shop_money" not in sys.modules
    assert types.registered(made[0]) is None
    assert type(trusted.loads(trusted.dumps(made[1](), types=types), types=types)) is made[1]


def test_kind_of_asks_what_is_registered_first(types: Types) -> None:
    """Then the shape; the kind takes apart and puts together."""
    kind = types.kind_of(Money)
    assert kind is not None
    assert kind.build(kind.state(Money(1, "EUR"))) == Money(1, "EUR")
    assert kind.state(Money(1, "EUR")) == [1, "EUR"]
    assert types.kind_of(Socket) is None
    by_shape = Types().kind_of(Money)
    assert by_shape is not None
    assert by_shape.plain(Money(1, "EUR")) == {"amount": 1, "currency": "EUR"}
