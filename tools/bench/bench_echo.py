"""An echo server function through the WSGI endpoint, against bare werkzeug: `python tools/bench/bench_echo.py`.

CBOR in, CBOR out, called in process with a prepared environ. The two take turns in one run, so the
ratio means something where the microseconds do not. Below it: where the time goes, phase by phase,
each measured alone.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any
from typing import Final
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from hooked import hooked
from werkzeug.test import create_environ
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

from directives.functions import Call
from directives.functions import dispatch
from directives.functions import lower_function
from directives.http import Endpoint
from directives.http import replies
from directives.http.incoming import call_of
from directives.http.loop import run
from directives.http.media import CBOR
from directives.http.media import wanted
from directives.http.origin import OriginPolicy
from directives.http.serving import Serving
from directives.http.wsgi_body import WsgiBody
from directives.runtime import runtime
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wsgi import DirectivesMiddleware
from directives.wsgi import PageRequest
from directives.wsgi import request_of

ROUNDS: Final = 41
REQUESTS: Final = 500
GOAL: Final = 0.55
SOURCE: Final = """"use server"
async def echo(message: dict) -> dict:
    return message
"""
MESSAGE: Final = {"n": 1, "text": "x" * 100}
CALL: Final = {"args": [MESSAGE], "kwargs": {}}


def main() -> int:
    function_id = load_echo()
    body = CBOR.encode(CALL)
    environ = prepared(function_id, body)
    ours = DirectivesMiddleware(Response("not ours"), runtime)
    assert answer(ours, environ) == CBOR.encode({"ok": MESSAGE})
    assert answer(bare, environ) == body
    times: dict[str, list[float]] = {"bare werkzeug": [], "directives": []}
    for _ in range(ROUNDS):
        times["bare werkzeug"].append(per_call(lambda: answer(bare, environ)))
        times["directives"].append(per_call(lambda: answer(ours, environ)))
    ratio = median(b / o for b, o in zip(times["bare werkzeug"], times["directives"], strict=True))
    for name, measured in times.items():
        print(f"{name:<16}{median(measured):8.1f} us {1e6 / median(measured):10,.0f} requests/s")
    print(f"{'ratio':<16}{ratio:8.2f}x   (goal: at least {GOAL}x)\n")
    for phase, microseconds in phases(environ, function_id, body).items():
        print(f"  {phase:<40}{microseconds:6.2f} us")
    return 0 if ratio >= GOAL else 1


def load_echo() -> str:
    """Load a module with the echo function as the hook would; its ID."""
    function_id: str = hooked(SOURCE, "echo", Settings(Path.cwd())).echo.id
    return function_id


def prepared(function_id: str, body: bytes) -> WSGIEnvironment:
    """The environ of a browser's call; its input can be rewound."""
    return create_environ(
        f"/_directives/{function_id}",
        base_url="https://shop.example",
        method="POST",
        content_type="application/cbor",
        headers={
            "Accept": "application/cbor",
            "Origin": "https://shop.example",
            "Sec-Fetch-Site": "same-origin",
        },
        input_stream=io.BytesIO(body),
        environ_overrides={"CONTENT_LENGTH": str(len(body))},
    )


def bare(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The same bytes back, the way werkzeug's documentation does it."""
    return Response(Request(environ).get_data(), mimetype="application/cbor")(environ, start_response)


def answer(app: WSGIApplication, environ: WSGIEnvironment) -> bytes:
    environ["wsgi.input"].seek(0)
    return b"".join(app(dict(environ), lambda status, headers, exc_info=None: bytes.join))  # type: ignore[arg-type]


def per_call(work: Callable[[], Any], times: int = REQUESTS) -> float:
    """Microseconds of processor time of one call."""
    start = thread_time()
    for _ in range(times):
        work()
    return (thread_time() - start) / times * 1e6


def phases(environ: WSGIEnvironment, function_id: str, body: bytes) -> dict[str, float]:
    request = request_of(environ, WsgiBody(environ))
    call = Call(function_id, (MESSAGE,), {})
    policy = OriginPolicy(())
    endpoint: Endpoint = Serving(runtime, PageRequest).endpoint()

    async def nothing() -> None: ...

    def dispatched() -> None:
        result = dispatch(runtime.functions, call).result
        assert result is not None
        try:
            result.send(None)
        except StopIteration:
            return

    def handled() -> None:
        environ["wsgi.input"].seek(0)
        try:
            endpoint.handle(request).send(None)
        except StopIteration:
            return

    work: dict[str, Callable[[], Any]] = {
        "environ to request value": lambda: request_of(environ, WsgiBody(environ)),
        "is it ours": lambda: endpoint.claims(request.method, request.path, request.query),
        "a loop around a coroutine": lambda: run(nothing()),
        "all of the endpoint": handled,
        "  notation of the reply": lambda: wanted(request.accept),
        "  origin check": lambda: policy.permits(request.site, request.origin, request.host),
        "  decode": lambda: CBOR.decode(body, Budget()),
        "  shape of the call": lambda: call_of(function_id, CALL, CBOR.format),
        "  dispatch and the function": dispatched,
        "  encode": lambda: CBOR.success(MESSAGE, lower_function),
        "  response value": lambda: replies.value(CBOR, body),
    }
    return {phase: median(per_call(each) for _ in range(11)) for phase, each in work.items()}


if __name__ == "__main__":
    sys.exit(main())
