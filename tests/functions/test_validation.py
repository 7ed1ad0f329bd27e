"""Arguments against annotations: types come from the function, never from the message."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import sys
import uuid
from typing import Any

import pytest

from directives.errors import AnnotationError
from directives.errors import ArgumentsError
from directives.functions import Call
from directives.functions import Format
from directives.functions import dispatch
from directives.runtime import runtime
from tests.loading import Load

SHOP = """
    import datetime, decimal, enum, uuid
    from dataclasses import dataclass
    from typing import Annotated, Any, Literal
    from typing_extensions import TypedDict
    from annotated_types import Ge, Len
    from pydantic import BaseModel

    class Size(enum.Enum):
        SMALL = "s"
        LARGE = "l"

    @dataclass
    class Line:
        sku: str
        count: int = 1

    class Address(TypedDict):
        street: str

    class Customer(BaseModel):
        name: str
        age: int

    async def order(
        lines: list[Line],
        size: Size = Size.SMALL,
        *,
        to: "Address | None" = None,
        by: Customer | None = None,
        way: Literal["post", "bike"] = "bike",
        tip: Annotated[decimal.Decimal, Ge(0)] = decimal.Decimal(0),
        when: datetime.datetime | None = None,
        key: uuid.UUID | None = None,
        note=None,
    ) -> Any:
        'use server'
        return lines, size, to, by, way, tip, when, key, note

    async def add(a: int, b: float, c: bool = False, d: str = "", e: bytes = b""):
        'use server'
        return a, b, c, d, e
