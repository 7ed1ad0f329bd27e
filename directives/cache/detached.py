"""A call to be made later: with what it was given as it is now, whatever becomes of that meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from types import CellType
from types import FunctionType
from typing import Any

from directives.cache.value import CachedValue
from directives.errors import EncodeError


def copied(value: Any) -> Any:
    """A value that the caller cannot change; itself where it is of a class that is not copied."""
    try:
        return CachedValue.of(value).copy()
    except EncodeError:
        return value


def detached(function: FunctionType, captured: Mapping[str, Any]) -> FunctionType:
    """The same function with captured variables that keep the values they have now.

    Args:
        function: The function.
        captured: Those variables, with their values.
    """
    if not captured:
        return function
    code = function.__code__
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    closure = tuple(CellType(copied(captured[name])) if name in captured else cell for name, cell in cells)
    again = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    again.__kwdefaults__ = function.__kwdefaults__
    return again
