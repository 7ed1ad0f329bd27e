"""Pages that were rendered ahead, as Django's responses; and deferred parts of those that were not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from functools import cached_property
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING
from typing import Any

from django.db import connections
from django.http import HttpRequest
from django.http import HttpResponse
from django.http import StreamingHttpResponse

from directives.forms.submission import current_shown
from directives.http.lifetimes import with_lifetime
from directives.http.loop import iterate
from directives.shell.markup import headers_of
from directives.shell.markup import in_place
from directives.shell.markup import is_fetched
from directives.shell.markup import is_html
from directives.shell.markup import placed
from directives.shell.markup import script_of
from directives.shell.markup import split
from directives.shell.render import render_asgi
from directives.shell.render import render_wsgi
from directives.shell.shells import READING
from directives.shell.shells import Shells
from directives.shell.stream import contents

if TYPE_CHECKING:
    from directives.http.scopes import PageScope
    from directives.runtime import Runtime
    from directives.shell.near import Near
    from directives.shell.page import Shell
    from directives.shell.parts import Deferred
    from directives.shell.parts import Part
    from directives.shell.target import Target

Visit = Callable[[HttpRequest], "PageScope"]
Headers = list[tuple[str, str]]


class DjangoShells(Shells[HttpRequest]):
    """Answers requests of pages that were rendered ahead, inside the middlewares before ours.

    A page is rendered anew by the whole project, as its server would ask it.

    Args:
        runtime: The runtime.
        visit: Makes what the deferred parts of a page are called in.
        on_loop: Whether the project is served by ASGI.
    """

    def __init__(self, runtime: Runtime, visit: Visit, *, on_loop: bool) -> None:
        super().__init__(runtime)
        self._visit = visit
        self._on_loop = on_loop

    def answer(self, target: Target, request: HttpRequest) -> Any:
        """The response to a request; ``None`` if it is a view's to answer.

        Args:
            target: The page that it asks for.
            request: Django's request; nobody's draft.
        """
        near = self.find(target, self._render)
        return None if near is None or not_for(request, near) else self._response(request, near)

    async def answer_on_loop(self, target: Target, request: HttpRequest) -> Any:
        """See ``answer``."""
        near = await self.find_async(target, self._render_on_loop)
        return None if near is None or not_for(request, near) else self._response(request, near)

    def host_of(self, request: HttpRequest) -> str | None:
        """See ``Shells``."""
        host: str | None = request.META.get("HTTP_HOST")
        return host

    def fits(self, request: HttpRequest) -> bool:
        """See ``Shells``."""
        elsewhere = request.META.get("QUERY_STRING") or request.path != request.path_info
        return not elsewhere and request.method in READING

    def _response(self, request: HttpRequest, near: Near) -> Any:
        now = self.monotonic()
        condition = request.META.get("HTTP_IF_NONE_MATCH")
        if condition is not None and near.is_known(condition):
            return _with(HttpResponse(status=304), near.unchanged(now))
        shell = near.shell
        if shell.parts and request.method == "GET":
            body = self.streamed(shell.body, shell.parts, shell.end, self._visit(request))
            return _with(StreamingHttpResponse(body), near.headers(now))
        return _with(HttpResponse(shell.body), near.headers(now))

    def complete(self, response: Any, page: PageScope) -> Any:
        """The response of a view, with what its page has learnt: what it defers, and how long it may be kept.

        Args:
            response: The response.
            page: What has learnt of it.

        Raises:
            DeferredError: The page has no place for what it defers.
        """
        parts = placed_in(response, page)
        if parts:
            if is_taken_whole(page):
                response = put_together(response, iterate(self._contents(parts, page)))
            else:
                response = self._streaming(response, parts, page)
        return with_its_lifetime(response, page)

    async def complete_on_loop(self, response: Any, page: PageScope) -> Any:
        """See ``complete``."""
        parts = placed_in(response, page)
        if parts:
            if is_taken_whole(page):
                response = put_together(response, [each async for each in self._contents(parts, page)])
            else:
                response = self._streaming(response, parts, page)
        return with_its_lifetime(response, page)

    def _streaming(self, response: Any, parts: Sequence[Deferred], page: PageScope) -> Any:
        shown, end = split(response.content, script_of(page.caches.settings))
        body = self.streamed(shown, parts, end, page)
        streamed = StreamingHttpResponse(body, status=response.status_code)
        streamed.cookies = response.cookies
        return _with(streamed, headers_of(response.items()))

    def _contents(self, parts: Sequence[Deferred | Part], page: PageScope) -> AsyncGenerator[bytes, None]:
        return contents(parts, page, partial(connections_of_a_thread, get_ident()))

    def streamed(
        self,
        shown: bytes,
        parts: Sequence[Deferred | Part],
        end: bytes,
        page: PageScope,
    ) -> AsyncIterator[bytes] | Iterator[bytes]:
        """A page with its deferred parts: what can be shown, then each part as it is ready."""

        async def pieces() -> AsyncGenerator[bytes, None]:
            yield shown
            async for piece in self._contents(parts, page):
                yield piece
            yield end

        return pieces() if self._on_loop else iterate(pieces())

    @cached_property
    def _project(self) -> Any:
        from django.core.handlers.asgi import ASGIHandler
        from django.core.handlers.wsgi import WSGIHandler

        return ASGIHandler() if self._on_loop else WSGIHandler()

    def _render(self, target: Target) -> Shell:
        return render_wsgi(self._project, target)

    async def _render_on_loop(self, target: Target) -> Shell:
        return await render_asgi(self._project, target)


def not_for(request: HttpRequest, near: Near) -> bool:
    """Whether a script asks for a page with deferred parts, which is put together for it as a whole."""
    return bool(near.shell.parts) and request.META.get("HTTP_SEC_FETCH_DEST") == "empty"


def is_taken_whole(page: PageScope) -> bool:
    """Whether nothing of a page can be streamed: a script asks for it, or it is held until a form's reply is known."""
    return current_shown.get() is not None or is_fetched(page.request)


def placed_in(response: Any, page: PageScope) -> Sequence[Deferred]:
    """The deferred parts that have a place in a response."""
    if not page.parts or response.streaming or not is_html(response.items()):
        return ()
    return placed(page.parts, response.content)


def put_together(response: Any, pieces: Iterable[bytes]) -> Any:
    """The response with its parts where they belong."""
    response.content = in_place(response.content, pieces)
    return _with(response, headers_of(response.items()))


def with_its_lifetime(response: Any, page: PageScope) -> Any:
    """The response, with what is to be said of its lifetime if it is made of anything cached."""
    if page.private or page.inner is not None:
        for name, value in with_lifetime(list(response.items()), page):
            response.headers[name] = value
    return response


@contextmanager
def connections_of_a_thread(outside: int) -> Iterator[None]:
    """The thread of a deferred part ends with the response, and the connections that it has opened end with it.

    Args:
        outside: The thread of the request, which keeps its own.
    """
    try:
        yield
    finally:
        if get_ident() != outside:
            connections.close_all()


def _with(response: Any, headers: Headers) -> Any:
    with suppress(KeyError):
        del response.headers["Content-Type"]
    for name, value in headers:
        response.headers[name] = value
    return response
