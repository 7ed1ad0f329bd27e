"""What an argument that is neither plain nor a container counts as in a key."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import FunctionType
from typing import Any
from typing import Self

from directives.cache.keys import Parts
from directives.cache.process import registered_types
from directives.functions.reference import ServerFunction


@dataclass(frozen=True, slots=True)
class ClassArgument:
    """The class that a class method is called on; it counts by its name."""

    name: str

    @classmethod
    def of(cls, value: type, qualname: str) -> Self | None:
        """The class, if a class method of that qualified name was called on it, and its name leads to it alone."""
        found = inspect.getattr_static(value, qualname.rpartition(".")[2], None)
        if not isinstance(found, classmethod) or "<locals>" in value.__qualname__:
            return None
        if getattr(inspect.unwrap(found.__func__), "__qualname__", None) != qualname:
            return None
        return cls(f"{value.__module__}:{value.__qualname__}")


def take_apart(value: Any) -> Parts | None:
    """A name for the type of a value, and what else tells it from others of that type; ``None`` if it is no value."""
    from directives.wire.refused import Refused
    from directives.wire.trusted import FORMAT

    kind = type(value)
    known = FORMAT.lower.get(kind)
    if known is not None:
        try:
            return known(value)
        except Refused:
            return None
    if kind is ClassArgument:
        return "class", value.name
    if kind is ServerFunction:
        return "server function", (value.id, value.held())
    if kind is FunctionType:
        return _cached_function(value)
    return _instance(value, kind)


def _instance(value: Any, cls: type) -> Parts | None:
    """An instance of a user's class counts by its class and all that makes it what it is."""
    kind = registered_types().kind_of(cls)
    # A function makes a new class each time, under the same name.
    return None if kind is None or "<locals>" in kind.name else ("instance", (kind.name, kind.state(value)))


def _cached_function(value: FunctionType) -> Parts | None:
    """A cached function counts by its ID and what it captures, as a server function does."""
    from directives.cache.wrapper import calls_of

    calls = calls_of(value)
    if calls is None:
        return None
    cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
    captured = tuple(cells[name].cell_contents for name in calls.captured)
    return "cached function", (calls.cached.id, captured, value.__defaults__, value.__kwdefaults__)
