"""What an argument that is neither plain nor a container counts as in a key."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from functools import lru_cache
from types import FunctionType
from typing import Any

from markupsafe import Markup

from directives.cache.keys import MAX_DEPTH
from directives.cache.keys import Parts
from directives.cache.keys import PassedThrough
from directives.cache.keys import Unkeyable
from directives.cache.process import registered_types
from directives.functions.reference import ServerFunction
from directives.wire.classes import Classes
from directives.wire.kinds import kind_of
from directives.wire.kinds import name_of
from directives.wire.refused import Refused


@dataclass(frozen=True, slots=True)
class StandIn:
    """Stands in a key for what counts by its name, and by what else tells it from others.

    Attributes:
        kind: What it is.
        name: Its name.
        held: What else tells it from others of that name.
    """

    kind: str
    name: str
    held: Any = None


def class_argument(value: type, qualname: str) -> StandIn | None:
    """A class, if a class method of that qualified name was called on it, and its name leads to it alone."""
    found = inspect.getattr_static(value, qualname.rpartition(".")[2], None)
    if not isinstance(found, classmethod) or "<locals>" in value.__qualname__:
        return None
    if getattr(inspect.unwrap(found.__func__), "__qualname__", None) != qualname:
        return None
    return StandIn("class", f"{value.__module__}:{value.__qualname__}")


def take_apart(value: Any) -> Parts | None:
    """A name for the type of a value, and what else tells it from others of that type; ``None`` if it is no value.

    Raises:
        Unkeyable: Its type is one of values, but it is none; says why.
    """
    kind = type(value)
    if kind is StandIn:
        return value.kind, (value.name, value.held)
    if kind is ServerFunction:
        return "server function", (value.id, value.held())
    if kind is FunctionType:
        return _cached_function(value)
    known = _known().get(kind)
    try:
        return _instance(value, kind) if known is None else known(value)
    except Refused as refused:
        raise Unkeyable(value, refused.reason) from None


def take_argument(value: Any) -> Parts | None:
    """The same of an argument, unless it is to be passed through.

    Raises:
        PassedThrough: It is.
        Unkeyable: As for ``take_apart``.
    """
    if passes_through(value):
        raise PassedThrough
    return take_apart(value)


def passes_through(value: Any) -> bool:
    """Whether an argument stays out of the key: a server function, and markup that is no value besides."""
    kind = type(value)
    return kind is ServerFunction or (
        is_markup(value) and (issubclass(kind, str) or take_apart(value) is None)
    )


def is_markup(value: Any) -> bool:
    """Whether a value has markup to give."""
    return hasattr(type(value), "__html__") and not isinstance(value, type)


def as_shown(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A result with markup in the place of what has markup to give; containers of other types stay as they are."""
    kind = type(value)
    if depth and (kind is list or kind is tuple):
        return kind(as_shown(item, depth - 1) for item in value)
    if depth and kind is dict:
        return {key: as_shown(item, depth - 1) for key, item in value.items()}
    if is_markup(value) and kind is not ServerFunction and not issubclass(kind, str):
        return Markup(value.__html__())
    return value


@cache
def _known() -> Mapping[type, Callable[[Any], Parts | None]]:
    """Imported when first needed, and once: an import statement takes longer than to take apart a date."""
    from directives.wire.trusted import FORMAT

    return FORMAT.lower


def _instance(value: Any, kind: type) -> Parts | None:
    """An instance of a user's class counts by the name of its class and all that makes it what it is."""
    registered = registered_types().registered(kind)
    if registered is not None:
        return "registered", (registered.name, registered.state(value))
    shape = kind_of(kind)
    if shape is None:
        return None
    if not is_named(kind):
        raise Unkeyable(
            value, "is of a class that its name does not lead to: put the class at the top of a module"
        )
    return "instance", (shape.name, shape.state(value))


@lru_cache(maxsize=1024)
def is_named(cls: type) -> bool:
    """Whether the name of a class leads to it alone, so that it can stand for it."""
    return Classes().find(name_of(cls)) is cls


def _cached_function(value: FunctionType) -> Parts | None:
    """A cached function counts by its ID and what it captures, as a server function does."""
    from directives.cache.wrapper import calls_of

    calls = calls_of(value)
    if calls is None:
        return None
    cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
    captured = tuple(cells[name].cell_contents for name in calls.captured)
    return "cached function", (calls.cached.id, captured, value.__defaults__, value.__kwdefaults__)
