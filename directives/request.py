"""The request being answered, as server functions and pages see it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING
from typing import NoReturn
from typing import Protocol

from directives.cache.scope import PRIVATE
from directives.cache.scope import RequestScope
from directives.cache.scope import current_scope
from directives.cache.scope import request_of
from directives.errors import CacheScopeError
from directives.errors import DirectivesError
from directives.errors import NoRequestError

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers
    from werkzeug.datastructures import ImmutableMultiDict

    from directives.cache.function import CachedFunction
    from directives.cache.scope import Scope
    from directives.cookies import CookieChanges
    from directives.cookies import Cookies
    from directives.drafts import DraftMode

__all__ = ["Redirect", "connection", "cookies", "draft_mode", "headers", "redirect", "search_params"]

SCHEME = re.compile(r"([^/?#]*?):")
FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")  # browsers strip or reinterpret these when they read a URL


class CurrentRequest(Protocol):
    """What this room has to know of a request."""

    @property
    def headers(self) -> Headers:
        """The headers."""
        ...

    @property
    def query(self) -> str:
        """The query string, without a question mark."""
        ...

    @property
    def root(self) -> str:
        """The path that the application is mounted at."""
        ...


def current_request() -> CurrentRequest | None:
    """The request being answered, for what is not of the caches; ``None`` where there is none to see."""
    scope = current_scope()
    while scope is not None and scope.kind == PRIVATE:
        scope = scope.parent
    return scope.request if isinstance(scope, RequestScope) else None


def cookies() -> Cookies:
    """The cookies that came with the current request; a server function sets others by ``set`` and ``delete``.

    See Next.js, "cookies".

    Raises:
        NoRequestError: No request is being answered.
        CacheScopeError: A cached function is being computed, one that may not see the request.
    """
    from werkzeug.http import parse_cookie

    from directives.cookies import Cookies

    request, scope = current("cookies"), current_scope()
    is_computing = scope is not None and scope.function is not None
    changes: CookieChanges | None = None if is_computing else getattr(request, "changes", None)
    return Cookies(parse_cookie(request.headers.get("cookie")), changes)


def headers() -> Headers:
    """The headers of the current request, read-only.

    See Next.js, "headers".

    Raises:
        NoRequestError: No request is being answered.
        CacheScopeError: A cached function is being computed, one that may not see the request.
    """
    return current("headers").headers


def search_params() -> ImmutableMultiDict[str, str]:
    """The parameters of the current URL's query, without those that name a server function.

    See Next.js, "searchParams".

    Raises:
        NoRequestError: No request is being answered.
        CacheScopeError: A cached function is being computed, one that may not see the request.
    """
    from urllib.parse import parse_qsl

    from werkzeug.datastructures import ImmutableMultiDict

    pairs = parse_qsl(current("search_params").query, keep_blank_values=True)
    return ImmutableMultiDict([(name, value) for name, value in pairs if name != "_directives"])


def connection() -> None:
    """Say that what follows needs a request: it is never rendered ahead of one.

    See Next.js, "connection".

    Raises:
        NoRequestError: No request is being answered.
        CacheScopeError: A cached function is being computed, one that may not see the request.
    """
    current("connection")


def draft_mode() -> DraftMode:
    """Whether this visitor sees drafts: pages and cached functions run for each of their requests, and nothing is kept.

    A server function lets a visitor in, and says by its access policy whom::

        @requires(is_editor)
        async def preview():
            'use server'
            draft_mode().enable()

    Unlike ``cookies()`` it may be asked in a cached function, whose result is not kept where the answer is yes.

    See Next.js, "draftMode".
    """
    from directives.drafts import DraftMode

    scope = current_scope()
    return DraftMode(_sees_drafts(scope), _let_in)


def _sees_drafts(scope: Scope | None) -> bool:
    if scope is None or scope.fresh:
        return scope is not None
    request = request_of(scope)
    if request is None or not request.serves:
        return False
    from directives.drafts import COOKIE
    from directives.drafts import is_draft
    from directives.secret_keys import load_secret_keys

    settings = request.caches.settings
    return is_draft(f"{COOKIE}={cookies().get(COOKIE)}", lambda: load_secret_keys(settings))


def _let_in(enter: bool) -> None:
    from directives.cache.process import current_caches
    from directives.drafts import COOKIE
    from directives.drafts import draft_token
    from directives.secret_keys import load_secret_keys

    if enter:
        settings = current_caches().settings
        # Browsers take such a cookie from localhost, too, but not all of them do.
        cookies().set(COOKIE, draft_token(load_secret_keys(settings)), secure=not settings.debug)
    else:
        cookies().delete(COOKIE)


class Redirect(DirectivesError):
    """What ``redirect`` raises; the endpoint answers with it.

    Attributes:
        url: Where to go.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def redirect(url: str) -> NoReturn:
    """End a server function by sending its caller to another page.

    A plain form is answered with status 303 and ``Location``; a program is told the URL. Like any
    exception, what this raises is caught by ``except Exception``: call it outside of such a block.

    Args:
        url: A path (``/thanks``), a relative URL or an address that begins with ``http://`` or
            ``https://``. Never build its host from what a caller sent.

    Raises:
        Redirect: Always, if ``url`` is one to go to.
        ValueError: ``url`` has another scheme, such as ``javascript:``, or holds a space, a
            backslash or a control character.

    See Next.js, "redirect".
    """
    check_target(url)
    raise Redirect(url)


def check_target(url: str) -> None:
    """Raise ``ValueError`` for what a browser must not be sent to."""
    if type(url) is not str or not url or FORBIDDEN.search(url):
        raise ValueError("redirect() needs a URL without spaces, backslashes or control characters")
    scheme = SCHEME.match(url)
    if scheme is not None and scheme[1].lower() not in ("http", "https"):
        raise ValueError("redirect() goes to http and https addresses and to paths only")


def current(name: str) -> CurrentRequest:
    """The request being answered, for the function ``name`` that calls this; raises what ``headers`` does."""
    scope = current_scope()
    if scope is not None:
        if scope.function is not None:
            _refuse_in_cache(name, scope.function)
        scope.postpone(f"{name}()")
    request = current_request()
    if request is None:
        raise NoRequestError(
            f"{name}() was called while no request is being answered; call it in a server function, or in a page "
            "of an application that is wrapped in DirectivesMiddleware"
        )
    return request


def _refuse_in_cache(name: str, cached: CachedFunction) -> None:
    """Raise where a request's data would get into a result that is kept."""
    if name == "connection":
        why, fix = (
            "no result can be kept of what has to wait for a request",
            "Call it outside of cached functions.",
        )
    elif cached.is_private:
        return
    else:
        why = "its result is served to everybody, and this belongs to one user"
        fix = "Read it outside and pass what matters as an argument, or begin the function with 'use cache: private'."
    error = CacheScopeError(
        f"{name}() was called while {cached.name} ('{cached.record.directive}') was being computed: {why}. {fix}"
    )
    from directives.cache.callsite import underline

    error.add_note(underline(sys._getframe(3)))
    raise error
