"""Forms as arguments: fields by the names of parameters, texts as the annotations want them."""

from __future__ import annotations

import asyncio
import datetime
import io
import time
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from directives.errors import ArgumentsError
from directives.forms import FormData
from directives.functions import Call
from directives.functions import Format
from directives.functions import dispatch
from directives.runtime import runtime
from tests.loading import Load

SHOP = """
    import datetime, enum
    from dataclasses import dataclass, field
    from typing import Any, Literal, NamedTuple, Optional
    from typing_extensions import TypedDict

    from pydantic import BaseModel, Field
    from directives.forms import FormData, Upload

    class Size(enum.Enum):
        SMALL = 1
        LARGE = 2

    class Way(enum.StrEnum):
        POST = "post"
        BIKE = "bike"

    class Address(TypedDict, total=False):
        street: str
        number: int

    class Customer(BaseModel):
        name: str = Field(alias="fullName")
        age: int | None = None
        to: Address | None = None

    @dataclass
    class Line:
        sku: str
        count: int = 1
        gift: bool = False

    @dataclass
    class Order:
        lines: list[Line]
        customer: Customer
        tags: set[str] = field(default_factory=set)
        terms: bool = field(kw_only=True)

    @dataclass
    class Tree:
        name: str
        child: "Tree | None" = None

    class Size2(NamedTuple):
        width: int
        height: int

    async def whole(form):
        'use server'
        return form

    async def form_data(form: FormData, note: str = ""):
        'use server'
        return form, note

    async def any_form(form: Any, note):
        'use server'
        return form, note

    async def as_dict(form: dict[str, str]):
        'use server'
        return form

    async def by_name(sku: str, count: int = 1, *, gift: bool, day: datetime.date | None = None, ways: list[Way] = []):
        'use server'
        return sku, count, gift, day, ways

    async def choose(size: Size, kind: Literal[1, "two"], own: Literal[Size.LARGE, Way.POST], ways: set[Way], note: str | None = None):
        'use server'
        return size, kind, own, ways, note

    async def order(order: Order):
        'use server'
        return order

    async def line(line: Line, coupon: Optional[str] = None, /):
        'use server'
        return line, coupon

    async def tree(tree: Tree):
        'use server'
        return tree

    async def named(box: Size2, at: tuple[int, int]):
        'use server'
        return box, at

    async def either(what: Line | Customer | int, other: str = ""):
        'use server'
        return what

    async def photos(photo: Upload, more: list[Upload], last: Upload | None = None):
        'use server'
        return photo, more, last

    async def rest(sku: str, *texts: str, **others: int):
        'use server'
        return sku, texts, others

    async def nothing():
        'use server'
        return "ran"
"""


@pytest.fixture
def shop(load: Load) -> Any:
    return load(SHOP)


def send(function: Any, *fields: tuple[str, Any]) -> Any:
    call = Call(function.id, (FormData(fields),), {}, function.bound(), form=Format.FORM)
    started = dispatch(runtime.functions, call)
    assert started.result is not None
    return asyncio.run(started.result)


def refused(function: Any, *fields: tuple[str, Any]) -> dict[str, str]:
    with pytest.raises(ArgumentsError) as error:
        send(function, *fields)
    return dict(error.value.problems)


def test_a_parameter_that_takes_the_form_gets_it(shop: Any) -> None:
    """A first one without annotation, one of Any, one of FormData; a dict gets each name once."""
    form = FormData([("a", "1"), ("a", "2"), ("note", "n")])
    fields = tuple(form.items(multi=True))
    assert send(shop.whole, *fields) == form
    assert send(shop.form_data, *fields) == (form, "n")
    assert send(shop.any_form, *fields) == (form, "n")
    assert type(send(shop.form_data, *fields)[0]) is FormData
    assert send(shop.as_dict, *fields) == {"a": "1", "note": "n"}


def test_fields_go_to_the_parameters_of_their_names(shop: Any) -> None:
    """Converted from text; other fields, such as the name of a button, are left alone."""
    assert send(shop.by_name, ("sku", "a"), ("button", "Buy")) == ("a", 1, False, None, [])
    assert send(
        shop.by_name, ("ways", "post"), ("sku", ""), ("count", "3"), ("gift", "on"), ("day", "2026-02-01"), ("ways", "bike")
    ) == ("", 3, True, datetime.date(2026, 2, 1), ["post", "bike"])  # fmt: skip


def test_what_was_left_empty_was_not_given(shop: Any) -> None:
    """Where a text means something else than a text: the default counts, or None where there can be one."""
    assert send(shop.by_name, ("sku", "a"), ("count", ""), ("day", "")) == ("a", 1, False, None, [])
    assert refused(shop.choose, ("size", ""), ("kind", "1"), ("own", "2")) == {
        "size": "required, but not given"
    }


def test_the_last_field_of_a_name_counts(shop: Any) -> None:
    """As with a hidden field before a checkbox."""
    assert send(shop.by_name, ("sku", "a"), ("gift", "0"), ("gift", "1"))[2] is True
    assert send(shop.by_name, ("sku", "a"), ("gift", "0"))[2] is False


