"""What the endpoint gives to read."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from directives.functions import Call
from directives.functions import Started
from directives.http import Endpoint
from directives.http import HttpRequest
from directives.http import HttpResponse
from directives.http.resources import Document
from directives.settings import Settings
from tests.answering import scope_of
from tests.http.calling import header
from tests.http.calling import request

SCRIPT = b"export const a = 1\n" * 100


def broken(request: HttpRequest, rest: str) -> HttpResponse | None:
    raise RuntimeError("the disk is gone")


TABLE = {
    "a.js": lambda request, rest: None if rest else Document("text/javascript", SCRIPT).answer(request),
    "deep": lambda request, rest: Document("text/plain", rest.encode(), immutable=True).answer(request),
    "broken": broken,
}


def never(call: Call) -> Started:
    raise AssertionError("a resource is no call")


def get(path: str, method: str = "GET", **headers: str) -> HttpResponse:
    """The response of an endpoint with some resources."""
    endpoint = Endpoint(Settings(Path("/nowhere")), never, scope_of, resources=TABLE)
    return asyncio.run(endpoint.handle(request(f"/_directives/{path}", method=method, **headers)))


def test_a_resource_is_found_by_its_name() -> None:
    """GET answers the content with its type, not to be guessed at, and to be asked for again."""
    reply = get("a.js")
    assert (reply.status, reply.body) == (200, SCRIPT)
    assert header(reply, "Content-Type") == "text/javascript"
    assert header(reply, "Content-Length") == str(len(SCRIPT))
    assert header(reply, "X-Content-Type-Options") == "nosniff"
    assert header(reply, "Cache-Control") == "no-cache"


def test_what_is_behind_the_name_goes_to_the_resource() -> None:
    """The rest of the path is given without its slash; an immutable document says so."""
    reply = get("deep/shop/actions.js")
    assert reply.body == b"shop/actions.js"
    assert "immutable" in header(reply, "Cache-Control")


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*"])
def test_a_browser_that_unpacks_gets_it_packed(accepted: str) -> None:
    """Content-Encoding is gzip where it is accepted, and caches are told that it depends."""
    reply = get("a.js", accept_encoding=accepted)
    assert isinstance(reply.body, bytes)
    assert gzip.decompress(reply.body) == SCRIPT
    assert header(reply, "Content-Encoding") == "gzip"
    assert header(reply, "Content-Length") == str(len(reply.body))
    assert header(reply, "Vary") == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0"])
def test_another_one_gets_it_plain(accepted: str) -> None:
    """Nothing is packed for who does not unpack."""
    assert get("a.js", accept_encoding=accepted).body == SCRIPT


def test_a_browser_that_has_it_is_told_so() -> None:
    """304 without a body for the ETag that was given, however it was packed, 200 for another."""
    etag = header(get("a.js", accept_encoding="gzip"), "ETag")
    reply = get("a.js", if_none_match=f'"other", {etag}')
    assert (reply.status, reply.body, header(reply, "ETag")) == (304, b"", etag)
    assert get("a.js", if_none_match='W/"other"').status == 200


def test_head_has_the_headers_alone() -> None:
    """HEAD is a GET without its content."""
    reply, whole = get("a.js", "HEAD"), get("a.js")
    assert (reply.status, reply.body, reply.headers) == (200, b"", whole.headers)


def test_what_a_resource_has_not_is_404() -> None:
    """Told apart from the application's own 404 by its kind."""
    reply = get("a.js/more")
    assert (reply.status, header(reply, "X-Directives-Error")) == (404, "not-found")


def test_a_resource_is_only_read() -> None:
    """Other methods are 405 and learn which ones there are."""
    reply = get("a.js", "DELETE")
    assert (reply.status, header(reply, "Allow")) == (405, "GET, HEAD")


def test_every_other_path_is_for_calls() -> None:
    """A name that is in no table is the ID of a function, which is called with POST."""
    reply = get("b.js")
    assert (reply.status, header(reply, "Allow")) == (405, "POST")


def test_a_resource_that_fails_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """500 with a digest; the log has the rest."""
    reply = get("broken")
    assert reply.status == 500
    assert isinstance(reply.body, bytes)
    assert b"disk" not in reply.body
    assert "the disk is gone" in caplog.text
