"""Keys: from the arguments of a call to bytes that no other call shares.

What Python's ``marshal`` writes in version 2 is typed, canonical and without references: ``1``, ``1.0`` and ``True``
differ, and so do ``-0.0`` and ``0.0``, a list and a tuple, a dict and the same in another order; sets are sorted. It says
so of exact types alone, so everything is looked at first; a value of another type is written as a tuple that begins
with an ellipsis, which no argument can hold, and names its type.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from functools import cache
from marshal import dumps
from typing import Any
from typing import Final

MAX_DEPTH: Final = 64  # as deep as a value may be on the wire and in a store
AROUND: Final = MAX_DEPTH - 2  # so many levels of containers around the innermost
OWNER: Final = 6  # bytes that stand for a function, whatever its version
PREFIX: Final = 16
DIGEST: Final = 64 - PREFIX  # stores take keys of 64 bytes
READABLE: Final = DIGEST - 1  # shorter than a digest, so that neither is taken for the other

SCALARS: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
OTHERS: Final = frozenset({list, tuple, set, frozenset})
MARK: Final = ...

Parts = tuple[str, Any]
TakeApart = Callable[[Any], Parts | None]


class Unkeyable(Exception):
    """A value cannot be part of a key.

    Attributes:
        value: The very part that cannot.
        reason: What completes ``<type> ...``.
    """

    def __init__(self, value: Any, reason: str = "cannot be part of a cache key") -> None:
        super().__init__(reason)
        self.value = value
        self.reason = reason


class PassedThrough(Exception):
    """An argument is not to be part of the key, because the function only passes it through."""


def owner_of(function: str) -> bytes:
    """What all keys of a function begin with, by its ID: so a store can tell what takes how much of it."""
    digest: bytes = _blake3()(function.encode()).digest(OWNER)
    return digest


def prefix_of(function: str, version: str) -> bytes:
    """What stands for a function and its version in keys.

    Args:
        function: The function's ID.
        version: What its results depend on besides the function and its arguments.
    """
    # The length in between keeps the ID and the version apart.
    written = version.encode()
    whole = b"%s%d:%s" % (function.encode(), len(written), written)
    digest: bytes = _blake3()(whole).digest(PREFIX - OWNER)
    return owner_of(function) + digest


def make_key(prefix: bytes, values: tuple[Any, ...], take_apart: TakeApart) -> bytes:
    """The key of a call, at most 64 bytes: short arguments stand in it as they are, others by their BLAKE3 digest.

    Args:
        prefix: What stands for the function and its version, ``PREFIX`` bytes.
        values: The arguments as bound, then the captured values; as many for each call of the function.
        take_apart: Gives the name of the type of a value that ``marshal`` does not know, and what else tells it from
            others of that type; ``None`` if it is no value.

    Raises:
        Unkeyable: A part of them cannot be told from others.
    """
    # Most containers are made of what `marshal` knows: those are only looked at, not copied.
    for value in values:
        if type(value) not in SCALARS and not is_exact(value, AROUND):
            values = tuple(_lower_items(values, take_apart, MAX_DEPTH))
            break
    data = dumps(values, 2)
    if len(data) <= READABLE:
        return prefix + data
    digest: bytes = _blake3()(data).digest(DIGEST)
    return prefix + digest


@cache
def _blake3() -> Callable[[bytes], Any]:
    """Imported when first needed, and once: an import statement takes longer than a small digest."""
    from blake3 import blake3

    return blake3


def is_exact(value: Any, depth: int) -> bool:
    """Whether a value is a container, with so many levels of others in it, that ``marshal`` writes as it is."""
    kind = type(value)
    if kind is dict:
        # A loop: most have few items, and calls of `issuperset` take longer than those.
        for name, item in value.items():
            if type(item) not in SCALARS and not (depth and is_exact(item, depth - 1)):
                return False
            if type(name) is not str and type(name) not in SCALARS:
                return False
        return True
    if kind not in OTHERS:
        return False
    if SCALARS.issuperset(map(type, value)):
        return True
    if depth == 0 or kind is set or kind is frozenset:
        return False
    return all(type(item) in SCALARS or is_exact(item, depth - 1) for item in value)


def lower(value: Any, take_apart: TakeApart, depth: int) -> Any:
    """A value in the exact types that ``marshal`` tells apart; itself where it is of those.

    Raises:
        Unkeyable: A part cannot be told from others.
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if depth == 0:
        raise Unkeyable(value, f"is nested deeper than {MAX_DEPTH} levels, or contains itself")
    if is_exact(value, 0):
        return value
    if kind is list:
        return _lower_items(value, take_apart, depth)
    if kind is tuple:
        return tuple(_lower_items(value, take_apart, depth))
    if kind is dict:
        if SCALARS.issuperset(map(type, value)):
            return dict(zip(value, _lower_items(value.values(), take_apart, depth), strict=True))
        pairs = _lower_items([part for pair in value.items() for part in pair], take_apart, depth)
        return (MARK, "dict", tuple(pairs))
    if kind is set or kind is frozenset:
        written = sorted(dumps(item, 2) for item in _lower_items(value, take_apart, depth))
        return (MARK, kind.__name__, tuple(written))
    parts = take_apart(value)
    if parts is None:
        raise Unkeyable(value)
    name, inner = parts
    return (MARK, name, lower(inner, take_apart, depth - 1))


def _lower_items(values: Iterable[Any], take_apart: TakeApart, depth: int) -> list[Any]:
    return [value if type(value) in SCALARS else lower(value, take_apart, depth - 1) for value in values]
