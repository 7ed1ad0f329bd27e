"""Instances of users' classes: plain over the network, exact in what we keep ourselves."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from dataclasses import make_dataclass
from types import ModuleType
from typing import Any
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from markupsafe import Markup
from pydantic import BaseModel
from pydantic import create_model

from directives.errors import DecodeError
from directives.errors import EncodeError
from directives.errors import UnknownTypeError
from directives.wire import trusted
from directives.wire.budget import Budget
from directives.wire.kinds import kind_of
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.wire import user_types
from tests.wire.user_types import Basket
from tests.wire.user_types import Card
from tests.wire.user_types import Handle
from tests.wire.user_types import Level
from tests.wire.user_types import Person
from tests.wire.user_types import Point
from tests.wire.user_types import Right
from tests.wire.user_types import Socket
from tests.wire.user_types import Suit
from tests.wire.user_types import Tone

CARDS = st.recursive(
    st.builds(Card, st.sampled_from(Suit)), lambda inner: st.builds(Card, st.sampled_from(Suit), inner)
)
LEAVES = st.one_of(
    st.sampled_from([*Suit, Level.LOW, Tone.LOUD, Right.READ, Right.READ | Right.WRITE, Right(0)]),
    CARDS,
    st.text("ab").map(Markup),
    st.builds(Person, name=st.text("ab"), card=st.none() | CARDS, secret=st.text("ab")),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(Suit), inner, max_size=3),
        st.builds(Point, st.integers(), inner),
        st.builds(Basket, st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)
ON_THE_WIRE = [
    (Suit.HEARTS, "h"),
    (Suit.SPADES, ("s", 1)),
    (Level.LOW, 1),
    (Tone.LOUD, "loud"),
    (Right.READ | Right.WRITE, 3),
    (Point(1, Point(2)), (1, (2, 0))),
    (Card(Suit.HEARTS, Card(Suit.HEARTS)), {"suit": "h", "next": {"suit": "h", "next": None}}),
    (Basket([Tone.LOUD]), {"items": ["loud"], "total": 1}),
    (Person(name="Ada", secret="x"), {"name": "Ada", "card": None, "initial": "A"}),
    ({Suit.HEARTS: [Basket.Line("a")]}, {"h": [("a",)]}),
]


def exact(value: Any) -> Any:
    """A value with the types of all its parts spelled out."""
    kind = type(value)
    if kind in (list, Point):
        return kind, [exact(item) for item in value]
    if kind is dict:
        return kind, [(exact(key), exact(item)) for key, item in value.items()]
    if kind in (Basket, Person):
        extra = value.model_fields_set if kind is Person else None
        return kind, exact(vars(value)), extra
    return kind, value


@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_what_is_kept_comes_back_exactly(value: Any) -> None:
    """The same classes, fields, attributes, members and sets of given fields."""
    assert exact(trusted.loads(trusted.dumps(value))) == exact(value)


@settings(max_examples=30, deadline=None)
@given(value=VALUES)
def test_two_notations_say_the_same(value: Any) -> None:
    """What goes over the network is one value, whichever notation it has."""

    def text(part: Any) -> Any:
        return ("markup", str(part)) if type(part) is Markup else None

    cbor, json = encode_cbor(value, special=text), encode_json(value, special=text)
    assert decode_cbor(cbor, Budget(), markup=str) == decode_json(json, Budget(), markup=str)


@pytest.mark.parametrize(("value", "plain"), ON_THE_WIRE, ids=lambda value: repr(value)[:30])
def test_on_the_network_they_are_plain(value: Any, plain: Any) -> None:
    """Maps of fields, tuples, the values of members; what a model leaves out stays behind."""
    assert decode_cbor(encode_cbor([value]), Budget()) == [plain]
    assert decode_json(encode_json([value]), Budget()) == [plain]


def test_a_model_is_kept_whole() -> None:
    """Private attributes, extra fields and which fields were given; its validators do not run again."""

    person = Person.model_construct(name=3, secret="s", _fields_set={"name"})
    person._visits = 7
    back = trusted.loads(trusted.dumps(person))
    assert (back, back._visits, back.model_fields_set) == (person, 7, {"name"})


def test_a_cached_property_is_computed_again() -> None:
    """It is no part of a value: two that differ in it alone are kept alike."""
    looked_at, fresh = Basket([1]), Basket([1])
    assert looked_at.doubled == 2
    assert trusted.dumps(looked_at) == trusted.dumps(fresh)
    assert "doubled" not in vars(trusted.loads(trusted.dumps(looked_at)))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Card(Suit.HEARTS, Socket()), r"^args\[0\]\.a\.next: Socket cannot travel$"),  # type: ignore[arg-type]
        (Point(1, [2, Socket()]), r"^args\[0\]\.a\[1\]\[1\]: Socket cannot travel$"),
        (Person.model_construct(name=[print]), r"^args\[0\]\.a\.name\[0\]: builtin_function_or_method cannot travel$"),
        (Basket([Basket]), r"^args\[0\]\.a\.items\[0\]: type cannot travel$"),
        (Markup("<b>"), r"^args\[0\]\.a: Markup is no argument, because it is markup"),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_what_is_wrong_inside_is_named(value: Any, message: str) -> None:
    """The path goes through fields and items to the part that cannot travel."""
    for encode in (encode_cbor, encode_json):
        with pytest.raises(EncodeError, match=message):
            encode({"args": [{"a": value}]})


def test_what_cannot_be_kept_is_named() -> None:
    """An attribute that is no field counts: without it the value would be another one."""
    basket = Basket([])
    basket.seen = Socket()  # type: ignore[assignment]
    with pytest.raises(EncodeError, match=r"seen: Socket cannot travel$"):
        trusted.dumps([basket])
    assert encode_json(basket) == b'{"items":[],"total":0}'


def test_a_circle_of_instances_ends() -> None:
    """An instance that holds itself is refused."""
    basket = Basket([])
    basket.items.append(basket)
    person = Person.model_construct(name=None)
    vars(person)["card"] = person
    for value in (basket, person):
        for write in (encode_cbor, encode_json, trusted.dumps):
            with pytest.raises(EncodeError):
                write(value)


def test_every_part_of_an_instance_is_looked_at() -> None:
    """The instance itself and what it holds, also what a model gives copies of; not what stays behind."""
    seen: list[Any] = []
    card = Card(Suit.HEARTS)
    encode_cbor([Person(name="Ada", card=card, secret="hidden"), Point(5)], look=seen.append)
    assert any(part is card for part in seen)
    assert {"Ada", 5} <= {part for part in seen if type(part) in (str, int)}
    assert "hidden" not in [part for part in seen if type(part) is str]


class Local(NamedTuple):
    x: int


def local_class() -> Any:
    @dataclass
    class Inner:
        x: int

    return Inner(1)


@pytest.mark.parametrize(
    "value", [local_class(), make_dataclass("Lost", ["x"])(1), create_model("Lost", x=(int, 1))()]
)
def test_a_class_that_another_process_would_not_find(value: Any) -> None:
    """It is refused when it is kept, not when it is wanted."""
    with pytest.raises(EncodeError, match="its class has to stand in a module"):
        trusted.dumps({"v": value})
    assert encode_json(value) == b'{"x":1}'


def test_a_class_that_goes_by_a_name_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name stands for one class: an older one of the same name is refused."""
    old = Point(1)
    monkeypatch.setattr(user_types, "Point", Local)
    with pytest.raises(EncodeError, match="under its own name"):
        trusted.dumps(old)


