"""The current request, as server functions and pages see it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest

from directives.errors import NoRequestError
from directives.request import Redirect
from directives.request import connection
from directives.request import cookies
from directives.request import headers
from directives.request import redirect
from directives.request import search_params
from tests.answering import answering
from tests.http.calling import request


@pytest.fixture
def _in_a_request() -> Iterator[None]:
    query = "a=1&a=2&b=%C3%A4&_directives=xyz.sealed&c="
    with answering(request("/page", query=query, cookie="name=v; other=%22x%22", x_custom="yes")):
        yield


@pytest.mark.usefixtures("_in_a_request")
def test_what_a_request_tells() -> None:
    """Cookies, headers and parameters are those of the request; what named our function is left out."""
    assert cookies()["name"] == "v"
    assert headers()["X-CUSTOM"] == "yes"
    assert list(search_params().items(multi=True)) == [("a", "1"), ("a", "2"), ("b", "ä"), ("c", "")]
    connection()


@pytest.mark.parametrize("ask", [cookies, headers, search_params, connection])
def test_outside_a_request(ask: Callable[[], Any]) -> None:
    """The error names the call and says where it works."""
    with pytest.raises(
        NoRequestError, match=rf"^{ask.__name__}\(\) was called while no request is being answered"
    ):
        ask()


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/a/b?c=d#e",
        "?page=2",
        "next",
        "../up",
        "//cdn.example/x",
        "https://shop.example/",
        "HTTP://x",
        "/time/12:30",
        "?at=12:30",
        "#x:y",
        "/ä",
    ],
)
def test_where_one_may_be_sent(url: str) -> None:
    """Paths, relative URLs and addresses of the web."""
    with pytest.raises(Redirect) as caught:
        redirect(url)
    assert caught.value.url == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)", "\x01javascript:x",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd", "/a\r\nSet-Cookie: x=1", "/a\nb", "/a b", "/\\evil.example",
        "", "/\x00", "/\x7f", 5, None, b"/bytes",
    ],
)  # fmt: skip
def test_where_nobody_may_be_sent(url: Any) -> None:
    """Other schemes, and characters that browsers or headers read as something else."""
    with pytest.raises(ValueError, match="redirect"):
        redirect(url)
