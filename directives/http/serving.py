"""The endpoint of a runtime."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from typing import Any

from directives.functions import ServerFunction
from directives.functions import dispatch
from directives.http.endpoint import Endpoint
from directives.wire.references import FunctionReference

if TYPE_CHECKING:
    from directives.runtime import Runtime
    from directives.settings import Settings


class Serving:
    """Gives the endpoint of a runtime; a new one when the settings have changed.

    Args:
        runtime: The runtime.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._made: tuple[Settings, Endpoint] | None = None

    def endpoint(self) -> Endpoint:
        """The endpoint for the settings in force."""
        settings = self._runtime.settings
        made = self._made
        if made is None or made[0] is not settings:
            functions = self._runtime.functions
            endpoint = Endpoint(settings, partial(dispatch, functions), self._resolve, travelling)
            made = self._made = settings, endpoint
        return made[1]

    def _resolve(self, reference: FunctionReference) -> ServerFunction[..., Any]:
        return self._runtime.functions.find(reference.id).reference(reference.bound)


def travelling(value: Any) -> tuple[str, Any] | None:
    """How a server function travels among values."""
    return ("function", [value.id, value.bound()]) if type(value) is ServerFunction else None
