"""The error for an argument that cannot be part of a key: which one, where in it, and where the call stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.callsite import underline
from directives.cache.keys import MAX_DEPTH
from directives.cache.keys import Unkeyable
from directives.cache.keys import lower
from directives.cache.templates import FILENAME
from directives.cache.values import StandIn
from directives.cache.values import take_apart
from directives.errors import CacheKeyError

if TYPE_CHECKING:
    from directives.cache.wrapper import CachedCalls
    from directives.cache.wrapper import Values


HINT: Final = "pass what identifies it, such as an ID"
OF_INSTANCES: Final = ", or make its class a dataclass"
LONGEST_PATH: Final = 80  # characters of a path that are shown


def refuse(calls: CachedCalls, values: Values, unkeyable: Unkeyable) -> CacheKeyError:
    """The error for a call whose values make no key."""
    name = calls.cached.name
    hint = HINT if type(unkeyable.value).__module__ == "builtins" else HINT + OF_INSTANCES
    values = calls.counted(values)
    for index, value in enumerate(values):
        fault = fault_in(value)
        if fault is None:
            continue
        if index >= calls.shape.arguments:
            return CacheKeyError(f"{name} captures {calls.names[index]}{fault}: {hint}")
        error = CacheKeyError(f"{name}(), argument {calls.names[index]}{fault}: {hint}")
        return _placed(error, calls, index)
    return CacheKeyError(f"{name}(): {type(unkeyable.value).__qualname__} {unkeyable.reason}: {hint}")


def fault_in(value: Any) -> str | None:
    """What keeps a value out of a key, its path before it; ``None`` if nothing does."""
    try:
        lower(value, take_apart, MAX_DEPTH)
    except Unkeyable as unkeyable:
        path = path_to(value, unkeyable.value) or ""
        if len(path) > LONGEST_PATH:
            path = f"{path[:42]}…{path[-21:]}"
        return f"{path}: {type(unkeyable.value).__qualname__} {unkeyable.reason}"
    return None


def _placed(error: CacheKeyError, calls: CachedCalls, index: int) -> CacheKeyError:
    frame = _caller()
    if frame is not None:
        shape = calls.shape
        position = index - calls.is_method if index < shape.positional else None
        error.add_note(underline(frame, position, calls.names[index]))
    return error


def _caller() -> FrameType | None:
    """The frame that called the wrapper."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != FILENAME:
        frame = frame.f_back
    return None if frame is None else frame.f_back


def path_to(value: Any, part: Any, depth: int = 64) -> str | None:
    """Where in a value a part stands, as one would write it after the value's name; ``None`` if it is not there."""
    if value is part:
        return ""
    if depth:
        for step, inner in _steps(value):
            path = path_to(inner, part, depth - 1)
            if path is not None:
                return step + path
    return None


def _steps(value: Any) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    if kind is list or kind is tuple:
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif kind is set or kind is frozenset:
        yield from (("{member}", item) for item in value)
    elif kind is dict:
        for key, item in value.items():
            yield "{key}", key
            yield f"[{_shown(key)}]", item
    elif kind is StandIn and value.kind == "function":
        for name, inner in value.held[1].items():
            yield f", which holds {name}", inner


def _shown(key: Any) -> str:
    return repr(key)[:40] if type(key) in (str, int, bool, bytes, type(None)) else type(key).__qualname__
