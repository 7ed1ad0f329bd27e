"""No two different calls share a key, whatever Python thinks of their equality."""

from __future__ import annotations

import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from directives.cache.keys import make_key
from directives.cache.values import take_apart

PREFIX = b"p" * 16
# Few enough that two draws often look alike.
NUMBERS = st.sampled_from(
    [0, 1, -1, 2**31, 2**63, 2**200, 0.0, -0.0, 1.0, float("nan"), float("inf"), True, False, 1 + 0j]
)
TEXTS = st.sampled_from(
    ["", "1", "a", "b", "ab", "\0", "\ud800", "\udc00", "\ud800\udc00", "\U00010000", b"", b"1", b"a"]
)
OTHERS = st.sampled_from(
    [None, Decimal(1), Decimal("1.0"), Decimal("-0"), Fraction(1), range(1), bytearray(b"a"), b"a"]
)
LEAVES = NUMBERS | TEXTS | OTHERS
KEYS = (
    NUMBERS
    | TEXTS.filter(lambda text: type(text) is str)
    | st.sampled_from([None, (1,), (True,), Decimal(1)])
)


def containers(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(parts, max_size=3)
    members = st.lists(KEYS, max_size=3)
    return (
        lists
        | lists.map(tuple)
        | members.map(set)
        | members.map(frozenset)
        | st.dictionaries(KEYS, parts, max_size=3)
        | st.lists(st.tuples(KEYS, parts), max_size=2)
    )


VALUES = st.recursive(LEAVES | st.integers() | st.text(max_size=3) | st.floats(), containers, max_leaves=8)
CALLS = st.lists(VALUES, min_size=1, max_size=3).map(tuple)


def described(value: Any) -> Any:
    """What a value is, in texts alone: equal for two values exactly if a function could not tell them apart."""
    kind = type(value)
    if kind is float:
        content: Any = struct.pack(">d", value).hex()
    elif kind is complex:
        content = struct.pack(">dd", value.real, value.imag).hex()
    elif kind in (list, tuple):
        content = [described(part) for part in value]
    elif kind in (set, frozenset):
        content = sorted(str(described(part)) for part in value)
    elif kind is dict:
        content = [[described(key), described(part)] for key, part in value.items()]
    else:
        content = ascii(value)
    return [kind.__name__, content]


@settings(max_examples=50, deadline=None)
@given(CALLS, CALLS)
@example((["a", "b"],), (["ab"],))
@example(([1, [2]],), ([1, 2],))
@example(({1: 2},), ({True: 2},))
@example(("\ud800\udc00",), ("\U00010000",))
@example((0.0,), (-0.0,))
@example((2**200,), (float(2**200),))
@example(((), ()), (((), ()),))
@example((b"1",), (bytearray(b"1"),))
def test_two_calls_have_one_key_exactly_if_they_are_the_same(one: Any, other: Any) -> None:
    """Nested containers, look-alike types, halves of surrogate pairs, nan, minus zero, huge numbers."""
    check(one, other)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(CALLS, CALLS)
def test_many_calls(one: Any, other: Any) -> None:
    """The same for many more."""
    check(one, other)


def check(one: Any, other: Any) -> None:
    same = described(one) == described(other)
    assert (make_key(PREFIX, one, take_apart) == make_key(PREFIX, other, take_apart)) == same


@settings(max_examples=30, deadline=None)
@given(VALUES)
def test_a_look_alike_is_another_value(value: Any) -> None:
    """Changed in type or place alone, a value has another key; an equal one made anew has the same."""
    others = (value, [value], (value,), {0: value}, [value, value], [[value]])
    keys = [make_key(PREFIX, (each,), take_apart) for each in others]
    assert len(set(keys)) == len(keys)
    assert make_key(PREFIX, ([value],), take_apart) == make_key(PREFIX, ([value],), take_apart)
