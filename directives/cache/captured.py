"""What a captured function, class or module counts as in a key: code is known by what it does, and by what it holds."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from types import FunctionType
from types import ModuleType
from typing import Any

from directives.cache.keys import MAX_DEPTH
from directives.cache.keys import Unkeyable
from directives.cache.values import StandIn
from directives.cache.values import is_named

VersionOf = Callable[[FunctionType | type], str]


def counted(value: Any, version_of: VersionOf, around: tuple[FunctionType, ...] = ()) -> Any:
    """A captured value as it counts in a key.

    Args:
        value: The value.
        version_of: Gives what tells the code of a function or class from other code.
        around: The functions that captured it, from the outside in.

    Raises:
        Unkeyable: It is a function that is captured deeper than values may be nested.
    """
    from directives.cache.wrapper import calls_of

    kind = type(value)
    if kind is ModuleType:
        return StandIn("module", value.__name__)
    if isinstance(value, type):
        name = f"{value.__module__}:{value.__qualname__}"
        return StandIn("captured class", name, version_of(value)) if is_named(value) else value
    if kind is not FunctionType or calls_of(value) is not None:
        return value
    for index, each in enumerate(around):
        if each is value:
            return StandIn("function around", str(index))
    if len(around) == MAX_DEPTH:
        raise Unkeyable(value, f"is captured by functions nested deeper than {MAX_DEPTH} levels")
    held = {name: counted(each, version_of, (*around, value)) for name, each in _held(value)}
    return StandIn("function", f"{value.__module__}:{value.__qualname__}", (version_of(value), held))


def _held(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function holds besides its code, by names that differ."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not bound yet: a call would not find it either
            continue
    defaults = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    yield from ((f"{name}=", value) for name, value in zip(names, defaults, strict=True))
    yield from ((f"{name}=", value) for name, value in (function.__kwdefaults__ or {}).items())
