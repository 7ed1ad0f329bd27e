"""The endpoint of a runtime."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from directives.functions import dispatch
from directives.functions import special_for
from directives.http.endpoint import Endpoint

if TYPE_CHECKING:
    from directives.runtime import Runtime
    from directives.settings import Settings


class Serving:
    """Gives the endpoint of a runtime; a new one when the settings have changed.

    Args:
        runtime: The runtime.
        plain_in_threads: Whether a plain ``def`` runs in a thread, because calls come on an event loop.
    """

    def __init__(self, runtime: Runtime, plain_in_threads: bool = False) -> None:
        self._runtime = runtime
        self._plain_in_threads = plain_in_threads
        self._made: tuple[Settings, Endpoint] | None = None

    def endpoint(self) -> Endpoint:
        """The endpoint for the settings in force."""
        settings = self._runtime.settings
        made = self._made
        if made is None or made[0] is not settings:
            functions = self._runtime.functions
            accept = partial(dispatch, functions, plain_in_threads=self._plain_in_threads)
            special = special_for(functions.types, markup=True)
            endpoint = Endpoint(settings, accept, special, functions.taints.look)
            made = self._made = settings, endpoint
        return made[1]
