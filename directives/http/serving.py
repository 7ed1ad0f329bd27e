"""The endpoint of a runtime."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

from directives.drafts import COOKIE
from directives.drafts import is_draft
from directives.functions import Around
from directives.functions import Plain
from directives.functions import as_it_is
from directives.functions import dispatch
from directives.functions import special_for
from directives.http.browser import browser_resources
from directives.http.endpoint import Endpoint
from directives.http.scopes import ServedScope
from directives.secret_keys import KEY_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from directives.http.messages import HttpRequest
    from directives.observing import Observer
    from directives.request import CurrentRequest
    from directives.runtime import Runtime
    from directives.settings import Settings

log = logging.getLogger("directives")


class Serving:
    """Gives the endpoint of a runtime; a new one when the settings have changed.

    Args:
        runtime: The runtime.
        seen: Makes of a page's request, as its server or framework has it, what the page sees of it.
        on_loop: Whether calls come on an event loop that goes on after them; a plain ``def`` then runs in a thread.
        around: Waits for what a function gives, and puts what is a framework's own in our terms.
        plain: What runs every plain function, predicates too, where a framework has a place for them.

    Attributes:
        runtime: Whose functions are served.
        seen: Makes of a page's request what the page sees of it.
        on_loop: Whether calls come on an event loop that goes on after them.
    """

    def __init__(
        self,
        runtime: Runtime,
        seen: Callable[[Any], CurrentRequest],
        *,
        on_loop: bool = False,
        around: Around = as_it_is,
        plain: Plain | None = None,
    ) -> None:
        self.runtime = runtime
        self.seen = seen
        self.on_loop = on_loop
        self._around = around
        in_threads = asyncio.to_thread if on_loop else None
        self._accept = partial(dispatch, runtime.functions, plain=plain or in_threads, asked=plain)
        self._made: tuple[object, Endpoint] | None = None

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.runtime.settings

    def endpoint(self) -> Endpoint:
        """The endpoint for the settings in force."""
        made, in_force = self._made, self.runtime.in_force
        if made is None or made[0] is not in_force:
            made = self._made = in_force, self._make(self.settings, self.runtime.observer)
        return made[1]

    def _make(self, settings: Settings, observer: Observer | None) -> Endpoint:
        functions = self.runtime.functions
        special = special_for(functions.types, markup=True)
        accept = self._accept
        resources = browser_resources(self.runtime)
        last = self._call_scope, special, functions.taints.look, functions.name
        if observer is None:
            return Endpoint(settings, partial(accept, around=self._around), *last, resources=resources)
        from directives.http.observed import ObservedEndpoint
        from directives.http.observed import accepting
        from directives.http.observed import running

        accept = partial(accept, around=running(observer, self._around))
        return ObservedEndpoint(observer, settings, accepting(observer, accept), *last, resources=resources)

    def begin(self, *, several: bool) -> None:
        """Say in the log what serving lacks; to be called once, when it begins.

        Args:
            several: Whether other processes serve beside this one, or may.
        """
        runtime, settings = self.runtime, self.runtime.settings
        if runtime.role is None and not runtime.functions.records() and not runtime.caches.functions:
            log.warning(
                "the import hook is off, so 'use server' and 'use cache' do nothing here: start with `python -X directives`, "
                "or set PYTHONDIRECTIVES=1"
            )
        if several and not settings.secret_keys and not settings.debug:
            log.warning(
                "no secret key is set, and other workers may serve: on this machine they share the one in %s, but pages of "
                "another machine, or of a container before this one, will not work; set DIRECTIVES_SECRET_KEYS",
                settings.root / KEY_FILE,
            )

    def is_draft(self, cookies: str | None) -> bool:
        """Whether a request's cookies ask for drafts, and may."""
        return cookies is not None and COOKIE in cookies and is_draft(cookies, self.runtime.secret_keys)

    def _call_scope(self, request: HttpRequest) -> ServedScope:
        scope = ServedScope(self, request.path)
        scope.request = request
        scope.serves = True
        return scope
