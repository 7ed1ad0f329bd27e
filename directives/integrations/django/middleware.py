"""The middleware: answers calls of server functions where Django would call a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from asgiref.sync import iscoroutinefunction
from asgiref.sync import markcoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections

from directives.cache.ahead import AheadScope
from directives.cache.scope import current_scope
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.forms.submission import current_shown
from directives.http.events import outlives_request
from directives.http.lifetimes import with_lifetime
from directives.http.loop import iterate
from directives.http.loop import run
from directives.http.scopes import PageScope
from directives.http.serving import Serving
from directives.integrations.django.again import call_view
from directives.integrations.django.again import finished
from directives.integrations.django.checks import misplaced
from directives.integrations.django.requests import PageRequest
from directives.integrations.django.requests import RequestHeaders
from directives.integrations.django.requests import body_of
from directives.integrations.django.requests import make_readable_twice
from directives.integrations.django.requests import query_of
from directives.integrations.django.requests import value_of
from directives.integrations.django.shells import DjangoShells
from directives.integrations.django.terms import django_response
from directives.integrations.django.terms import translation
from directives.integrations.django.threads import here
from directives.integrations.django.threads import in_sensitive_thread
from directives.integrations.django.threads import kept_here
from directives.integrations.django.transactions import Transactions
from directives.integrations.django.urls import called
from directives.runtime import runtime

if TYPE_CHECKING:
    from django.http import HttpRequest

    from directives.http.endpoint import Endpoint
    from directives.http.messages import HttpRequest as Request
    from directives.http.messages import HttpResponse

__all__ = ["DirectivesMiddleware"]

View = Callable[..., Any]


class DirectivesMiddleware:
    """Answers calls of server functions inside the middlewares before it, in the place of a view.

    Calls at the endpoint, and forms that a page posts to itself; other middlewares have seen the request, with the page's
    view, as Django's "Middleware" says of ``process_view``: ``CsrfViewMiddleware`` has checked the form's token.

    Args:
        get_response: What is inside, as Django passes it.

    Raises:
        ImproperlyConfigured: It stands in the wrong place of ``MIDDLEWARE``; says in which.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        problem = misplaced()
        if problem is not None:
            raise ImproperlyConfigured(problem)
        self._get_response = get_response
        self._on_loop = iscoroutinefunction(get_response)
        if self._on_loop:
            markcoroutinefunction(self)
        plain = in_sensitive_thread if self._on_loop else here
        around = translation(plain)
        self._serving = Serving(runtime, PageRequest, on_loop=self._on_loop, around=around, plain=plain)
        self._shells = DjangoShells(runtime, self._visit, on_loop=self._on_loop)

    def __call__(self, request: HttpRequest) -> Any:
        """Answer one request, or await that in a project that is served by ASGI."""
        if type(current_scope()) is AheadScope:
            return self._get_response(request)
        if self._on_loop:
            return self._awaited(request)
        path = request.path_info
        target = self._shells.target(request, path)
        if target is not None and not self._is_draft(request):
            shell = self._shells.answer(target, request)
            if shell is not None:
                return shell
        if request.method != "GET" and self._begins_call(request):
            return self._called(request)
        page = PageScope(self._serving, path, request)
        outside = set_scope(page)
        try:
            get_response = self._get_response  # called as a method, it would be looked for in the class first
            response = get_response(request)
            if page.parts or page.private or page.inner is not None:
                response = self._complete(response, page)
            return response
        finally:
            reset_scope(outside)

    async def _awaited(self, request: HttpRequest) -> Any:
        path = request.path_info
        target = self._shells.target(request, path)
        if target is not None and not self._is_draft(request):
            shell = await self._shells.answer_on_loop(target, request)
            if shell is not None:
                return shell
        if request.method != "GET" and self._begins_call(request):
            return await self._called_on_loop(request)
        page = PageScope(self._serving, path, request)
        outside = set_scope(page)
        try:
            response = await self._get_response(request)
            if page.parts or page.private or page.inner is not None:
                response = await self._complete_on_loop(response, page)
            return response
        finally:
            reset_scope(outside)

    def _called(self, request: HttpRequest) -> Any:
        """The response to what is the endpoint's: by ``process_view``, or the view of a form's page that is made anew."""
        page = CallScope(self._serving, request.path_info, request)
        outside = set_scope(page)
        try:
            return finished(request, self._complete(self._get_response(request), page))
        finally:
            reset_scope(outside)
            current_shown.set(None)

    async def _called_on_loop(self, request: HttpRequest) -> Any:
        page = CallScope(self._serving, request.path_info, request)
        outside = set_scope(page)
        try:
            return finished(request, await self._complete_on_loop(await self._get_response(request), page))
        finally:
            reset_scope(outside)
            current_shown.set(None)

    def _complete(self, response: Any, page: PageScope) -> Any:
        """A response with what its page has learnt of it: what is deferred, and what is to be said of its lifetime."""
        if page.parts:
            response = self._shells.with_parts(response, page, whole=current_shown.get() is not None)
        return with_its_lifetime(response, page)

    async def _complete_on_loop(self, response: Any, page: PageScope) -> Any:
        if page.parts:
            whole = current_shown.get() is not None
            response = await self._shells.with_parts_on_loop(response, page, whole=whole)
        return with_its_lifetime(response, page)

    def _is_draft(self, request: HttpRequest) -> bool:
        return self._serving.is_draft(request.META.get("HTTP_COOKIE"))

    def _visit(self, request: HttpRequest) -> PageScope:
        return PageScope(self._serving, request.path_info, request)

    def _claims(self, request: HttpRequest) -> bool:
        return self._serving.endpoint().claims(request.method or "", request.path_info, query_of(request))

    def _begins_call(self, request: HttpRequest) -> bool:
        """Whether a request is the endpoint's; then its body can be read twice."""
        is_call = self._claims(request)
        if is_call and request.method == "POST":
            make_readable_twice(request, self._serving.settings.upload_size_limit)
        return is_call

    def _call_scope(self, request: HttpRequest, view: View) -> PageScope | None:
        """What a call is answered in; ``None`` for what is a view's to answer."""
        scope = current_scope()
        if type(scope) is CallScope:
            return scope
        return self._visit(request) if view is called and self._claims(request) else None  # a GET of a call

    @property
    def process_view(self) -> Callable[..., Any]:
        """What answers a call; Django asks which kind of function it is."""
        return self._answer_on_loop if self._on_loop else self._answer

    def _answer(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> Any:
        if view is not called and request.method == "GET":  # a page, as most are
            return None
        page = self._call_scope(request, view)
        if page is None:
            return None
        endpoint = self._serving.endpoint()
        body = body_of(request)
        headers = RequestHeaders(request)
        value, transactions = value_of(request, headers, body), Transactions()
        transactions.begin()
        try:
            reply = run(kept_here(endpoint.handle(value)))
        except BaseException:
            transactions.end(None)
            raise
        transactions.end(reply)
        if reply.status >= 400:
            body.discard()
        if reply.page is not None:
            return call_view(request, page, reply, reply.page, headers)
        if outlives_request(reply):
            close_old_connections()
        return django_response(reply, headers, iterate)

    async def _answer_on_loop(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> Any:
        if view is not called and request.method == "GET":  # a page, as most are
            return None
        page = self._call_scope(request, view)
        if page is None:
            return None
        endpoint = self._serving.endpoint()
        headers = RequestHeaders(request)
        value, transactions = value_of(request, headers, body_of(request)), Transactions()
        reply = await self._handled(endpoint, value, transactions)
        if reply.page is not None:
            return call_view(request, page, reply, reply.page, headers)
        if outlives_request(reply):
            await in_sensitive_thread(close_old_connections)
        return django_response(reply, headers)

    async def _handled(self, endpoint: Endpoint, value: Request, transactions: Transactions) -> HttpResponse:
        if not transactions.needed:
            return await endpoint.handle(value)
        await in_sensitive_thread(transactions.begin)
        try:
            reply = await endpoint.handle(value)
        except BaseException:
            await in_sensitive_thread(transactions.end, None)
            raise
        await in_sensitive_thread(transactions.end, reply)
        return reply


class CallScope(PageScope):
    """The answer to a request that is the endpoint's; where it is a form's, its page may be made after all."""


def with_its_lifetime(response: Any, page: PageScope) -> Any:
    """The response of a view, with what is to be said of its lifetime if it is made of anything cached.

    Args:
        response: The response, with what it defers.
        page: What has learnt what it is made of.
    """
    if page.private or page.inner is not None:
        for name, value in with_lifetime(list(response.items()), page):
            response.headers[name] = value
    return response
