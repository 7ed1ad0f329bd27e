"""An echo server function in a Django project, against a plain JSON view of the same: `python tools/bench/bench_django.py`.

Through the middlewares of a new project. WSGI: behind gunicorn with one worker of threads, as in `bench_served.py`, which says
how it is counted; the peer is a plain view, which is Django's quickest, in a project without ours. ASGI: in process, and the
peer is an async view. The two take turns in one run, so the ratio means something where the figures do not. Below it: what
the middleware costs a page that uses nothing of directives, in process.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from types import ModuleType
from typing import Any
from typing import Final
from urllib.request import urlopen

from bench_served import Target
from bench_served import gunicorn
from bench_served import headers
from bench_served import measured
from bench_served import ratio
from django.conf import settings
from machine import Added
from machine import added
from machine import extra

PEER: Final = "a JSON view"
SERVERS: Final = 5
ROUNDS_OF_A_SERVER: Final = 9
SECONDS: Final = 1  # the shorter a turn, the less does the machine change between the two
ROUNDS: Final = 21
PAGES: Final = 100
ROUNDS_OF_PAGES: Final = 41
REQUESTS: Final = 200
GOAL: Final = 0.8
MOST_FOR_A_PAGE: Final = 3.0  # microseconds
OURS: Final = "directives.integrations.django.middleware.DirectivesMiddleware"
SOURCE: Final = """
'use server'
async def echo(message: dict) -> dict:
    return message
"""
BODY: Final = json.dumps({"args": [{"n": 1, "text": "x" * 100}]}).encode()
HEADERS: Final = {
    "Host": "localhost",
    "Accept": "application/json",
    "Origin": "http://localhost",
    "Sec-Fetch-Site": "same-origin",
}
CONTRIB: Final = "django.contrib"
MIDDLEWARE: Final = [
    "django.middleware.security.SecurityMiddleware",
    f"{CONTRIB}.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    f"{CONTRIB}.auth.middleware.AuthenticationMiddleware",
    f"{CONTRIB}.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

SERVED: Final = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import bench_django

function = bench_django.set_up()
plain = bench_django.wsgi_handler(bench_django.MIDDLEWARE)
ours = bench_django.wsgi_handler([*bench_django.MIDDLEWARE, bench_django.OURS])

def app(environ, start_response):
    if environ["PATH_INFO"] == "/":
        start_response("200 OK", [])
        return [function.encode()]
    return (plain if environ["PATH_INFO"] == "/view" else ours)(environ, start_response)
"""

Call = Callable[[], None]


def main() -> int:
    ok = served()
    function = set_up()
    path = f"/_directives/{function}"
    with asyncio.Runner() as runner:
        asgi = asgi_handler([*MIDDLEWARE, OURS])

        def awaited(path: str) -> Call:
            return lambda: runner.run(many(lambda: apost(asgi, path)))

        ok &= compare("ASGI", awaited("/async-view"), awaited(path), times=1, each=REQUESTS)
    paid = extra("a page pays", paid_by_pages, MOST_FOR_A_PAGE)
    return 0 if ok and paid <= MOST_FOR_A_PAGE else 1


def paid_by_pages() -> Added:
    """What the middleware adds to a page."""
    set_up()
    bare, ours = wsgi_handler(MIDDLEWARE), wsgi_handler([*MIDDLEWARE, OURS])
    return added(
        lambda: per_call(lambda: get(bare), PAGES),
        lambda: per_call(lambda: get(ours), PAGES),
        ROUNDS_OF_PAGES,
    )


def served() -> bool:
    """Compare a call with a view behind several servers, one after the other: memory lies otherwise in each."""
    each = [rates_of_a_server() for _ in range(SERVERS)]
    rates = {name: [rate for found in each for rate in found[name]] for name in each[0]}
    found = ratio(rates, PEER)
    figures = "".join(f"{median(counted):8.0f}/s {name}" for name, counted in rates.items())
    of_each = sorted(ratio(one, PEER) for one in each)
    print(
        f"{'WSGI':<5}{figures}   {found:.2f}x   (goal: at least {GOAL}x; {SERVERS} servers: {of_each[0]:.2f} to "
        f"{of_each[-1]:.2f})"
    )
    return found >= GOAL


