"""Calls of server functions: answered where Django would call a view, when other middlewares have seen the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from django.db import close_old_connections

from directives.cache.scope import current_scope
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.forms.submission import current_shown
from directives.http.events import outlives_request
from directives.http.loop import iterate
from directives.http.loop import run
from directives.http.scopes import PageScope
from directives.http.serving import Serving
from directives.integrations.django.again import call_view
from directives.integrations.django.again import finished
from directives.integrations.django.requests import Hosts
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

View = Callable[..., Any]


class CallScope(PageScope):
    """The answer to a request that is the endpoint's; where it is a form's, its page may be made after all."""


class Calls:
    """What the middleware answers itself: calls at the endpoint, and forms that a page posts to itself.

    Args:
        get_response: What is inside, as Django passes it.
        on_loop: Whether the project is served by ASGI.

    Attributes:
        serving: Gives the endpoint.
        shells: The pages that were rendered ahead, and deferred parts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any], *, on_loop: bool) -> None:
        self._get_response = get_response
        self._hosts = Hosts()
        plain = in_sensitive_thread if on_loop else here
        self.serving = Serving(runtime, PageRequest, on_loop=on_loop, around=translation(plain), plain=plain)
        self.shells = DjangoShells(runtime, self._visit, on_loop=on_loop)

    def is_draft(self, request: HttpRequest) -> bool:
        """Whether a request asks for drafts, and may."""
        return self.serving.is_draft(request.META.get("HTTP_COOKIE"))

    def begins(self, request: HttpRequest) -> bool:
        """Whether a request is the endpoint's; then its body can be read twice."""
        is_call = self._claims(request)
        if is_call and request.method == "POST":
            make_readable_twice(request, self.serving.settings.upload_size_limit)
        return is_call

    def answered(self, request: HttpRequest) -> Any:
        """The response to what is the endpoint's: by ``answer``, or by the view of a form's page that is made anew."""
        page = CallScope(self.serving, request.path_info, request)
        outside = set_scope(page)
        try:
            return finished(request, self.shells.complete(self._get_response(request), page))
        finally:
            reset_scope(outside)
            current_shown.set(None)

    async def answered_on_loop(self, request: HttpRequest) -> Any:
        """See ``answered``."""
        page = CallScope(self.serving, request.path_info, request)
        outside = set_scope(page)
        try:
            response = await self._get_response(request)
            return finished(request, await self.shells.complete_on_loop(response, page))
        finally:
            reset_scope(outside)
            current_shown.set(None)

    def answer(self, request: HttpRequest, view: View) -> Any:
        """The response to a call, when Django has found its view; ``None`` for what is a view's to answer."""
        page = self._scope_of(request, view)
        if page is None:
            return None
        endpoint = self.serving.endpoint()
        body = body_of(request)
        headers = RequestHeaders(request)
        value = value_of(request, self._hosts.of(request), headers, body)
        transactions = Transactions()
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

    async def answer_on_loop(self, request: HttpRequest, view: View) -> Any:
        """See ``answer``."""
        page = self._scope_of(request, view)
        if page is None:
            return None
        endpoint = self.serving.endpoint()
        headers = RequestHeaders(request)
        value = value_of(request, self._hosts.of(request), headers, body_of(request))
        transactions = Transactions()
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

    def _scope_of(self, request: HttpRequest, view: View) -> PageScope | None:
        """What a call is answered in; ``None`` for what is none."""
        scope = current_scope()
        if type(scope) is CallScope:
            return scope
        return self._visit(request) if view is called and self._claims(request) else None  # a GET of a call

    def _visit(self, request: HttpRequest) -> PageScope:
        return PageScope(self.serving, request.path_info, request)

    def _claims(self, request: HttpRequest) -> bool:
        return self.serving.endpoint().claims(request.method or "", request.path_info, query_of(request))
