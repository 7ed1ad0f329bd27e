from __future__ import annotations

import asyncio
import datetime
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from directives.cache.keys import MAX_DEPTH
from directives.cache.keys import Unkeyable
from directives.cache.keys import make_key
from directives.cache.values import take_apart
from directives.errors import CacheKeyError
from tests.loading import Load

PREFIX = b"p" * 16


class Stranger:
    """An instance of it is no value."""


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels else []


def key(*values: Any) -> bytes:
    return make_key(PREFIX, values, take_apart)


DIFFERENT: list[Any] = [
    None, True, 1, 1.0, 1 + 0j, "1", b"1", Decimal(1), Decimal("1.0"), [1], (1,), {1}, frozenset({1}), {1: None}, [[1]],
    0, 0.0, -0.0, False, "", b"", [], (), set(), frozenset(), {}, {"a": {}}, {"a": []}, {"a": ()}, bytearray(), b"\0",
    float("nan"), float("inf"), -float("inf"), 2**31, -(2**31), 2**64, 2**4000, 2**4000 + 1, float(2**64),
    "\ud800", "\udfff", "\\ud800", "None", "é", "e\u0301", {"x": 1, "y": 2}, {"y": 2, "x": 1}, {("x", "y"): 1},
    [1, [2, 3]], [[1, 2], 3], [1, 2, 3], [(1, 2), 3], range(0), range(0, 0, 2), range(1),
    datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 1, fold=1),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "2026-01-01", datetime.timedelta(1), datetime.timedelta(0, 86399),
    UUID(int=1), {Decimal(1)}, {Decimal("1.0")}, {Decimal(1): 1}, [Decimal(1)], ["decimal", "1"], (..., "decimal", "1")[1:],
    {frozenset({1})}, {(1,)}, {(True,)}, memoryview(b"1"), bytearray(b"1"),
]  # fmt: skip


def test_values_that_differ_have_keys_that_differ() -> None:
    """Whatever they are equal to, look like, or are made of."""
    assert len({key(value) for value in DIFFERENT}) == len(DIFFERENT)
    assert len({key([value]) for value in DIFFERENT}) == len(DIFFERENT)
    assert len({key({"x": value}) for value in DIFFERENT}) == len(DIFFERENT)


def test_equal_values_have_one_key() -> None:
    """Two objects of one content, sets in whatever order; a value that is shared is as good as a copy."""
    shared = ["x"]
    assert key([shared, shared]) == key([["x"], ["x"]])
    assert key({"b", "a", "c", 1}) == key({1, "c", "a", "b"})
    assert key({(1, 2), Decimal(1), "x"}) == key({"x", Decimal(1), (1, 2)})
    assert key(str(10**6)) == key("1000000")


def test_arguments_never_run_into_one_another() -> None:
    """What stands where, and how many there are, is part of the key."""
    calls = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        ("a", "b", "c"),
        (("ab", "c"),),
        ([], []),
        ([[]],),
        ((), ()),
        ((),),
    ]
    assert len({key(*values) for values in calls}) == len(calls)


def test_a_key_is_no_longer_than_a_store_takes() -> None:
    """Short arguments stand in it as they are, long ones by their digest; neither is taken for the other."""
    keys = [key("x" * size) for size in (0, 30, 36, 37, 38, 60, 10_000)]
    assert max(map(len, keys)) <= 64
    assert len(set(keys)) == len(keys)
    assert all(each.startswith(PREFIX) for each in keys)


@pytest.mark.parametrize(
    "value", [open, object(), ..., NotImplemented, int, lambda: 1, sys, type("Local", (str,), {})("x")]
)
def test_what_is_no_value_is_refused(value: Any) -> None:
    """At any depth, the part itself is told."""
    with pytest.raises(Unkeyable) as caught:
        key({"a": [1, (value,)]})
    assert caught.value.value is value


