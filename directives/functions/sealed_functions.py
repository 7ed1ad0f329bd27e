"""Server functions inside of what is sealed: their ID and, sealed again, what they captured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import SealError
from directives.functions.admission import received
from directives.functions.reference import ServerFunction

if TYPE_CHECKING:
    from directives.functions.registry import Registry

FUNCTION_TAG = "function"
RECEIVED_TAG = "received function"


def lowering(outer: tuple[Any, ...] = ()) -> Callable[[Any], tuple[str, Any] | None]:
    """What the trusted codec writes for a server function.

    Args:
        outer: The origins that are being sealed, to find a function that captures itself in a circle.
    """

    def special(value: Any) -> tuple[str, Any] | None:
        if type(value) is not ServerFunction:
            return None
        origin = value._origin
        tag = RECEIVED_TAG if value._received else FUNCTION_TAG
        return tag, (value.id, origin.seal(outer) if origin else None)

    return special


def raising(registry: Registry) -> Callable[[str, Any], Any]:
    """What makes server functions again of what ``lowering`` wrote.

    Args:
        registry: Where functions are found by ID.
    """

    def special(tag: str, payload: Any) -> Any:
        if tag not in (FUNCTION_TAG, RECEIVED_TAG):
            raise SealError("a sealed value holds something that this version does not know")
        function_id, bound = payload
        function = registry.find(function_id)
        return received(function, bound) if tag == RECEIVED_TAG else function.reference(bound)

    return special
