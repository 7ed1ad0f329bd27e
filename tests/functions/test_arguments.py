"""Arguments that do not fit are told one by one, and those that fit are those that CPython binds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from directives.compiler import FunctionRecord
from directives.compiler import compile_module
from directives.errors import ArgumentsError
from directives.functions.arguments import Shape
from directives.functions.arguments import shape_of

SIGNATURES = [
    "",
    "a",
    "a, b=1",
    "a, /, b",
    "a, b=1, /, *, c",
    "a, /, b, *, c=1",
    "*rest",
    "a, *rest, k",
    "**extra",
    "a, b=1, *rest, k=2, **extra",
    "a, /, **extra",
]


def record_of(signature: str) -> FunctionRecord:
    source = f"async def f({signature}):\n 'use server'\n"
    return compile_module(source, "m", "m.py").records[0]


def plain(signature: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(f"def f({signature}): pass", namespace)
    function: Callable[..., Any] = namespace["f"]
    return function


@pytest.mark.parametrize("signature", SIGNATURES)
def test_agrees_with_cpython(signature: str) -> None:
    """A call is refused exactly when CPython refuses it."""
    shape = shape_of(record_of(signature))
    function = plain(signature)
    names = ["a", "b", "c", "k", "z"]
    for count in range(4):
        for chosen in itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(4)):
            args, kwargs = tuple(range(count)), dict.fromkeys(chosen, 0)
            assert accepts(shape, args, kwargs) == binds(function, args, kwargs), (signature, args, kwargs)


def accepts(shape: Shape, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    try:
        shape.check(args, kwargs)
    except ArgumentsError:
        return False
    return True


def binds(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    # The call itself: inspect.Signature.bind of 3.13.0 takes calls that CPython refuses.
    try:
        function(*args, **kwargs)
    except TypeError:
        return False
    return True


def test_names_every_problem() -> None:
    """All at once, each with its path."""
    shape = shape_of(record_of("a, b, *, c"))
    with pytest.raises(ArgumentsError) as refused:
        shape.check((1, 2, 3), {"a": 1, "d": 2})
    assert refused.value.problems == (
        ("args[2]", "the function takes fewer positional arguments"),
        ("a", "given twice, by position and by name"),
        ("d", "the function has no such parameter"),
        ("c", "required, but not given"),
    )