def test_a_value_that_contains_itself_is_refused() -> None:
    """And one that is nested very deep; neither recurses without end."""
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    for value in cyclic, deep:
        with pytest.raises(Unkeyable, match="nested deeper"):
            key(value)


@pytest.mark.parametrize(("leaf", "deep"), [(1, 0), ({"x"}, 1), (Decimal(1), 1), ({Decimal(1)}, 2)])
@pytest.mark.parametrize("around", [lambda part: [part], lambda part: (part,), lambda part: {"x": part}])
def test_values_may_be_nested_as_deep_whatever_they_are_made_of(
    leaf: Any, deep: int, around: Callable[[Any], Any]
) -> None:
    """What is written as it is, and what has to be taken apart first."""

    def nested(levels: int) -> Any:
        value = leaf
        for _ in range(levels):
            value = around(value)
        return value

    levels = MAX_DEPTH - 1 - deep
    assert key(nested(levels)) != key(nested(levels - 1))
    with pytest.raises(Unkeyable, match="nested deeper"):
        key(nested(levels + 1))


def test_keys_are_the_same_in_every_process() -> None:
    """Whatever the hash seed."""
    script = (
        "from decimal import Decimal\n"
        "from directives.cache.keys import make_key\nfrom directives.cache.values import take_apart\n"
        "value = {'x': {'a', 'b', 'c', b'd', 1}, 'y': frozenset({('a',), Decimal(2)})}\n"
        "print(make_key(b'p' * 16, (value,), take_apart).hex())"
    )
    keys = set()
    for seed in "0", "1":
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environ, capture_output=True, check=True, text=True
        )
        keys.add(done.stdout)
    assert len(keys) == 1


def test_a_refused_argument_is_underlined_at_the_call(load: Load) -> None:
    """The error names the function, the path of the part and its type; a note shows the argument where it is written."""
    module = load(
        """
        def stock(category, *, filters=None):
            'use cache'
        async def stock_async(category, *, filters=None):
            'use cache'
        """
    )
    with pytest.raises(CacheKeyError) as caught:
        module.stock("tea", filters={"size": [1, object()]})
    message = f"{module.__name__}.stock(), argument filters['size'][1]: object cannot be part of a cache key"
    assert str(caught.value).startswith(message)
    (note,) = caught.value.__notes__
    place, line, marks = note.split("\n")
    assert __file__ in place
    underlined = line[marks.index("^") : marks.rindex("^") + 1]
    assert underlined == '{"size": [1, object()]}'

    async def awaits() -> None:
        await module.stock_async(object(), filters=1)

    with pytest.raises(CacheKeyError, match="argument category: object") as caught:
        asyncio.run(awaits())
    _, line, marks = caught.value.__notes__[0].split("\n")
    assert line[marks.index("^") : marks.rindex("^") + 1] == "object()"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object, "stock(), argument tea: type cannot be part of a cache key: pass what identifies it, such as an ID"),
        (Stranger(), "stock(), argument tea: Stranger cannot be part of a cache key: pass what identifies it, such as an "
         "ID, or make its class a dataclass"),
        (nested(70), "stock(), argument tea[0][0][0][0][0][0][0][0][0][0][0][0][0][0]…[0][0][0][0][0][0][0]: list is nested "
         "deeper than 64 levels, or contains itself: pass what identifies it, such as an ID"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_can_be_done(load: Load, value: object, message: str) -> None:
    """Only the class of an instance can be made a value; a long path is shortened."""
    module = load(
        """
        def stock(tea):
            'use cache'
        """
    )
    with pytest.raises(CacheKeyError) as caught:
        module.stock(value)
    assert str(caught.value) == f"{module.__name__}.{message}"


def test_a_refused_captured_variable_is_named(load: Load) -> None:
    """There is no argument to underline; the variable has a name."""
    module = load(
        """
        def page(connection):
            def rows():
                'use cache'
                return connection
            return rows()
        """
    )
    with pytest.raises(CacheKeyError, match="rows captures connection: object cannot be part"):
        module.page(object())
