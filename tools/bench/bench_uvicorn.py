"""An echo server function behind uvicorn, against a Starlette route behind the same one: `python tools/bench/bench_uvicorn.py`.

JSON in, JSON out, over connections that are kept: uvicorn with uvloop and one worker on one core, wrk on another. Both
are in one process and take turns within one run; see bench_served.py, by which requests are sent and counted.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench_served import PORT
from bench_served import both
from bench_served import measured
from bench_served import ratio
from bench_served import serving

GOAL: Final = 0.6
PEER: Final = "Starlette"
SERVED: Final = """
import directives
directives.enable()

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from directives.asgi import DirectivesMiddleware
from echo import echo

async def bare(request):
    return JSONResponse(await request.json())

starlette = Starlette(routes=[Route("/bare", bare, methods=["POST"])])
ours = DirectivesMiddleware(PlainTextResponse(echo.id))

async def app(scope, receive, send):
    bare = scope["type"] != "http" or scope["path"] == "/bare"
    await (starlette if bare else ours)(scope, receive, send)
"""


def main() -> int:
    with TemporaryDirectory() as name, uvicorn(folder := Path(name)) as (host, server):
        rates = measured(both(PEER, host, server), folder)
    for name, each in rates.items():
        print(f"{name:<16}{median(each):10,.0f} requests/s of a core")
    print(f"{'ratio':<16}{ratio(rates, PEER):8.2f}x   (goal: at least {GOAL}x)")
    return 0 if ratio(rates, PEER) >= GOAL else 1


def uvicorn(folder: Path) -> AbstractContextManager[tuple[str, int]]:
    """The address and process of a server of both."""
    command = f"uvicorn --port {PORT} --loop uvloop --no-access-log --log-level error served:app"
    return serving(folder, SERVED, command)


if __name__ == "__main__":
    sys.exit(main())
