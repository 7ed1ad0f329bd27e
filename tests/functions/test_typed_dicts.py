"""``typing.TypedDict`` in annotations, on every Python."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from directives.errors import ArgumentsError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import runtime
from tests.loading import Load

SOURCE = """
    {future}
    from typing import Annotated, Any, NotRequired, Optional, Required, TypedDict

    class Street(TypedDict, total=False):
        name: Required[str]
        number: int

    class Address(Street):
        city: str
        note: NotRequired[list[Street]]

    class Tree(TypedDict):
        left: Optional["Tree"]

    async def act(
        a: Address,
        b: "list[Street] | None" = None,
        c: dict[str, tuple[Street, ...]] = {{}},
        d: Annotated[Street | int, "a note"] = 1,
        e: Tree | None = None,
    ):
        'use server'
        return a, b, c, d, e
"""


@pytest.fixture(params=["", "from __future__ import annotations"])
def act(request: pytest.FixtureRequest, load: Load) -> Any:
    return load(SOURCE.format(future=request.param)).act


def run(function: Any, *args: Any) -> Any:
    started = dispatch(runtime.functions, Call(function.id, args))
    assert started.result is not None
    return asyncio.run(started.result)


def test_values_that_fit(act: Any) -> None:
    """At any depth of annotations, inherited keys and keys of its own type included."""
    street = {"name": "Main", "number": 5}
    args = (
        {"name": "x", "city": "y", "note": [street]},
        [street],
        {"k": (street,)},
        street,
        {"left": {"left": None}},
    )
    assert run(act, *args) == args


def test_keys_are_required_as_they_say(act: Any) -> None:
    """By the total of the class, by Required and by NotRequired."""
    with pytest.raises(ArgumentsError) as error:
        run(act, {"number": 1}, [{}], {}, 1, {"left": {}})
    assert {path for path, _ in error.value.problems} == {"a.name", "a.city", "b[0].name", "e.left.left"}