"""


def run(function: Any, *args: Any, form: Format = Format.CBOR, **kwargs: Any) -> Any:
    started = dispatch(runtime.functions, Call(function.id, args, kwargs, function.bound(), form=form))
    assert started.result is not None
    return asyncio.run(started.result)


def refused(function: Any, *args: Any, form: Format = Format.CBOR, **kwargs: Any) -> dict[str, str]:
    with pytest.raises(ArgumentsError) as error:
        dispatch(runtime.functions, Call(function.id, args, kwargs, function.bound(), form=form))
    return dict(error.value.problems)


def test_values_become_what_the_annotations_say(load: Load) -> None:
    """Dataclasses, enums, typed dicts, models and constrained values, at any depth."""
    shop = load(SHOP)
    moment = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    key = uuid.uuid4()
    lines, size, to, by, way, tip, when, got, note = run(
        shop.order,
        [{"sku": "a"}, {"sku": "b", "count": 2}],
        "l",
        to={"street": "Main"},
        by={"name": "Ada", "age": 36},
        way="post",
        tip=decimal.Decimal("1.5"),
        when=moment,
        key=key,
        note={"any": [1]},
    )
    assert lines == [shop.Line("a"), shop.Line("b", 2)]
    assert size is shop.Size.LARGE
    assert (to, way, tip, when, got, note) == (
        {"street": "Main"}, "post", decimal.Decimal("1.5"), moment, key, {"any": [1]},
    )  # fmt: skip
    assert by == shop.Customer(name="Ada", age=36)


def test_defaults_stay_the_functions_own(load: Load) -> None:
    """What was not sent is not touched."""
    shop = load(SHOP)
    assert run(shop.order, []) == (
        [],
        shop.Size.SMALL,
        None,
        None,
        "bike",
        decimal.Decimal(0),
        None,
        None,
        None,
    )


def test_every_problem_is_named_with_its_path(load: Load) -> None:
    """All at once; and never with the value that was sent."""
    shop = load(SHOP)
    found = refused(
        shop.order,
        [{"sku": 1}, {"sku": "secret-value", "count": "many"}],
        "xl",
        "one too many",
        to={},
        way="secret-way",
        tip=decimal.Decimal(-1),
        nothing=1,
    )
    assert found.keys() == {
        "lines[0].sku", "lines[1].count", "size", "args[2]", "to.street", "way", "tip", "nothing",
    }  # fmt: skip
    assert found["nothing"] == "the function has no such parameter"
    assert "secret" not in str(found)
    assert refused(shop.order) == {"lines": "required, but not given"}


@pytest.mark.parametrize(
    ("args", "path"),
    [
        (("1", 2.0), "a"),
        ((1.0, 2.0), "a"),
        ((True, 2.0), "a"),
        ((1, "2"), "b"),
        ((1, 2.0, 1), "c"),
        ((1, 2.0, False, b"x"), "d"),
        ((1, 2.0, False, "", "x"), "e"),
    ],
)
def test_programs_are_taken_at_their_word(load: Load, args: tuple[Any, ...], path: str) -> None:
    """CBOR and JSON say a number when they mean one: nothing is converted."""
    shop = load(SHOP)
    assert refused(shop.add, *args).keys() == {path}
    assert refused(shop.add, *args, form=Format.JSON).keys() == {path}
    assert run(shop.add, 1, 2) == (1, 2.0, False, "", b"")


def test_json_says_dates_in_words(load: Load) -> None:
    """What JSON cannot say is taken from its usual text; CBOR has a notation of its own for it."""
    shop = load(SHOP)
    sent: dict[str, Any] = {
        "when": "2026-01-02T00:00:00Z",
        "key": "12345678123456781234567812345678",
        "tip": "1.50",
    }
    result = run(shop.order, [], form=Format.JSON, **sent)
    assert result[5:8] == (
        decimal.Decimal("1.50"), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), uuid.UUID(sent["key"]),
    )  # fmt: skip
    assert refused(shop.order, [], form=Format.CBOR, **sent).keys() == sent.keys()


def test_unannotated_parameters_take_any_value(load: Load) -> None:
    """And a function without annotations needs no validation at all."""
    module = load("""
        async def plain(a, *rest, b=1):
            'use server'
            return a, rest, b
        async def half(a, b: int):
            'use server'
            return a, b
    """)
    assert run(module.plain, {1: "x"}, None, b=[]) == ({1: "x"}, (None,), [])
    assert run(module.half, None, 1) == (None, 1)
    assert refused(module.half, None, "1").keys() == {"b"}


def test_parameters_of_every_kind(load: Load) -> None:
    """Positional-only, rest and keyword-only ones are bound as CPython binds them, and validated."""
    act = load("""
        async def act(a: int, /, b: int = 2, *rest: int, c: int = 3, **extra: str):
            'use server'
            return a, b, rest, c, extra
    """).act
    assert run(act, 1) == (1, 2, (), 3, {})
    assert run(act, 1, b=5, c=6, z="z") == (1, 5, (), 6, {"z": "z"})
    assert run(act, 1, 2, 3, 4) == (1, 2, (3, 4), 3, {})
    assert refused(act, 1, 2, "3", z=4).keys() == {"args[2]", "z"}


def test_annotations_as_text(load: Load) -> None:
    """With ``from __future__ import annotations``, and types defined below the function."""
    act = load("""
        from __future__ import annotations
        from dataclasses import dataclass
        async def act(item: Item, items: list["Item"]):
            'use server'
            return item, items
        @dataclass
        class Item:
            n: int
    """).act
    item, items = run(act, {"n": 1}, [{"n": 2}])
    assert (item.n, items[0].n) == (1, 2)


def test_nested_functions_are_validated_too(load: Load) -> None:
    """By the names of their module."""
    act = load("""
        def page(x):
            async def act(n: int):
                'use server'
                return x * n
            return act
    """).page(3)
    assert run(act, 2) == 6
    assert refused(act, "2").keys() == {"n"}


def test_user_decorators_do_not_hide_the_annotations(load: Load) -> None:
    """The function as written is what callers have to fit."""
    act = load("""
        def careless(function):
            async def wrapper(*args):
                return await function(*args)
            return wrapper
        @careless
        async def act(n: int):
            'use server'
            return n
    """).act
    assert refused(act, "1").keys() == {"n"}


def test_an_annotation_that_cannot_be_checked_says_so(load: Load) -> None:
    """The error names function, parameter and reason; it is the server's fault, not the caller's."""
    act = load("""
        async def act(n: "NoSuchType"):
            'use server'
    """).act
    with pytest.raises(
        AnnotationError, match=r"^annotation 'NoSuchType' of parameter 'n' of shop_of_a_test\.act"
    ):
        dispatch(runtime.functions, Call(act.id, (1,)))


def test_instances_of_other_classes_never_come_over_the_wire(load: Load) -> None:
    """A class that is no value is refused for whatever was sent."""
    act = load("""
        class Connection: pass
        async def act(c: Connection):
            'use server'
    """).act
    assert refused(act, {"c": 1}).keys() == {"c"}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are syntax of 3.12")
def test_type_parameters_take_what_their_bound_allows(load: Load) -> None:
    """PEP 695."""
    act = load("""
        async def act[T: int](n: list[T]) -> T:
            'use server'
            return n[0]
    """).act
    assert run(act, [1]) == 1
    assert refused(act, ["1"]).keys() == {"n[0]"}
