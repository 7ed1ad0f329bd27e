"""A page with forms in each kind of application, and a browser that sends them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from collections.abc import Iterable
from types import ModuleType
from typing import Any
from typing import Self

import httpx

from directives.asgi import DirectivesMiddleware as AsgiMiddleware
from directives.forms import action_state
from directives.forms import form_of
from directives.request import cookies
from directives.wsgi import DirectivesMiddleware as WsgiMiddleware

SCRIPT = {"accept": "application/json", "x-directives-page": "1"}
INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]+)">')

SHOP = """
    "use server"

    from directives.errors import ExpectedError
    from directives.forms import FormData, Upload
    from directives.request import cookies, redirect

    class SoldOut(ExpectedError, status=409):
        tea: str

        def __str__(self):
            return f"there is no {self.tea} left"

    ran = []

    async def count(previous: int, form: FormData) -> int:
        if form["step"] == "much":
            raise SoldOut("tea")
        ran.append((previous, form["step"]))
        return previous + int(form["step"])

    async def order(tea: str, quantity: int) -> str:
        if tea == "none":
            raise SoldOut(tea)
        if tea == "broken":
            raise ValueError("secret-of-the-function")
        if tea == "away":
            redirect("/thanks")
        cookies().set("last", tea)
        ran.append((tea, quantity))
        return tea

    async def silent(tea: str) -> None:
        raise SoldOut(tea)

    async def keep(form: FormData, picture: Upload) -> None:
        ran.append((sorted(form), picture.read()))

    async def describe(state: str, form: FormData) -> list:
        return [len(state), sorted(form), form["picture"].read().decode()]

    async def flash(state: int, form: FormData) -> int:
        import flask
        flask.flash("saved")
        return state + 1

    __all__ = ["count", "order", "silent", "keep", "describe", "flash"]
"""


def page(shop: ModuleType) -> str:
    """Two forms of one function with a state each, one that shows its errors and fills itself again, one that does not."""
    parts = [f"<!doctype html><h1>ä</h1><p id=last>{cookies().get('last', '')}</p>"]
    for key in ("a", "b"):
        state, form = action_state(shop.count, 0, key)
        error = form.error
        parts.append(
            f'<form id="{key}" action="{form}" method="post"><b>{state}</b><i>{error or ""}</i></form>'
        )
    form = form_of(shop.order)
    error = form.error
    parts.append(
        f'<form id="order" action="{form}" method="post"><b>{form.values.get("tea", "")}</b>'
        f"<i>{error or ''}{dict(form.problems) or ''}{(error and error.data) or ''}</i></form>"
    )
    parts.append(f'<form id="silent" action="{shop.silent}" method="post"></form>')
    return "\n".join(parts)


def html(status: str, text: str) -> tuple[str, list[tuple[str, str]], bytes]:
    body = text.encode()
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("ETag", '"1"'),
        ("X-Own", "yes"),
    ]
    return status, headers, body


def wsgi(render: Callable[[], str]) -> Any:
    """A page as a plain WSGI application."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        assert environ["REQUEST_METHOD"] == "GET"
        assert "_directives" not in environ["QUERY_STRING"]
        assert not environ.get("CONTENT_LENGTH")
        status, headers, body = html("200 OK", render())
        start_response(status, headers)
        return [body]

    return WsgiMiddleware(application)


def asgi(render: Callable[[], str]) -> Any:
    """A page as a plain ASGI application."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        assert scope["method"] == "GET"
        assert b"_directives" not in scope["query_string"]
        assert (await receive())["body"] == b""
        _, headers, body = html("200 OK", render())
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": 200, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    return AsgiMiddleware(application)


class Browser:
    """Sends forms as a browser does; a context manager.

    Args:
        application: A WSGI or ASGI application.
        on_loop: Whether it is an ASGI application.
    """

    def __init__(self, application: Any, *, on_loop: bool) -> None:
        self._application = application
        self._on_loop = on_loop

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        base: dict[str, Any] = {"base_url": "http://localhost"}
        self._client: Any
        if self._on_loop:
            self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self._application), **base)
        else:
            self._client = httpx.Client(transport=httpx.WSGITransport(self._application), **base)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._done(self._client.aclose() if self._on_loop else self._client.close())
        self._runner.close()

    def get(self, path: str = "/page?q=1") -> str:
        """The text of a page."""
        reply = self._done(self._client.get(path))
        assert reply.status_code == 200, reply.text
        text: str = reply.text
        return text

    def send(
        self,
        text: str,
        form: str,
        fields: dict[str, str],
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send a form of a page, with its hidden fields."""
        found = re.search(rf'<form id="{form}" action="([^"]*)"[^>]*>(.*?)</form>', text, re.DOTALL)
        assert found is not None, text
        hidden = dict(INPUT.findall(found[2]))
        query = found[1].removeprefix("?")
        reply: httpx.Response = self._done(
            self._client.post(f"/page?{query}", data={**hidden, **fields}, headers=headers or {}, **options)
        )
        return reply

    def _done(self, answer: Any) -> Any:
        return self._runner.run(answer) if asyncio.iscoroutine(answer) else answer


def shown(text: str, form: str) -> list[str]:
    """What a form of a page shows: its state or value, and its error."""
    found = re.search(rf'<form id="{form}".*?<b>(.*?)</b><i>(.*?)</i>', text, re.DOTALL)
    assert found is not None, text
    return list(found.groups())
