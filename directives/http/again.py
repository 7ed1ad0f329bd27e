"""The page of a form, made anew within the form's own request: as by a GET, and told what became of the form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from directives.forms.submission import Shown
from directives.forms.submission import Submission
from directives.forms.submission import current_shown
from directives.http.lifetimes import STALE_TIME
from directives.http.media import JSON
from directives.http.media import PAGE_TYPES
from directives.http.media import mimetype
from directives.http.messages import HttpResponse

OK = 200
OVER = "Max-Age=0"
HTML = "text/html"
# What spoke of the form's body, of the reply to it, or of a copy of the page that the browser has.
OF_THE_FORM = frozenset({
    "accept-encoding", "content-encoding", "content-length", "content-type", "expect", "idempotency-key",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range", "transfer-encoding",
    "x-directives-page", "x-directives-timeout",
})  # fmt: skip
# What is not so of a page that is the answer to a form.
OF_THE_PAGE = frozenset({"age", "cache-control", "content-length", "etag", "expires", "last-modified"})
WRITTEN_ANEW = frozenset({"content-length", "content-type"})


@contextmanager
def shown(told: Submission) -> Iterator[Shown]:
    """Where a page is made that is told of a form.

    Args:
        told: The form.
    """
    made = Shown(told)
    token = current_shown.set(made)
    try:
        yield made
    finally:
        current_shown.reset(token)


def cookie_again(sent: str | None, reply: HttpResponse) -> str:
    """The header ``Cookie`` as the browser would send it next: what the function has set is so already.

    Args:
        sent: What it sent with the form.
        reply: The reply, with what it sets.
    """
    pairs = [pair.strip() for pair in (sent or "").split(";")]
    cookies = {pair.partition("=")[0]: pair for pair in pairs if pair}
    for name, value in reply.headers:
        if name.lower() == "set-cookie":
            pair, *attributes = (part.strip() for part in value.split(";"))
            key = pair.partition("=")[0]
            cookies.pop(key, None)
            if OVER not in attributes:
                cookies[key] = pair
    return "; ".join(cookies.values())


def answer(reply: HttpResponse, page: HttpResponse, made: Shown) -> HttpResponse:
    """The response to the form: the page, or the reply with the page in it, or the reply alone.

    The reply alone where the page is none to show: another status than 200, no HTML, or one that has not looked at the
    error that it was to tell.

    Args:
        reply: The endpoint's reply.
        page: The response of the page's view to a GET.
        made: What the page was told, and whether it looked.
    """
    types = [value for name, value in page.headers if name.lower() == "content-type"]
    fits = page.status == OK and isinstance(page.body, bytes) and mimetype("".join(types[:1])) in PAGE_TYPES
    if not fits or (made.submission.error is not None and not made.seen):
        return reply
    if ("Content-Type", JSON.type) in reply.headers:
        return _with_page(reply, page, types[0])
    return _as_page(reply, page)


def _as_page(reply: HttpResponse, page: HttpResponse) -> HttpResponse:
    """The page, with the status of the reply if that tells of an error."""
    assert isinstance(page.body, bytes), "a page that is held in memory"
    own = [
        (name, value)
        for name, value in reply.headers
        if name.lower() not in WRITTEN_ANEW and name != "Location"
    ]
    written = {name.lower() for name, _ in own} - {"set-cookie"} | OF_THE_PAGE
    headers = [(name, value) for name, value in page.headers if name.lower() not in written]
    status = reply.status if reply.status >= 400 else OK
    return HttpResponse(status, [*headers, *own, ("Content-Length", str(len(page.body)))], page.body)


def _with_page(reply: HttpResponse, page: HttpResponse, content_type: str) -> HttpResponse:
    """The reply to the browser's runtime, with the text of the page in it."""
    assert isinstance(page.body, bytes), "a page that is held in memory"
    assert isinstance(reply.body, bytes), "an object in JSON"
    if any(name.lower() == "content-encoding" for name, _ in page.headers):
        return reply
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'") or "utf-8"
    try:
        text = page.body.decode(charset, "replace")
    except LookupError:
        return reply
    body = reply.body[:-1] + b',"page":' + json.dumps(text).encode() + b"}"
    passed = [(name, value) for name, value in page.headers if name.lower() in ("set-cookie", STALE_TIME)]
    kept = [(name, value) for name, value in reply.headers if name != "Content-Length"]
    return HttpResponse(reply.status, [*kept, *passed, ("Content-Length", str(len(body)))], body)
