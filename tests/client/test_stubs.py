"""What a stub sends, and what it looks like."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pytest

from directives.client.stubs import DEFAULT
from directives.client.stubs import arguments
from directives.client.stubs import server_function


@server_function("a" * 40)
async def order(
    sku: str, quantity: int = DEFAULT, *rest: int, page: int = DEFAULT, **extra: str
) -> dict[str, int]:
    """Order something."""
    raise AssertionError


@pytest.mark.parametrize(
    ("given", "args", "kwargs"),
    [
        (((), {"a": 1, "b": DEFAULT}, (), {}), [], {"a": 1}),
        (((), {"a": 1, "b": 2}, (3, 4), {}), [1, 2, 3, 4], {}),
        (((1, DEFAULT), {"c": 3}, (), {}), [1], {"c": 3}),
        (((DEFAULT, DEFAULT), {}, (), {}), [], {}),
        (((1,), {"b": 2}, (3,), {"k": DEFAULT, "x": 9}), [1, 2, 3], {"x": 9}),
        (((), {"a": None}, (), {"k": 0}), [], {"a": None, "k": 0}),
    ],
)
def test_only_what_was_given_travels(
    given: tuple[tuple[Any, ...], Mapping[str, Any], tuple[Any, ...], Mapping[str, Any]],
    args: list[Any],
    kwargs: dict[str, Any],
) -> None:
    """Defaults are left to the server; with further positional arguments the named ones go by position."""
    assert arguments(*given) == (args, kwargs)


def test_a_stub_shows_the_signature_and_docstring_of_its_function() -> None:
    """inspect and help() see the function's own signature; a default that only the server knows is ``...``."""
    assert str(inspect.signature(order)) == (
        "(sku: 'str', quantity: 'int' = ..., *rest: 'int', page: 'int' = ..., **extra: 'str') -> 'dict[str, int]'"
    )
    assert inspect.getdoc(order) == "Order something."
    assert inspect.iscoroutinefunction(order)


def test_a_stub_is_a_reference_with_a_fixed_text() -> None:
    """A stub is a ServerFunction: its repr names it, its text is a form's action."""
    assert repr(order) == f"<ServerFunction {__name__}.order>"
    assert str(order) == "?_directives=" + "a" * 40
    assert order.id == "a" * 40
