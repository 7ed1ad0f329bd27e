"""Errors that user code declares for callers to see: the classes, and how they are made again."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from datetime import date
from enum import Enum

import pytest

from directives.errors import ExpectedError
from directives.functions import made_again
from directives.functions import status_of
from directives.functions import taken_apart


class OutOfStock(ExpectedError, status=409):
    """Not enough is left."""

    sku: str
    left: int = 0


class SoldOut(OutOfStock, type="sold-out"):
    until: date | None = None

    def __str__(self) -> str:
        return f"no {self.sku} until {self.until}"


class Size(Enum):
    SMALL = "s"


@dataclass
class Line:
    sku: str
    size: Size


class Unfit(ExpectedError):
    lines: list[Line]


class Closed(ExpectedError):
    pass


def test_a_class_is_a_dataclass_without_a_decorator() -> None:
    """Fields are given by position or by name, have defaults, and show in the repr."""
    error = OutOfStock("sencha", left=2)
    assert (error.sku, error.left, repr(error)) == ("sencha", 2, "OutOfStock(sku='sencha', left=2)")
    assert OutOfStock("sencha").left == 0


def test_what_a_class_says_of_itself() -> None:
    """All fields by name, the only field alone, the class's name without any, or what its ``__str__`` says."""
    assert str(OutOfStock("sencha", 2)) == "sku='sencha', left=2"
    assert str(Unfit([])) == "[]"
    assert str(Closed()) == "Closed"
    assert str(SoldOut("sencha", until=date(2026, 12, 1))) == "no sencha until 2026-12-01"


def test_status_and_type_are_said_where_the_class_is_declared() -> None:
    """A status is inherited, 422 at first; a type is the class's own, its module and name if not said."""
    assert [status_of(error) for error in (OutOfStock("a"), SoldOut("a"), Closed())] == [409, 409, 422]
    assert taken_apart(Closed())[0] == f"{__name__}.Closed"
    assert taken_apart(SoldOut("a")) == (
        "sold-out",
        "no a until None",
        {"sku": "a", "left": 0, "until": None},
    )


@pytest.mark.parametrize("status", [200, 399, 500, 401, 405, 407])
def test_a_status_that_cannot_be_sent_is_an_error_where_the_class_is_declared(status: int) -> None:
    """Only what says that the caller is refused, and needs no header of its own."""
    with pytest.raises(TypeError, match=f"cannot have status {status}"):
        type("Wrong", (ExpectedError,), {}, status=status)


def test_an_init_of_its_own_is_an_error_where_the_class_is_declared() -> None:
    """What such a class holds is not known, so it would silently lose it on the way."""
    with pytest.raises(TypeError, match="declare its fields"):

        class Wrong(ExpectedError):
            def __init__(self, sku: str) -> None:
                self.sku = sku


def test_errors_are_copied_and_pickled_with_what_they_were_given_by_name() -> None:
    """Process pools and logging handlers do so; notes stay."""
    error = SoldOut(sku="sencha", left=1)
    error.add_note("seen twice")
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert taken_apart(again) == taken_apart(error)
        assert again.__notes__ == ["seen twice"]


def test_two_errors_are_never_equal() -> None:
    """They can be members of a set, as any exception."""
    assert len({OutOfStock("a"), OutOfStock("a")}) == 2


def test_an_error_is_made_again_as_its_class() -> None:
    """By the name it is known by."""
    again = made_again("sold-out", {"sku": "sencha", "left": 1, "until": date(2026, 12, 1)})
    assert type(again) is SoldOut
    assert (again.sku, again.until) == ("sencha", date(2026, 12, 1))


def test_fields_get_the_types_of_their_annotations() -> None:
    """Never types that the message names: a plain map becomes the dataclass that the annotation asks for."""
    again = made_again(f"{__name__}.Unfit", {"lines": [{"sku": "sencha", "size": "s"}]})
    assert type(again) is Unfit
    assert again.lines == [Line("sencha", Size.SMALL)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tests.functions.test_expected.Unknown", {}),
        ("OutOfStock", {"sku": "a"}),
        ("directives.errors.ExpectedError", {}),
        ("builtins.SystemExit", {}),
        ("os.system", {"command": "true"}),
        ("__class__", {}),
        ("sold-out", {}),
        ("sold-out", {"sku": "a", "extra": 1}),
        ("sold-out", {"sku": ["a"]}),
        ("sold-out", {"__class__": 1}),
    ],
)
def test_what_is_not_declared_here_is_not_made(name: str, data: dict[str, object]) -> None:
    """Names are compared with those of declared classes, exactly; fields have to fit; nothing is imported."""
    assert made_again(name, data) is None


def test_a_module_that_is_loaded_again_replaces_its_class() -> None:
    """The newest class of a name is the one that ``except`` clauses of the reloaded module know."""
    classes = [type("Again", (ExpectedError,), {}, type="again") for _ in range(2)]
    assert type(made_again("again", {})) is classes[-1]