def test_bytes_never_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class in a module that is not loaded is unknown, and the error names it."""
    data = trusted.dumps(Card(Suit.HEARTS))
    monkeypatch.delitem(sys.modules, user_types.__name__)
    with pytest.raises(UnknownTypeError, match=r"'tests\.wire\.user_types:Suit'"):
        trusted.loads(data)
    assert user_types.__name__ not in sys.modules


@pytest.mark.parametrize(
    "name",
    [
        "os:system", "os:_wrap_close", "builtins:eval", "builtins:dict", "directives.runtime:Runtime", "subprocess:Popen",
        "tests.wire.user_types:Socket", "tests.wire.user_types:Handle", "tests.wire.user_types:Card.__class__",
        "tests.wire.user_types:Card.suit", "tests.wire.user_types:pytest", "tests.wire.test_kinds:Card", "", ":", "no such",
        "tests.wire.user_types:", "tests.wire.user_types:Basket.items",
    ],
)  # fmt: skip
def test_a_name_in_a_tampered_store_gets_no_further(name: str) -> None:
    """A name is a key of a table of classes that are values by their shape: nothing else is found by it."""
    data = trusted.dumps(Card(Suit.HEARTS))
    marker = b"tests.wire.user_types:Card"
    head = bytes([0x60 + len(marker)]) if len(marker) < 24 else bytes([0x78, len(marker)])
    written = name.encode()
    new_head = bytes([0x60 + len(written)]) if len(written) < 24 else bytes([0x78, len(written)])
    tampered = data.replace(head + marker, new_head + written)
    assert tampered != data
    with pytest.raises(UnknownTypeError):
        trusted.loads(tampered)


def test_no_constructor_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Putting together sets what was kept."""
    data = trusted.dumps([Basket([1]), Person(name="Ada")])

    def explode(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("ran")

    monkeypatch.setattr(Basket, "__init__", explode)
    monkeypatch.setattr(Basket, "__post_init__", explode)
    monkeypatch.setattr(Person, "__init__", explode)
    assert [type(value) for value in trusted.loads(data)] == [Basket, Person]


def module_with(source: str) -> ModuleType:
    module = sys.modules["shop_models"] = ModuleType("shop_models")
    exec(source, vars(module))
    return module


@pytest.mark.parametrize(
    ("before", "after", "survives"),
    [
        ("class A:\n x: int", "class A:\n x: int\n y: int = 2", True),
        ("class A:\n x: int\n y: int = 3", "class A:\n x: int", True),
        ("class A:\n x: int", "class A:\n x: int\n y: list = field(default_factory=list)", True),
        ("class A:\n x: int", "class A:\n x: int\n y: int", False),
    ],
)
def test_a_dataclass_that_has_changed(before: str, after: str, survives: bool) -> None:
    """New fields get their defaults, and a field without one is an error that names it."""
    head = "from dataclasses import dataclass, field\n@dataclass\n"
    try:
        data = trusted.dumps(module_with(head + before).A(1))
        changed = module_with(head + after)
        if survives:
            back = trusted.loads(data)
            assert type(back) is changed.A
            assert back.x == 1
            assert repr(back)
        else:
            with pytest.raises(DecodeError, match="'y'"):
                trusted.loads(data)
    finally:
        del sys.modules["shop_models"]


def test_a_model_a_tuple_and_an_enum_that_have_changed() -> None:
    """Each says what is missing."""
    sources = {
        "from pydantic import BaseModel\nclass A(BaseModel):\n x: int = 1": "from pydantic import BaseModel\nclass A(BaseModel):\n x: int\n y: int",
        "from collections import namedtuple\nA = namedtuple('A', ['x'], defaults=[1])": "from collections import namedtuple\nA = namedtuple('A', ['x', 'y'])",
    }
    try:
        for before, after in sources.items():
            data = trusted.dumps(module_with(before).A())
            module_with(after)
            with pytest.raises(DecodeError, match="another version of its class"):
                trusted.loads(data)
    finally:
        del sys.modules["shop_models"]


def test_which_classes_have_a_kind() -> None:
    """Told by the class alone; instances of other classes are no values."""
    assert all(
        kind_of(cls) is not None for cls in (Suit, Level, Tone, Right, Point, Card, Basket, Person, Markup)
    )
    assert all(kind_of(cls) is None for cls in (Socket, int, tuple, dict, BaseException, object, type))


def test_a_class_with_a_destructor_is_not_kept() -> None:
    """Its code would run for bytes that were read."""
    with pytest.raises(EncodeError, match="__del__"):
        trusted.dumps(Handle(1))


class Empty(BaseModel):
    model_config = {"extra": "allow"}


def test_extra_fields_of_a_model() -> None:
    """They travel and are kept."""
    value = Empty(a=1)  # type: ignore[call-arg]
    assert encode_json(value) == b'{"a":1}'
    assert trusted.loads(trusted.dumps(value)) == value
