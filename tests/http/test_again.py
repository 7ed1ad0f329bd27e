"""Pages made anew for a form: which responses are pages, and what of them reaches the browser."""

from __future__ import annotations

import pytest

from directives.forms import FormError
from directives.forms.submission import Shown
from directives.forms.submission import Submission
from directives.http.again import answer
from directives.http.again import cookie_again
from directives.http.messages import HttpResponse
from tests.http.calling import header

PAGE = HttpResponse(200, [("Content-Type", "text/html; charset=utf-8")], b"<p>")
FAILED = HttpResponse(422, [("Content-Type", "text/plain"), ("X-Directives-Error", "arguments")], b"words")
DONE = HttpResponse(200, [("Content-Type", "application/json"), ("Content-Length", "8")], b'{"ok":1}')
ERROR = FormError("arguments", "no")


def told(*, seen: bool, error: FormError | None = ERROR) -> Shown:
    return Shown(Submission("id", error=error), seen)


@pytest.mark.parametrize(
    "page",
    [
        PAGE._replace(status=302),
        PAGE._replace(status=404),
        PAGE._replace(headers=[("Content-Type", "application/json")]),
        PAGE._replace(headers=[]),
    ],
)
def test_what_is_no_page_is_not_shown(page: HttpResponse) -> None:
    """The reply alone is the answer."""
    assert answer(FAILED, page, told(seen=True)) is FAILED
    assert answer(DONE, page, told(seen=False, error=None)) is DONE


def test_a_page_that_hides_the_error_is_not_shown() -> None:
    """One that looked at it has the status of the reply, and the headers of both, but not what they say of copies."""
    assert answer(FAILED, PAGE, told(seen=False)) is FAILED
    kept = [("Set-Cookie", "a=1"), ("Cache-Control", "max-age=60"), ("ETag", '"1"'), ("Vary", "Cookie")]
    reply = FAILED._replace(headers=[*FAILED.headers, ("Cache-Control", "no-store"), ("Set-Cookie", "b=2")])
    made = answer(reply, PAGE._replace(headers=[*PAGE.headers, *kept]), told(seen=True))
    assert (made.status, made.body) == (422, b"<p>")
    assert sorted(made.headers) == sorted([
        ("Content-Type", "text/html; charset=utf-8"),
        ("Set-Cookie", "a=1"),
        ("Vary", "Cookie"),
        ("X-Directives-Error", "arguments"),
        ("Cache-Control", "no-store"),
        ("Set-Cookie", "b=2"),
        ("Content-Length", "3"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/html; charset=latin-1", "ä".encode("latin-1"), '"\\u00e4"'),
        ('text/html; charset="utf-8"', "ä\u2028".encode(), '"\\u00e4\\u2028"'),
        ("text/html", b"\xff", '"\\ufffd"'),
    ],
)
def test_the_text_of_a_page_in_a_reply(content_type: str, body: bytes, text: str) -> None:
    """It is decoded by its own charset, and encoded as JSON."""
    page = PAGE._replace(headers=[("Content-Type", content_type)], body=body)
    made = answer(DONE, page, told(seen=False, error=None))
    assert made.body == b'{"ok":1,"page":' + text.encode() + b"}"
    assert header(made, "content-length") == str(len(made.body))


def test_a_page_that_cannot_be_read_is_left_out() -> None:
    """One that is packed, or of a charset that nobody knows: the runtime asks for the page itself."""
    packed = PAGE._replace(headers=[*PAGE.headers, ("Content-Encoding", "br")])
    unknown = PAGE._replace(headers=[("Content-Type", "text/html; charset=nope")])
    for page in (packed, unknown):
        assert answer(DONE, page, told(seen=False, error=None)) is DONE


def test_the_cookies_of_the_next_request() -> None:
    """Those that came, changed by what the reply sets."""
    reply = DONE._replace(
        headers=[
            ("Set-Cookie", "a=2; Path=/"),
            ("set-cookie", "b=; Max-Age=0; Path=/"),
            ("Set-Cookie", "c=3"),
        ]
    )
    assert cookie_again("a=1; b=1; d=4", reply) == "d=4; a=2; c=3"
    assert cookie_again(None, DONE) == ""
