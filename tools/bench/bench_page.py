"""What a page that uses nothing of directives pays for the middleware: `python tools/bench/bench_page.py`.

The smallest application there is, called in process, over WSGI and over ASGI: with the middleware around it and without,
in turns with requests of bare werkzeug, see `machine.py`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import MutableMapping
from time import thread_time
from typing import Any
from typing import Final
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from hooked import turn_on
from machine import Added
from machine import added
from machine import extra
from werkzeug.test import create_environ

from directives import asgi
from directives import wsgi

GOAL: Final = 3.0  # microseconds
ROUNDS: Final = 41
REQUESTS: Final = 200
HEADERS: Final = {
    "Host": "shop.example",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Cookie": "session=eyJ1c2VyIjoxfQ.aBcDeF.0123456789",
    "Sec-Fetch-Site": "same-origin",
}
Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


def main() -> int:
    paid = [extra("WSGI", over_wsgi, GOAL), extra("ASGI", over_asgi, GOAL)]
    return 0 if max(paid) <= GOAL else 1


def over_wsgi() -> Added:
    turn_on()
    with_it = wsgi.DirectivesMiddleware(plain_wsgi)
    return added(lambda: wsgi_page(plain_wsgi), lambda: wsgi_page(with_it), ROUNDS)


def over_asgi() -> Added:
    turn_on()
    with_it = asgi.DirectivesMiddleware(plain_asgi)
    return added(lambda: asgi_page(plain_asgi), lambda: asgi_page(with_it), ROUNDS)


def plain_wsgi(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "2")])
    return [b"ok"]


async def plain_asgi(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/html"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def wsgi_page(app: WSGIApplication) -> float:
    """Microseconds of processor time of one page."""
    environ = create_environ("/teas/sencha?tab=2", headers=HEADERS)

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any: ...

    start = thread_time()
    for _ in range(REQUESTS):
        app(environ, start_response)
    return (thread_time() - start) / REQUESTS * 1e6


def asgi_page(app: Application) -> float:
    """The same over ASGI."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/teas/sencha",
        "query_string": b"tab=2",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()],
    }

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None: ...

    async def serve() -> float:
        start = thread_time()
        for _ in range(REQUESTS):
            await app(scope, receive, send)
        return (thread_time() - start) / REQUESTS * 1e6

    return asyncio.run(serve())


if __name__ == "__main__":
    sys.exit(main())
