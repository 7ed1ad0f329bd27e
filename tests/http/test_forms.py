"""Forms sent to a page's own address."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.forms import FormData
from directives.functions import Call
from directives.functions import Format
from directives.http.forms import named_function
from directives.http.forms import own_url
from directives.http.forms import urlencoded_form
from directives.request import redirect
from directives.wire.budget import Budget
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import content
from tests.http.calling import error
from tests.http.calling import header

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"


def part(disposition: str, value: bytes, extra: str = "") -> bytes:
    return f"--XX\r\nContent-Disposition: form-data; {disposition}\r\n{extra}\r\n".encode() + value + b"\r\n"


async def save(form: FormData) -> dict[str, Any]:
    return {"names": form.getlist("name")}


async def leave(form: FormData) -> None:
    redirect("/thänks")


async def fail(form: FormData) -> None:
    raise ValueError("secret")


@pytest.fixture
def server() -> Server:
    return Server({"save": save, "leave": leave, "fail": fail})


def test_the_function_gets_the_fields_and_the_browser_goes_back_to_the_page(server: Server) -> None:
    """Post, redirect, get: 303 to the same address without what named the function."""
    response = server.submit("page=2&_directives=save.sealed-text&sort=a%20b", b"name=a&name=b+c&x=%C3%A4")
    assert (response.status, header(response, "location")) == (303, "/page?page=2&sort=a%20b")
    (call,) = server.calls
    assert call == Call("save", call.args, {}, "sealed-text", form=Format.FORM)
    (form,) = call.args
    assert type(form) is FormData
    assert list(form.items(multi=True)) == [("name", "a"), ("name", "b c"), ("x", "ä")]


def test_multipart_fields_and_files() -> None:
    """Files arrive as FileStorage beside the fields."""
    body = (
        part('name="name"', b"x")
        + part('name="photo"; filename="a.png"', b"\x89PNG", "Content-Type: image/png\r\n")
        + b"--XX--\r\n"
    )
    read = []

    async def take(form: FormData) -> None:
        read.append(form["photo"].read())

    server = Server({"take": take})
    assert server.submit("_directives=take", body, content_type=MULTIPART).status == 303
    form = server.calls[0].args[0]
    assert form["name"] == "x"
    assert type(form["photo"]) is FileStorage
    assert (form["photo"].filename, form["photo"].mimetype) == ("a.png", "image/png")
    assert read == [b"\x89PNG"]


def test_redirect_in_a_form(server: Server) -> None:
    """303 and Location, in ASCII."""
    response = server.submit("_directives=leave")
    assert (response.status, header(response, "location"), response.body) == (303, "/th%C3%A4nks", b"")


def test_errors_of_forms_are_text_for_people(server: Server) -> None:
    """A browser without scripts shows what it is sent: words and the digest, and no secret."""
    response = server.submit("_directives=fail", accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (response.status, header(response, "content-type")) == (500, "text/plain; charset=utf-8")
    assert b"The server function failed." in bytes(response.body)  # type: ignore[arg-type]
    assert b"secret" not in bytes(response.body)  # type: ignore[arg-type]
    assert header(response, "x-directives-error") == "internal"
    assert server.submit("_directives=nope").status == 404


def test_a_form_sent_by_a_program_is_answered_as_one(server: Server) -> None:
    """With an Accept header that asks for data, results, redirects and errors are data."""
    assert content(server.submit("_directives=save", b"name=a", accept=JSON)) == {"ok": {"names": ["a"]}}
    assert content(server.submit("_directives=leave", accept=JSON)) == {"redirect": "/thänks"}
    assert error(server.submit("_directives=fail", accept=JSON)) == (500, "internal")


def test_a_generator_called_by_a_form_runs_to_its_end() -> None:
    """Nobody reads its items, but its work is done."""
    seen = []

    async def generate(form: FormData) -> Any:
        for number in range(3):
            seen.append(number)
            yield number

    assert Server({"generate": generate}).submit("_directives=generate").status == 303
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/cbor", ""])
def test_other_content_types(server: Server, content_type: str) -> None:
    """A form is URL-encoded or multipart."""
    response = server.submit("_directives=save", content_type=content_type, accept=JSON)
    assert error(response) == (415, "unsupported-media-type")


def test_forms_of_foreign_origins(server: Server) -> None:
    """The origin is checked for forms as it is for calls."""
    assert server.submit("_directives=save", origin="https://evil.example").status == 403
    assert server.submit("_directives=save", sec_fetch_site="cross-site").status == 403
    assert server.calls == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (URLENCODED, b"\xff=1"),
        (URLENCODED, b"a=%ff"),
        (MULTIPART, b"no boundary in here"),
        (MULTIPART, b"--XX\r\n\r\n\r\n"),
        ("multipart/form-data", part('name="a"', b"1")),
        ("multipart/form-data; boundary=é", part('name="a"', b"1")),
        (MULTIPART, part('name="a"', b"1")),
    ],
)
def test_malformed_forms(server: Server, content_type: str, body: bytes) -> None:
    """What is no form is 400."""
    assert server.submit("_directives=save", body, content_type=content_type).status == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (URLENCODED, b"&".join([b"a=1"] * 1001)),
        (MULTIPART, part('name="a"', b"1") * 1001 + b"--XX--\r\n"),
        (MULTIPART, part('name="a"; filename="b"', b"1") * 101 + b"--XX--\r\n"),
    ],
)
def test_forms_with_too_many_parts(server: Server, content_type: str, body: bytes) -> None:
    """Fields and files count against one limit, files against another."""
    response = server.submit("_directives=save", body, content_type=content_type, accept=JSON)
    assert error(response) == (413, "too-large")
    assert server.calls == []


def test_fields_of_a_form_spend_its_budget() -> None:
    """Bytes and fields are counted by whoever decodes."""
    with pytest.raises(LimitExceeded):
        urlencoded_form(b"a=1234", Budget(bytes=5))
    with pytest.raises(DecodeError):
        urlencoded_form(b"a=%ff", Budget())


def test_a_large_form(server: Server) -> None:
    """Over the body limit it is 413."""
    assert server.submit("_directives=save", b"a=" + b"x" * (1 << 20)).status == 413


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("_directives=abc", ("abc", None)),
        ("a=1&_directives=abc.se-a_led&b=2", ("abc", "se-a_led")),
        ("_directives=abc.", ("abc", None)),
        ("_directives=", ("", None)),
        ("_directives=a&_directives=b", ("a", None)),
        ("a=1", None),
        ("x_directives=a", None),
    ],
)
def test_what_a_query_names(query: str, named: tuple[str, str | None] | None) -> None:
    """The ID stands before the first dot, the sealed values behind it."""
    assert named_function(query) == named


@pytest.mark.parametrize(
    ("root", "path", "query", "url"),
    [
        ("", "/", "_directives=x", "/"),
        ("", "/a b/ä", "a=1&_directives=x", "/a%20b/%C3%A4?a=1"),
        ("/shop", "/cart", "_directives=x&b", "/shop/cart?b"),
        ("", "//evil.example/x", "_directives=x", "/evil.example/x"),
        ("", "/\\evil.example", "_directives=x", "/%5Cevil.example"),
        ("", "\\\\evil.example", "_directives=x", "/%5C%5Cevil.example"),
        ("", "", "_directives=x", "/"),
        ("", "/100%", "_directives=x", "/100%25"),
        ("", "/a\r\nX: y", "_directives=x", "/a%0D%0AX:%20y"),
        ("", "/\udcff", "_directives=x", "/%FF"),
    ],
)
def test_the_way_back_never_leaves_the_site(root: str, path: str, query: str, url: str) -> None:
    """The address is a path of this host, whatever the path was."""
    assert own_url(root, path, query) == url