def test_choices_by_their_text(shop: Any) -> None:
    """Enums and literals whose values are no texts; the members themselves arrive."""
    result = send(shop.choose, ("size", "2"), ("kind", "1"), ("own", "post"), ("ways", "bike"), ("note", ""))
    assert result == (shop.Size.LARGE, 1, shop.Way.POST, {shop.Way.BIKE}, "")
    assert type(result[2]) is shop.Way
    assert refused(shop.choose, ("size", "3"), ("kind", "three"), ("own", "1"), ("ways", "post"), ("ways", "x")).keys() == {
        "size", "kind", "own", "ways[1]",
    }  # fmt: skip


def test_a_form_is_read_into_a_single_structure(shop: Any) -> None:
    """Its fields are the form's; structures within it have dots in their names, lists of them numbers."""
    made = send(
        shop.order,
        ("lines[0].sku", "a"), ("lines[0].count", "2"), ("lines[1].sku", "b"), ("lines[1].gift", "on"),
        ("customer.fullName", "Ada"), ("customer.age", ""), ("customer.to.street", "Main"), ("customer.to.number", "5"),
        ("tags", "x"), ("tags", "y"), ("terms", "on"), ("csrf", "123"),
    )  # fmt: skip
    assert made == shop.Order(
        [shop.Line("a", 2), shop.Line("b", 1, True)],
        shop.Customer(fullName="Ada", age=None, to={"street": "Main", "number": 5}),
        {"x", "y"},
        terms=True,
    )


def test_faults_are_told_by_the_names_of_the_fields(shop: Any) -> None:
    """As the form has them, each with a reason."""
    found = refused(
        shop.order, ("lines[0].count", "many"), ("customer.age", "old"), ("customer.to.number", "five")
    )
    assert found.keys() == {
        "lines[0].sku", "lines[0].count", "customer.fullName", "customer.age", "customer.to.number",
    }  # fmt: skip
    assert refused(shop.order).keys() == {"customer"}
    assert refused(shop.line, ("line.count", "x")).keys() == {"line.sku", "line.count"}


def test_a_structure_beside_other_parameters_has_its_parameters_name(shop: Any) -> None:
    """``line.sku`` is the field ``sku`` of the parameter ``line``."""
    assert send(shop.line, ("line.sku", "a"), ("coupon", "c")) == (shop.Line("a"), "c")
    assert refused(shop.line, ("sku", "a")) == {"line": "required, but not given"}


def test_structures_that_hold_themselves(shop: Any) -> None:
    """As deep as the names go, up to a limit."""
    made = send(shop.tree, ("name", "a"), ("child.name", "b"), ("child.child.name", "c"))
    assert made == shop.Tree("a", shop.Tree("b", shop.Tree("c")))
    started = time.perf_counter()
    refused(shop.tree, *((("child." * 150_000) + f"x{n}", "") for n in range(3)))
    assert time.perf_counter() - started < 5


def test_named_tuples_and_tuples(shop: Any) -> None:
    """By the names of their fields, and by repeated fields."""
    box, at = send(shop.named, ("box.width", "1"), ("box.height", "2"), ("at", "3"), ("at", "4"))
    assert (box, at) == ((1, 2), (3, 4))
    assert type(box) is shop.Size2


@pytest.mark.parametrize(
    ("field", "expected"), [("what.sku", "Line"), ("what.fullName", "Customer"), ("what", "int")]
)
def test_one_of_several_types(shop: Any, field: str, expected: str) -> None:
    """The fields that are there tell which."""
    assert type(send(shop.either, (field, "1"))).__name__ == expected


def test_files(shop: Any) -> None:
    """One, several, and none: a browser sends an empty part where nothing was chosen."""
    one, two, none = (FileStorage(io.BytesIO(b"x"), filename) for filename in ("a", "b", ""))
    assert send(shop.photos, ("photo", one), ("more", one), ("more", two), ("last", none)) == (
        one,
        [one, two],
        None,
    )
    assert send(shop.photos, ("photo", one), ("more", none)) == (one, [], None)
    assert refused(shop.photos, ("photo", none)).keys() == {"photo"}
    assert refused(shop.photos, ("photo", "text")).keys() == {"photo"}


def test_fields_of_other_names(shop: Any) -> None:
    """They go where a function takes any name."""
    assert send(shop.rest, ("sku", "a"), ("x", "1"), ("y", "2")) == ("a", (), {"x": 1, "y": 2})
    assert refused(shop.rest, ("sku", "a"), ("x", "one")).keys() == {"x"}


def test_a_function_without_parameters_runs(shop: Any) -> None:
    """A form with a button is enough for it."""
    assert send(shop.nothing, ("button", "Go")) == "ran"


@pytest.mark.parametrize(
    "name", ["__class__", "sku.__class__.x", "line.__init__", "line[0]", "line.sku.upper", "__getattr__"]
)
def test_names_of_fields_are_followed_nowhere(shop: Any, name: str) -> None:
    """They are looked up by the names of parameters and their fields, and nothing else."""
    assert send(shop.line, ("line.sku", "a"), (name, "x")) == (shop.Line("a"), None)
