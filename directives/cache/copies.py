"""Copies of results: what cannot change is shared, the rest is copied the fastest way its shape allows."""

from __future__ import annotations

import datetime
import ipaddress
import uuid
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from operator import is_
from pathlib import PosixPath
from pathlib import PurePosixPath
from pathlib import PureWindowsPath
from pathlib import WindowsPath
from sys import getsizeof
from typing import Any
from typing import Final
from zoneinfo import ZoneInfo

Copy = Callable[[Any], Any]

SHARED: Final = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        range,
        datetime.date,
        datetime.time,
        datetime.datetime,
        datetime.timedelta,
        datetime.timezone,
        ZoneInfo,
        Decimal,
        Fraction,
        uuid.UUID,
        ipaddress.IPv4Address,
        ipaddress.IPv6Address,
        ipaddress.IPv4Network,
        ipaddress.IPv6Network,
        ipaddress.IPv4Interface,
        ipaddress.IPv6Interface,
        PosixPath,
        PurePosixPath,
        PureWindowsPath,
        WindowsPath,
    }
)
MAX_DEPTH: Final = 64  # as deep as the trusted codec goes


class Foreign(Exception):
    """A value cannot be copied here: a part is of another type, or is found in it more than once."""


def own(value: Any) -> Any:
    """A copy of a value that nobody else can change; the value itself if nobody can change that.

    Raises:
        Foreign: It takes more than a copy of containers.
    """
    return value if type(value) in SHARED else _own(value, {}, MAX_DEPTH)


def _own(value: Any, seen: dict[int, bool], depth: int) -> Any:
    """Copy one container; ``seen`` says of those that were met before whether they are to be shared."""
    kind = type(value)
    if id(value) in seen:
        if seen[id(value)]:
            return value
        raise Foreign
    if kind is frozenset and _is_shared(value):
        return value
    seen[id(value)] = False
    if kind is tuple:
        parts = tuple(_items(value, seen, depth))
        seen[id(value)] = same = all(map(is_, parts, value))
        return value if same else parts
    if kind is dict:
        if not all(type(key) in SHARED or (type(key) is tuple and _is_shared(key)) for key in value):
            raise Foreign
        return dict(zip(value, _items(value.values(), seen, depth), strict=True))
    if kind is list:
        return list(_items(value, seen, depth))
    if (kind is set and _is_shared(value)) or kind is bytearray:
        return value.copy()
    raise Foreign


def _items(values: Iterable[Any], seen: dict[int, bool], depth: int) -> Iterable[Any]:
    if SHARED.issuperset(map(type, values)):
        return values
    if depth == 0:
        raise Foreign
    return [value if type(value) in SHARED else _own(value, seen, depth - 1) for value in values]


def _is_shared(values: Iterable[Any]) -> bool:
    return SHARED.issuperset(map(type, values))


class Planner:
    """Finds the fastest way to copy a value that ``own`` has made, for as long as it does not change.

    A plan looks at no types: it copies a container with its own ``copy``, and then those of its parts that can change.
    Parts of one shape have one plan, so that a list of them is copied in one loop.
    """

    def __init__(self) -> None:
        self._plans: dict[tuple[Any, ...], Copy] = {}

    def plan(self, value: Any) -> Copy | None:
        """What copies the value; ``None`` if it is to be shared."""
        kind = type(value)
        if kind is dict:
            return self._plan_dict(value)
        if kind is list or kind is tuple:
            return self._plan_items(kind, value)
        if kind is set or kind is bytearray:
            copy: Copy = kind.copy
            return copy
        return None

    def _plan_dict(self, value: dict[Any, Any]) -> Copy:
        parts = self._parts(value)
        if not parts:
            return dict.copy
        return self._plans.setdefault((dict, *parts), _copy_dict(parts))

    def _parts(self, value: dict[Any, Any]) -> tuple[tuple[Any, Copy], ...]:
        """The keys of a dict whose values have to be copied, with their plans."""
        return tuple(
            (key, plan)
            for key, item in value.items()
            if type(item) not in SHARED and (plan := self.plan(item)) is not None
        )

    def _plan_items(self, kind: type, value: Sequence[Any]) -> Copy | None:
        plans = [None if type(item) in SHARED else self.plan(item) for item in value]
        different = set(plans)
        if different <= {None}:
            return None if kind is tuple else list.copy
        if len(different) > 1:
            return self._plans.setdefault((kind, *plans), _copy_some(kind, plans))
        plan: Any = plans[0]
        parts = self._parts(value[0]) if kind is list and type(value[0]) is dict else ()
        return self._plans.setdefault((kind, plan), _copy_rows(parts) if parts else _copy_each(kind, plan))


def _copy_dict(parts: tuple[tuple[Any, Copy], ...]) -> Copy:
    def copy(value: dict[Any, Any]) -> dict[Any, Any]:
        copied = value.copy()
        for key, plan in parts:
            copied[key] = plan(copied[key])
        return copied

    return copy


def _copy_rows(parts: tuple[tuple[Any, Copy], ...]) -> Copy:
    """Copy dicts of one shape, part by part instead of dict by dict."""

    def copy(value: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
        rows = list(map(dict.copy, value))
        for key, plan in parts:
            for row in rows:
                row[key] = plan(row[key])
        return rows

    return copy


def _copy_each(kind: Any, plan: Copy) -> Copy:
    return lambda value: kind(map(plan, value))


def _copy_some(kind: Any, plans: list[Copy | None]) -> Copy:
    parts = tuple((index, plan) for index, plan in enumerate(plans) if plan is not None)

    def copy(value: Any) -> Any:
        copied = list(value)
        for index, plan in parts:
            copied[index] = plan(copied[index])
        return copied if kind is list else tuple(copied)

    return copy


def size_of(value: Any) -> int:
    """The bytes that a value of ``own`` takes in memory, each of its objects counted once."""
    if type(value) in SHARED:
        return getsizeof(value)
    found = {id(value): value}
    pending = [value]
    while pending:
        part = pending.pop()
        if type(part) is dict:
            inner = _by_id(part) | _by_id(part.values())
        else:
            inner = {} if type(part) is bytearray else _by_id(part)
        pending += [each for known, each in inner.items() if type(each) not in SHARED and known not in found]
        found.update(inner)
    return sum(map(getsizeof, found.values()))


def _by_id(values: Collection[Any]) -> dict[int, Any]:
    return dict(zip(map(id, values), values, strict=True))
