"""The page of a form, made anew by Django itself: the request becomes a GET, and the view is called as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import NamedTuple

from django.http import HttpRequest as DjangoRequest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from directives.cache.scope import set_scope
from directives.forms.submission import Shown
from directives.forms.submission import Submission
from directives.forms.submission import current_shown
from directives.http.again import answer
from directives.http.again_wsgi import environ_again
from directives.http.messages import HttpResponse
from directives.integrations.django.requests import PageRequest
from directives.integrations.django.requests import RequestHeaders
from directives.integrations.django.terms import django_response
from directives.integrations.django.terms import write_headers

if TYPE_CHECKING:
    from directives.http.scopes import PageScope

KEPT: Final = "_directives_again"
# What Django has read of the form, and reads again of the page when it is asked for.
READ: Final = ("COOKIES", "GET", "accepted_types", "headers")


class Again(NamedTuple):
    """A form whose page is made anew.

    Attributes:
        reply: The endpoint's reply to it.
        headers: Those of its request; they know which cookies to set.
        made: What the page is told.
    """

    reply: HttpResponse
    headers: RequestHeaders
    made: Shown


def call_view(
    request: DjangoRequest, page: PageScope, reply: HttpResponse, told: Submission, headers: RequestHeaders
) -> None:
    """Have Django go on to the view of a form's page, as after a ``process_view`` that has no response.

    Args:
        request: The request, which becomes a GET.
        page: What lets the view see it.
        reply: The endpoint's reply to the form.
        told: What the page is told.
        headers: Those of the form's request.
    """
    made = Shown(told)
    current_shown.set(made)
    setattr(request, KEPT, Again(reply, headers, made))
    become_page(request, reply)
    page.request = PageRequest(request)
    set_scope(page)


def become_page(request: DjangoRequest, reply: HttpResponse) -> None:
    """Make the request of a form one of its page, whose view and arguments it has already."""
    meta: dict[str, Any] = environ_again(request.META, reply)
    whole: Any = request
    whole.META = meta
    if hasattr(whole, "environ"):
        whole.environ = meta
    whole.method, whole.content_type, whole.content_params = "GET", "", {}
    whole._post, whole._files, whole._body = QueryDict(), MultiValueDict(), b""
    for name in READ:
        vars(whole).pop(name, None)


def finished(request: DjangoRequest, response: Any) -> Any:
    """The response to a request: to a form whose page was made anew, the page or what the endpoint has replied.

    Args:
        request: The request.
        response: The response of its view.
    """
    again: Again | None = getattr(request, KEPT, None)
    if again is None:
        return response
    cookies = [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
    # What comes in pieces is not held, so it is no page to show.
    status, content = (500, b"") if response.streaming else (response.status_code, response.content)
    held = HttpResponse(status, [*response.items(), *cookies], content)
    reply = answer(again.reply, held, again.made)
    if reply is again.reply:
        return django_response(reply, again.headers)
    response.status_code, response.content = reply.status, reply.body
    for name in list(response.headers):
        del response.headers[name]
    write_headers(response, reply.headers)
    response.cookies.update(again.headers.cookies)
    return response
