"""Fixtures for programs with directives: nothing of a framework to set up, no server, nothing stubbed.

pytest finds this plugin by itself. It does nothing until a test asks for one of its fixtures: ``directives_clock``,
``directives_cache``, ``directives_user`` and ``directives_client``.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

import pytest

if TYPE_CHECKING:
    from directives.cache.scope import RequestScope
    from directives.integrations.caller import App
    from directives.integrations.caller import Caller
    from directives.testing.caching import CacheOfTest
    from directives.testing.clock import MovableClock

NOTHING: Mapping[str, str] = {}


class AsUser(Protocol):
    """What ``directives_user`` is."""

    def __call__(
        self,
        *,
        cookies: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
        path: str = "/",
        query: str = "",
    ) -> AbstractContextManager[RequestScope]:
        """A block in which a request is answered.

        Args:
            cookies: What ``cookies()`` gives.
            headers: What ``headers()`` gives.
            path: The page that is asked for.
            query: What stands after its question mark.
        """
        ...


class AsClient(Protocol):
    """What ``directives_client`` is."""

    def __call__(
        self,
        app: App | None = None,
        *,
        cookies: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
    ) -> Caller:
        """A client that calls server functions the whole way of a request, without a socket.

        Args:
            app: The WSGI or ASGI application that serves them; with none, they are served alone.
            cookies: What it has at the beginning; it keeps what responses set.
            headers: What it sends with each request.
        """
        ...


@pytest.fixture
def directives_clock() -> MovableClock:
    """The clock by which cached results live in this test: ``directives_clock.advance(60)``."""
    from directives.testing.clock import MovableClock

    return MovableClock()


@pytest.fixture
def directives_cache(directives_clock: MovableClock) -> Iterator[CacheOfTest]:
    """The caches of the process, empty, in memory, by ``directives_clock``; says why a call hit or missed.

    Other tests find nothing of what is computed in this one.
    """
    from directives.runtime import runtime
    from directives.testing.caching import fresh_caches

    with fresh_caches(runtime.caches, directives_clock) as cache:
        yield cache


@pytest.fixture
def directives_user() -> AsUser:
    """Makes blocks in which a request is being answered; see ``AsUser``."""
    return as_user


@pytest.fixture
def directives_client() -> AsClient:
    """Makes clients that call server functions as browsers and programs do: ``directives_client().call(f, 1)``."""
    from directives.integrations.caller import Caller

    def make(
        app: Any = None, *, cookies: Mapping[str, str] = NOTHING, headers: Mapping[str, str] = NOTHING
    ) -> Caller:
        return Caller(app, cookies, headers)

    return make


@contextmanager
def as_user(
    *,
    cookies: Mapping[str, str] = NOTHING,
    headers: Mapping[str, str] = NOTHING,
    path: str = "/",
    query: str = "",
) -> Iterator[RequestScope]:
    """See ``AsUser``."""
    from werkzeug.http import dump_cookie
    from werkzeug.test import EnvironBuilder

    from directives.cache.scope import RequestScope
    from directives.cache.scope import reset_scope
    from directives.cache.scope import set_scope
    from directives.http.wsgi_body import WsgiBody
    from directives.runtime import runtime
    from directives.wsgi import request_of

    sent = [(name, value) for name, value in headers.items()]
    if cookies:
        pairs = (dump_cookie(name, value, path=None) for name, value in cookies.items())
        sent.append(("Cookie", "; ".join(pairs)))
    environ = EnvironBuilder(path, query_string=query, headers=sent).get_environ()
    scope = RequestScope(runtime.caches, path)
    scope.request = request_of(environ, WsgiBody(environ))
    around = set_scope(scope)
    try:
        yield scope
    finally:
        reset_scope(around)
