"""A page is rendered by asking the application for it, in a request that is nobody's.

No request of a visitor is ever the one that a shell is rendered from: it has no cookie, no query, no header but the host
that the target names. So nothing of a visitor can be in it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from contextvars import copy_context
from types import MappingProxyType
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.ahead import AheadScope
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.cache.scope import path_tag
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.shell.inside import Headers
from directives.shell.inside import Inside
from directives.shell.inside import decoded
from directives.shell.inside import rendering
from directives.shell.markup import placed
from directives.shell.markup import script_of
from directives.shell.markup import split
from directives.shell.page import Shell
from directives.shell.parts import Part
from directives.shell.target import Target
from directives.shell.verdict import NotStatic
from directives.shell.verdict import judge
from directives.shell.verdict import kept

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import MutableMapping
    from wsgiref.types import WSGIApplication

    AsgiApplication = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]

Answer = tuple[int, Headers, bytes]


def render_wsgi(app: WSGIApplication, target: Target) -> Shell:
    """Render a page of a WSGI application; to be called in the computation of a cached function, which learns of it.

    Raises:
        NotStatic: It needs a request, or it fails.
    """
    page = _begin(target)
    try:
        inside = Inside()
        return _finish(page, inside, *copy_context().run(_ask, app, target, page, inside))
    except BaseException as error:
        _explain(page, error)
        raise


async def render_asgi(
    app: AsgiApplication, target: Target, shared: Mapping[str, Any] = MappingProxyType({})
) -> Shell:
    """See ``render_wsgi``; ``shared`` is what the application's lifespan has for each of its requests."""
    page = _begin(target)
    outside, inside = set_scope(page), Inside()
    before = rendering.set(inside)
    try:
        try:
            answer = await _ask_asgi(app, {**shared, **_scope(target), "state": {**shared.get("state", {})}})
        finally:
            reset_scope(outside)
            rendering.reset(before)
        return _finish(page, inside, *answer)
    except BaseException as error:
        _explain(page, error)
        raise


def _begin(target: Target) -> AheadScope:
    within = current_scope()
    assert isinstance(within, FunctionScope), "a page is rendered in the computation of its entry"
    return AheadScope(within.caches, target.path)


def _explain(page: AheadScope, error: BaseException) -> None:
    """Raise why a page is not static, if that is what an exception is about."""
    if isinstance(error, NotStatic):
        return
    if page.cause is not None:
        raise NotStatic(*page.cause) from error
    if isinstance(error, Exception):
        raise NotStatic(f"raises {type(error).__name__}: {error}", failed=True) from error


def _finish(page: AheadScope, inside: Inside, status: int, headers: Headers, body: bytes) -> Shell:
    """The shell of a response; the entry gets the life and the tags of what the page has used, and its path."""
    if page.cause is not None:
        raise NotStatic(*page.cause)
    judge(status, headers)
    if inside.headers is not None:
        headers, body = inside.headers, b"".join(inside.body)
    parts, end = tuple(map(Part.of, placed(page.parts or (), body))), b""
    if parts:
        body, end = split(body, script_of(page.caches.settings))
    within = current_scope()
    assert isinstance(within, FunctionScope)
    if page.inner is not None:
        within.note(page.inner, page.tags)
        # The shortest of what it used, were that longer than the life of what says nothing.
        within.limit((name, getattr(page.inner, name)) for name in ("stale", "revalidate", "expire"))
    within.label((path_tag(page.path),))
    within.since = page.since
    return Shell(kept(headers), body, parts, end)


def _ask(app: WSGIApplication, target: Target, page: AheadScope, inside: Inside) -> Answer:
    set_scope(page)
    rendering.set(inside)
    began: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        began.append((status, headers))
        return written.append

    pieces: Iterable[bytes] = app(_environ(target), start_response)
    try:
        written.extend(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    status, headers = began[-1]
    return int(status[:3]), headers, b"".join(written)


def _environ(target: Target) -> dict[str, Any]:
    host, _, port = target.asked_host.partition(":")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": target.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": host,
        "SERVER_PORT": port or ("443" if target.scheme == "https" else "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": target.asked_host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": target.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


async def _ask_asgi(app: AsgiApplication, scope: dict[str, Any]) -> Answer:
    from asyncio import Event

    asked = False
    started: dict[str, Any] = {}
    written: list[bytes] = []

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await Event().wait()  # nobody hangs up
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        elif message["type"] == "http.response.body":
            written.append(message.get("body", b""))

    await app(scope, receive, send)
    return started["status"], decoded(started.get("headers", ())), b"".join(written)


def _scope(target: Target) -> dict[str, Any]:
    host, _, port = target.asked_host.partition(":")
    raw = target.path.encode("utf-8", "surrogateescape")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": target.scheme,
        "path": target.path,
        "raw_path": raw,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", target.asked_host.encode("ascii"))],
        "client": ("127.0.0.1", 0),
        "server": (host, int(port) if port else (443 if target.scheme == "https" else 80)),
    }
