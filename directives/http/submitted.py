"""What the page of a form is told of it, if it is made anew with the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from directives.forms import FormData
from directives.forms import FormError
from directives.forms.submission import Submission
from directives.http.media import JSON

if TYPE_CHECKING:
    from directives.functions import Call
    from directives.http.media import Media
    from directives.http.messages import HttpRequest
    from directives.http.messages import HttpResponse

PAGE_WANTED = "X-Directives-Page"
SHOWN = frozenset(
    {
        "arguments",
        "deadline",
        "expected",
        "forbidden",
        "internal",
        "sign-in-required",
        "unserializable-result",
    }
)
"""The kinds of errors that a page can show. The others are of requests that no page of today has made."""


def submission(
    request: HttpRequest, media: Media | None, call: Call | None, reply: HttpResponse
) -> Submission | None:
    """What the page is told of a form; ``None`` if the reply is all there is to say.

    Args:
        request: The request that brought the form.
        media: The notation of the reply; ``None`` for a person.
        call: The call that the form made, if it was read.
        reply: The reply.
    """
    said = reply.said or {}
    error = said.get("error")
    if call is None or (error is not None and error["kind"] not in SHOWN):
        return None
    if media is None:
        if error is None and "state" not in said:
            return None
    elif (
        media is not JSON
        or request.headers.get(PAGE_WANTED) != "1"
        or "redirect" in said
        or not isinstance(reply.body, bytes)
    ):
        return None
    state = said.get("state", call.state)
    if error is None:
        return Submission(call.function_id, call.bound, state)
    return Submission(call.function_id, call.bound, state, texts(call), form_error(error))


def texts(call: Call) -> FormData:
    """The fields of a form, without its files: those a page cannot fill in."""
    (form,) = call.args
    return FormData([(name, value) for name, value in form.items(multi=True) if type(value) is str])


def form_error(content: Mapping[str, Any]) -> FormError:
    """What an error reply says, for a page."""
    problems: dict[str, str] = {}
    for problem in content.get("problems", ()):
        problems.setdefault(problem["path"], problem["reason"])
    digest, kind, data = content.get("digest"), content.get("type"), content.get("data", {})
    return FormError(content["kind"], content["message"], problems, digest, kind, data)
