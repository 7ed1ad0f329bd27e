"""The middleware: gives pages their request, and answers calls of server functions where Django would call a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.utils.decorators import sync_and_async_middleware

from directives.cache.ahead import AheadScope
from directives.cache.scope import current_scope
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.http.scopes import PageScope
from directives.integrations.django.calls import Calls
from directives.integrations.django.checks import misplaced
from directives.integrations.django.urls import called

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["DirectivesMiddleware"]

View = Callable[..., Any]


@sync_and_async_middleware  # type: ignore[untyped-decorator]  # Django has no annotations
def DirectivesMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802
    """Answers calls of server functions inside the middlewares before it, in the place of a view.

    Calls at the endpoint, and forms that a page posts to itself; other middlewares have seen the request, with the page's
    view, as Django's "Middleware" says of ``process_view``: ``CsrfViewMiddleware`` has checked the form's token.

    Args:
        get_response: What is inside, as Django passes it.

    Raises:
        ImproperlyConfigured: It stands in the wrong place of ``MIDDLEWARE``; says in which.
    """
    problem = misplaced()
    if problem is not None:
        raise ImproperlyConfigured(problem)
    return on_loop(get_response) if iscoroutinefunction(get_response) else in_thread(get_response)


# Both are functions, with what they need in closures, for each page asks: an object that is called is reached by way of its
# type, and reaches what it needs by way of itself.


def in_thread(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """The middleware of a project that is served by WSGI."""
    calls = Calls(get_response, on_loop=False)
    serving, shells = calls.serving, calls.shells
    target_of, answer = shells.target, calls.answer

    def middleware(request: HttpRequest) -> Any:
        """Answer one request."""
        if type(current_scope()) is AheadScope:
            return get_response(request)
        path = request.path_info
        target = target_of(request, path)
        if target is not None and not calls.is_draft(request):
            shell = shells.answer(target, request)
            if shell is not None:
                return shell
        if request.method != "GET" and calls.begins(request):
            return calls.answered(request)
        page = PageScope(serving, path, request)
        outside = set_scope(page)
        try:
            response = get_response(request)
            if page.parts or page.private or page.inner is not None:
                response = shells.complete(response, page)
            return response
        finally:
            reset_scope(outside)

    def process_view(request: HttpRequest, view: View, args: Any, kwargs: Any) -> Any:
        return answer(request, view) if view is called or request.method != "GET" else None

    return with_view(middleware, process_view)


def on_loop(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """The middleware of a project that is served by ASGI."""
    calls = Calls(get_response, on_loop=True)
    serving, shells = calls.serving, calls.shells
    target_of, answer = shells.target, calls.answer_on_loop

    async def middleware(request: HttpRequest) -> Any:
        """Answer one request."""
        if type(current_scope()) is AheadScope:
            return await get_response(request)
        path = request.path_info
        target = target_of(request, path)
        if target is not None and not calls.is_draft(request):
            shell = await shells.answer_on_loop(target, request)
            if shell is not None:
                return shell
        if request.method != "GET" and calls.begins(request):
            return await calls.answered_on_loop(request)
        page = PageScope(serving, path, request)
        outside = set_scope(page)
        try:
            response = await get_response(request)
            if page.parts or page.private or page.inner is not None:
                response = await shells.complete_on_loop(response, page)
            return response
        finally:
            reset_scope(outside)

    async def process_view(request: HttpRequest, view: View, args: Any, kwargs: Any) -> Any:
        return await answer(request, view) if view is called or request.method != "GET" else None

    return with_view(middleware, process_view)


def with_view(middleware: Callable[[HttpRequest], Any], process_view: View) -> Callable[[HttpRequest], Any]:
    """A middleware that Django asks again when it knows the view."""
    whole: Any = middleware
    whole.process_view = process_view
    return middleware
