"""Applications whose pages are rendered ahead, in WSGI and in ASGI alike."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from werkzeug.test import Client

from directives.asgi import DirectivesMiddleware as AsgiMiddleware
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell.build import Outcome
from directives.shell.build import rendered
from directives.shell.build import shelf_of
from directives.shell.target import Target
from directives.wsgi import DirectivesMiddleware

View = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is answered."""

    status: int
    headers: dict[str, str]
    text: str


class Site:
    """An application with its shells.

    Args:
        views: What its pages show, by path: a text, a text and headers, or a status, headers and a text.
        wsgi: Whether it is a WSGI application.

    Attributes:
        asked: The paths that it was asked for, by visitors and to be rendered.
    """

    def __init__(self, views: dict[str, View], *, wsgi: bool) -> None:
        self.views = views
        self.wsgi = wsgi
        self.asked: list[str] = []
        self.app: Any = (
            DirectivesMiddleware(self._wsgi, runtime) if wsgi else AsgiMiddleware(self._asgi, runtime)
        )

    def build(self, *urls: str, timeout: float = 5.0, jobs: int = 2) -> dict[str, Outcome]:
        """Render pages ahead and keep them, as `directives prerender` does; the outcomes by page."""
        shelf = shelf_of(runtime)
        targets = [Target.parse(url) for url in urls]
        outcomes = list(rendered(self.app, targets, shelf, jobs=jobs, timeout=timeout))
        shelf.replace({each.target: each.entry for each in outcomes if each.entry is not None})
        self.asked.clear()
        return {str(each.target): each for each in outcomes}

    def restart(self) -> None:
        """Another process: it knows of the shells what their store says."""
        self.__init__(self.views, wsgi=self.wsgi)  # type: ignore[misc]

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """What a visitor is answered; underscores in the names of headers are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.wsgi:
            host = {"base_url": f"http://{named.pop('host')}"} if "host" in named else {}
            reply = Client(self.app, use_cookies=False).open(path, method=method, headers=named, **host)
            return Answer(reply.status_code, {k.lower(): v for k, v in reply.headers}, reply.text)
        return asyncio.run(self._fetch(path, method, named))

    async def _fetch(self, path: str, method: str, headers: dict[str, str]) -> Answer:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            reply = await client.request(method, path, headers=headers)
        await let_others_end()
        return Answer(reply.status_code, dict(reply.headers), reply.text)

    def _wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        status, headers, text = taken_apart(self.views[environ["PATH_INFO"]]())
        start_response(f"{status} Text", headers)
        return [text.encode()]

    async def _asgi(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        value = self.views[scope["path"]]()
        if inspect.isawaitable(value):
            value = await value
        status, headers, text = taken_apart(value)
        fields = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": text.encode()})


async def let_others_end() -> None:
    """As a server's loop would, go on with what was begun in the background."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=2)


def taken_apart(value: Any) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and text of what a view gives."""
    plain = [("Content-Type", "text/html; charset=utf-8")]
    match value:
        case int(status), list(headers), str(text):
            return status, [*plain, *headers], text
        case list(headers), str(text):
            return 200, [*plain, *headers], text
    return 200, plain, str(value)


def eventually(condition: Callable[[], object]) -> None:
    """Wait for what happens in the background."""
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


@pytest.fixture(params=["wsgi", "asgi"])
def make(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Callable[[dict[str, View]], Site]]:
    """Makes a site, once for WSGI and once for ASGI."""
    yield lambda views: Site(views, wsgi=request.param == "wsgi")
    runtime.caches.background.settle(2)
