"""What a cached function captures of code: plain functions, classes and modules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from types import FunctionType
from types import ModuleType
from typing import Any

import pytest

from directives.cache.versions import Versions
from directives.errors import CacheKeyError
from directives.settings import Settings
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

AROUND = """
runs = []

class Money(int):
    pass

def double(x):
    return 2 * x

def priced(helper):
    def price(n):
        'use cache'
        runs.append(n)
        return int(helper(n) or 0)
    return price
"""


def fills(load: Load, *makers: str, around: str = AROUND) -> int:
    """How often cached functions run that are made by some expressions, each called twice."""
    module = load(
        around
        + dedent("""
    def ready():
        return [{}]
    """).format(", ".join(makers))
    )
    for price in module.ready() + module.ready():
        price(1)
    return len(module.runs)


@pytest.mark.parametrize(
    "makers",
    [
        ("double", "double"),
        ("lambda x: x + 1", "lambda x: x  + (1)"),
        ("str", "str"),
        ("Money", "Money"),
        ("lambda x, by=double: by(x)", "lambda x, by=double: by(x)"),
    ],
)
def test_the_same_code_is_one_value(load: Load, makers: tuple[str, str]) -> None:
    """Whichever function object holds it, and however it is written."""
    assert fills(load, *(f"priced({made})" for made in makers)) == 1


@pytest.mark.parametrize(
    "makers",
    [
        ("double", "str"),
        ("lambda x: x + 1", "lambda x: x + 2"),
        ("lambda x: x", "lambda x: -x"),
        ("lambda x: [y for y in [x]][0]", "lambda x: [y + 1 for y in [x]][0]"),
        ("lambda x, by=1: by", "lambda x, by=2: by"),
        ("lambda x, by=1: by", "lambda x, by=True: by"),
        ("lambda x, *, by=1: by", "lambda x, by=1: by"),
        ("Money", "int"),
    ],
)
def test_other_code_is_another_value(load: Load, makers: tuple[str, str]) -> None:
    """By what the code does, its constants and its defaults, with their types."""
    assert fills(load, *(f"priced({made})" for made in makers)) == 2


def test_what_a_function_holds_counts(load: Load) -> None:
    """A helper counts by what it captured itself, through other helpers; one that names itself is no endless tale."""
    around = """
    import math
    runs = []

    def priced(rate, steps):
        import math
        def fall(n):
            return n if n == 0 else fall(n - 1)
        def rated(n):
            return math.floor(rate * n) + fall(n)
        def helper(n):
            return rated(n) + len(steps)
        def price(n):
            'use cache'
            runs.append(n)
            return helper(n)
        return price
    """
    makers = ("priced(2, [1])", "priced(2, [1])", "priced(3, [1])", "priced(2, (1,))", "priced(2.0, [1])")
    assert fills(load, *makers, around=dedent(around)) == 4


def test_a_variable_that_is_not_bound_yet(load: Load) -> None:
    """It is none of the values, as a call would not find it."""
    module = load("""
    def make(late):
        def helper(n):
            return n if n else value
        def price(n):
            'use cache'
            return helper(n)
        first = price(1)
        if late:
            value = 2
        return first, price

    """)
    first, price = module.make(True)
    assert (first, price(1), price(0)) == (1, 1, 2)


def test_what_is_no_value_is_named_with_its_way(load: Load) -> None:
    """Through the function that holds it; a class that its name does not lead to is none either."""
    module = load("""
    def make(connection):
        def helper(n):
            return connection
        def price(n):
            'use cache'
            return helper(n)
        return price
    """)
    with pytest.raises(CacheKeyError) as caught:
        module.make(object())(1)
    assert str(caught.value).startswith(
        "shop_of_a_test.make.<locals>.price captures helper, which holds connection: object cannot be part of a cache key"
    )
    local = type("Local", (), {})
    with pytest.raises(CacheKeyError, match="which holds connection: type cannot be part"):
        module.make(local)(1)


def test_an_argument_is_no_code(load: Load) -> None:
    """A function that is passed as an argument stays an error: nobody says that the caller's code is the project's."""
    module = load("""
    def price(n, by):
        'use cache'
        return by(n)
    """)
    with pytest.raises(CacheKeyError, match="argument by: function cannot be part"):
        module.price(1, lambda n: n)


@pytest.mark.parametrize("build_id", [None, "code"])
def test_by_code_what_it_reaches_counts(tmp_path: Path, build_id: str | None) -> None:
    """With the fingerprint of code, a helper of another module is known by all that it reaches; else the build is."""
    write(tmp_path, rate=2)
    made = replace(Settings(tmp_path), build_id=build_id)
    before = version_of_price(made)
    assert version_of_price(made) == before
    write(tmp_path, rate=3)
    assert (version_of_price(made) != before) is (build_id == "code")


def write(root: Path, rate: int) -> None:
    """A project with a helper that refers to a constant."""
    (root / "pyproject.toml").write_text("")
    (root / "prices.py").write_text(f"RATE = {rate}\n\ndef price(n):\n    return RATE * n\n")


def version_of_price(settings: Settings) -> str:
    """The version of the helper, in a process that begins now."""
    module: Any = ModuleType("prices")
    exec((settings.root / "prices.py").read_text(), vars(module))
    price: FunctionType = module.price
    return Versions(settings).of_captured(price)
