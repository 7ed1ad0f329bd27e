from __future__ import annotations

import datetime
import tracemalloc
from array import array
from typing import Any

import pytest

from directives.cache.copies import size_of
from directives.cache.value import CachedValue
from directives.errors import EncodeError

SHARED = [1, "x", None, (1, "x", (2.0, b"y")), frozenset({1, 2}), datetime.date(2026, 1, 1), range(3), ()]
MUTABLE: list[Any] = [
    [], {}, set(), bytearray(b"x"), [1, 2], {"a": 1}, [[1], [2]], [[1], 2, {"a": []}], {"a": [1], "b": {"c": {2}}},
    [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["b"]}], [{"id": 1, "tags": ["a"]}, {"id": 2}], ([1], 2),
    [(1, [2]), (3, [4])], {(1, "x"): [1]}, [{1: [1]}, {True: [2]}], {"rows": [{"x": {"y": [1]}}, {"x": {"y": [2]}}]},
    [set(), {1}], {"a": [1], "b": (1, bytearray(b"x"))},
]  # fmt: skip


def mutables(value: Any) -> dict[int, Any]:
    """Everything in a value that can be changed, by identity."""
    parts = (
        list(value.values()) if type(value) is dict else list(value) if type(value) in (list, tuple) else []
    )
    inner = {key: part for each in parts for key, part in mutables(each).items()}
    return inner | ({id(value): value} if type(value) in (list, dict, set, bytearray) else {})


@pytest.mark.parametrize("value", SHARED, ids=repr)
def test_what_cannot_change_is_shared(value: Any) -> None:
    """No copy is made of it."""
    kept = CachedValue.of(value)
    assert kept.copier is None
    assert kept.copy() is value is kept.live


@pytest.mark.parametrize("value", MUTABLE, ids=repr)
def test_what_can_change_is_copied(value: Any) -> None:
    """Each copy is equal, of the same types, and has no part in common with another that could be changed."""
    kept = CachedValue.of(value)
    copies = [value, *(kept.copy() for _ in range(4)), kept.live]
    assert len({repr(copy) for copy in copies}) == 1
    parts = [mutables(copy) for copy in copies]
    assert len({key for each in parts for key in each}) == sum(map(len, parts))


def test_aliases_and_other_types_are_written_and_read() -> None:
    """A part found twice becomes two, as in every other store; other types come back as they were."""
    inner = [1]
    kept = CachedValue.of({"a": inner, "b": inner, "c": array("i", [1])})
    first, second = kept.copy(), kept.copy()
    assert first == second == {"a": [1], "b": [1], "c": array("i", [1])}
    first["a"].append(2)
    first["c"].append(2)
    assert (first["b"], second, kept.copy()["c"]) == ([1], kept.copy(), array("i", [1]))


def test_what_cannot_be_kept_is_refused() -> None:
    """A cycle, an object of no known kind; also where sharing makes a small value enormous."""
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    for value in cyclic, object(), [object()], (x for x in ()):
        with pytest.raises(EncodeError):
            CachedValue.of(value)
    doubled: Any = ()
    for _ in range(60):
        doubled = (doubled, doubled)
    assert CachedValue.of(doubled).copy() is doubled
    assert size_of(doubled) < 10_000


def test_bytes_of_a_value() -> None:
    """What goes to a shared store comes back equal, and is the same object's bytes once more."""
    kept = CachedValue.of({"a": [1, (2, {3})]})
    again = CachedValue.from_bytes(kept.to_bytes())
    assert again.copy() == kept.copy()
    assert again.to_bytes() == kept.to_bytes()


@pytest.mark.parametrize(
    "make",
    [
        lambda: [
            {"id": n, "name": f"item {n}", "price": n / 2, "tags": ["new", f"t{n}"]} for n in range(500)
        ],
        lambda: {f"key {n}": list(range(n, n + 1000, 10)) for n in range(50)},
        lambda: "x" * 100_000,
        lambda: [f"text {n}" for n in range(5000)],
    ],
)
def test_sizes_are_those_of_memory(make: Any) -> None:
    """What is counted is within a fifth of what is allocated."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        value = make()
        allocated = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert size_of(value) == pytest.approx(allocated, rel=0.2)