def rates_of_a_server() -> dict[str, list[float]]:
    """What a server answers in a second, round by round."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        host, server = stack.enter_context(gunicorn(folder, SERVED))
        with urlopen(f"http://{host}/") as response:
            path = f"/_directives/{response.read().decode()}"
        targets = [
            Target(name, f"http://{host}{at}", BODY.decode(), headers(host), server)
            for name, at in ((PEER, "/view"), ("directives", path))
        ]
        first, second = (json.loads(target.answer()) for target in targets)
        assert first == second
        return measured(targets, folder, ROUNDS_OF_A_SERVER, SECONDS)


def set_up() -> str:
    """Set the project up, in this file; the ID of its server function."""
    urls = sys.modules["urls_of_the_bench"] = ModuleType("urls_of_the_bench")
    os.environ["PYTHONDIRECTIVES"] = "0"
    settings.configure(
        SECRET_KEY="a key of this benchmark alone",
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        MIDDLEWARE=[*MIDDLEWARE, OURS],
        ROOT_URLCONF="urls_of_the_bench",
        INSTALLED_APPS=[
            "directives.integrations.django",
            *(f"{CONTRIB}.{name}" for name in ("auth", "contenttypes", "sessions", "messages")),
        ],
        LOGGING_CONFIG=None,
    )
    import django

    django.setup()
    from django.http import HttpRequest
    from django.http import JsonResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    from directives.integrations.django.urls import endpoint

    @csrf_exempt  # type: ignore[untyped-decorator]
    def view(request: HttpRequest) -> Any:
        return JsonResponse({"ok": json.loads(request.body)["args"][0]})

    @csrf_exempt  # type: ignore[untyped-decorator]
    async def async_view(request: HttpRequest) -> Any:
        return JsonResponse({"ok": json.loads(request.body)["args"][0]})

    def page(request: HttpRequest) -> Any:
        return JsonResponse({})

    urls.urlpatterns = [  # type: ignore[attr-defined]
        endpoint,
        path("view", view),
        path("async-view", async_view),
        path("page", page),
    ]
    return load_echo()


def load_echo() -> str:
    """Load a module with the echo function as the hook would; its ID."""
    from hooked import hooked

    function_id: str = hooked(SOURCE, "echo").echo.id
    return function_id


def wsgi_handler(middleware: list[str]) -> Any:
    from django.core.handlers.wsgi import WSGIHandler

    settings.MIDDLEWARE = middleware
    return WSGIHandler()


def asgi_handler(middleware: list[str]) -> Any:
    from django.core.handlers.asgi import ASGIHandler

    settings.MIDDLEWARE = middleware
    return ASGIHandler()


def post(handler: Any, path: str) -> None:
    environ = environ_of("POST", path)
    environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(BODY))}
    answer(handler, {**environ, "wsgi.input": io.BytesIO(BODY)})


def get(handler: Any) -> None:
    answer(handler, {**environ_of("GET", "/page"), "wsgi.input": io.BytesIO()})


def answer(handler: Any, environ: dict[str, Any]) -> None:
    said: list[str] = []
    response = handler(environ, lambda status, headers: said.append(status))
    content = b"".join(response)
    response.close()
    assert said == ["200 OK"], content


def environ_of(method: str, path: str) -> dict[str, Any]:
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in HEADERS.items()}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        **headers,
    }


async def many(call: Callable[[], Awaitable[None]]) -> None:
    for _ in range(REQUESTS):
        await call()


async def apost(handler: Any, path: str) -> None:
    headers = {**HEADERS, "Content-Type": "application/json", "Content-Length": str(len(BODY))}
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    messages = [{"type": "http.request", "body": BODY}]
    sent: list[Any] = []

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")

    async def send(message: Any) -> None:
        sent.append(message)

    await handler(scope, receive, send)
    assert sent[0]["status"] == 200, sent


def compare(name: str, theirs: Call, ours: Call, times: int = REQUESTS, each: int = 1) -> bool:
    """Let the two take turns; whether ours is as quick as it has to be."""
    measured = [(per_call(theirs, times) / each, per_call(ours, times) / each) for _ in range(ROUNDS)]
    ratio = median(view / call for view, call in measured)
    view, call = (median(column) for column in zip(*measured, strict=True))
    print(f"{name:<8}{view:8.1f} us a JSON view{call:8.1f} us a call{ratio:8.2f}x   (goal: at least {GOAL}x)")
    return ratio >= GOAL


def per_call(work: Call, times: int = REQUESTS) -> float:
    """Microseconds of processor time of one call, in all threads."""
    start = process_time()
    for _ in range(times):
        work()
    return (process_time() - start) / times * 1e6


if __name__ == "__main__":
    sys.exit(main())
