"""Server functions among values: references on their way out, looked up again on their way in."""

from __future__ import annotations

from typing import Any

from directives.errors import ArgumentsError
from directives.errors import UnknownFunctionError
from directives.functions.admission import received
from directives.functions.reference import ServerFunction
from directives.functions.registry import Registry
from directives.wire.references import FunctionReference

TAG = "function"


def lower_function(value: Any) -> tuple[str, Any] | None:
    """What the codecs write for a server function: its ID and, sealed, what it captured."""
    return (TAG, [value.id, value.bound()]) if type(value) is ServerFunction else None


def resolve(registry: Registry, value: Any, path: str) -> Any:
    """``value`` with every reference in it looked up.

    Args:
        registry: Where functions are found, exactly, by ID.
        value: A decoded value; its depth was bounded when it was decoded.
        path: Where it stands in the call, for errors.

    Raises:
        ArgumentsError: A reference has an ID that no server function has; names its path.
        SealError: What came with an ID was not sealed here for that function.
    """
    kind = type(value)
    if kind is FunctionReference:
        try:
            return received(registry.find(value.id), value.bound)
        except UnknownFunctionError:
            raise ArgumentsError([(path, "no server function has this ID")]) from None
    if kind is dict:
        return {
            resolve(registry, key, path): resolve(registry, item, f"{path}.{key}")
            for key, item in value.items()
        }
    if kind in (list, tuple):
        return kind(resolve(registry, item, f"{path}[{index}]") for index, item in enumerate(value))
    if kind in (set, frozenset):
        return kind(resolve(registry, item, path) for item in value)
    return value
