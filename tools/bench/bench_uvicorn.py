"""An echo server function behind uvicorn, against a Starlette route behind the same one: `python tools/bench/bench_uvicorn.py`.

JSON in, JSON out, over connections that are kept: uvicorn with uvloop and one worker on one core, wrk on another. Both
are in one process and take turns within one run; see bench_served.py, by which requests are sent and counted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final
from urllib.request import urlopen

from bench_served import ECHO
from bench_served import MESSAGE
from bench_served import ROUNDS
from bench_served import SERVER_CORE
from bench_served import Target
from bench_served import free_port
from bench_served import ratio
from bench_served import requests_per_second
from bench_served import wait_for

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
    if shutil.which("wrk") is None:
        sys.exit("bench_uvicorn.py needs wrk: install it with `apt-get install wrk`")
    with TemporaryDirectory() as name, uvicorn(Path(name)) as (host, server):
        targets = both(host, server)
        rates: dict[str, list[float]] = {target.name: [] for target in targets}
        for _ in range(ROUNDS):
            for target in targets:
                rates[target.name].append(requests_per_second(target, Path(name)))
    for name, measured in rates.items():
        print(f"{name:<16}{median(measured):10,.0f} requests/s of a core")
    print(f"{'ratio':<16}{ratio(rates, PEER):8.2f}x   (goal: at least {GOAL}x)")
    return 0 if ratio(rates, PEER) >= GOAL else 1


def both(host: str, server: int) -> list[Target]:
    """The route and the server function, each of which has answered once."""
    with urlopen(f"http://{host}/") as response:
        path = f"/_directives/{response.read().decode()}"
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Origin": f"http://{host}",
        "Sec-Fetch-Site": "same-origin",
    }
    body = json.dumps({"args": [MESSAGE]})
    bare = Target(PEER, f"http://{host}/bare", body, headers, server)
    ours = Target("directives", f"http://{host}{path}", body, headers, server)
    assert json.loads(bare.answer()) == {"args": [MESSAGE]}
    assert json.loads(ours.answer()) == {"ok": MESSAGE}
    return [bare, ours]


@contextmanager
def uvicorn(folder: Path) -> Iterator[tuple[str, int]]:
    """The address and process of a server of both."""
    (folder / "pyproject.toml").touch()
    (folder / "echo.py").write_text(ECHO)
    (folder / "served.py").write_text(SERVED)
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--no-access-log", "--log-level", "error"]
    environ = {**os.environ, "DIRECTIVES_SECRET_KEYS": "a secret of this benchmark alone"}
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "uvicorn", *options, "served:app"]
    server = subprocess.Popen(command, cwd=folder, env=environ)
    try:
        wait_for(port)
        yield f"127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
