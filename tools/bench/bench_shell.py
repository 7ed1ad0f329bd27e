"""Pages rendered ahead, against a bare WSGI function of the same bytes: `python tools/bench/bench_shell.py`.

Two measurements, in one gunicorn each. Static pages: requests per second of the server's processor time, over kept
connections, in turns. Partial pages: how much later their first byte comes than that of the bare function, and when the
last one does; three parts wait for 50, 100 and 200 ms.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench_served import CONNECTIONS
from bench_served import LAST_CORE
from bench_served import NO_WRK
from bench_served import SECONDS
from bench_served import gunicorn
from bench_served import processor_seconds

GOAL: Final = 0.9
FIRST_BYTE: Final = 2.0  # milliseconds more than the bare function
WHOLE: Final = 210.0  # milliseconds
ROUNDS: Final = 9
VISITS: Final = 40
SERVED: Final = """
import time
import directives
directives.enable()

from directives.shell import deferred
from directives.wsgi import DirectivesMiddleware

PAGE = "<!doctype html><html><head><title>t</title></head><body>" + "<p>tea</p>" * 400 + "%s</body></html>"
TYPE = [("Content-Type", "text/html; charset=utf-8")]
STATIC = (PAGE % "").encode()

def part(seconds):
    time.sleep(seconds)
    return "there"

def pages(environ, start_response):
    parts = [deferred("wait", part, each) for each in (0.05, 0.1, 0.2)] if environ["PATH_INFO"] == "/partial" else []
    start_response("200 OK", TYPE)
    return [(PAGE % "".join(parts)).encode()]

SAID = [
    *TYPE,
    ("x-directives-stale-time", "300"),
    ("ETag", '"0123456789abcdef01234567"'),
    ("Content-Length", str(len(STATIC))),
    ("Cache-Control", "public, max-age=0, s-maxage=890, stale-while-revalidate=2147483647"),
]

def bare(environ, start_response):
    start_response("200 OK", SAID.copy())
    return [STATIC]

ours = DirectivesMiddleware(pages)

def app(environ, start_response):
    return (bare if environ["PATH_INFO"] == "/bare" else ours)(environ, start_response)
"""


def main() -> int:
    if shutil.which("wrk") is None:
        sys.exit(NO_WRK)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        host, server = stack.enter_context(gunicorn(folder, SERVED))
        render_ahead(folder)
        assert body_of(host, "/static") == body_of(host, "/bare")
        ours, bare = rates(host, server)
        first = median(first_byte(host, "/partial")[0] - first_byte(host, "/bare")[0] for _ in range(VISITS))
        whole = median(first_byte(host, "/partial")[1] for _ in range(VISITS))
    ratio = median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    print(f"bare WSGI function   {median(bare):8,.0f} requests/s of a core")
    print(f"shell                {median(ours):8,.0f} requests/s of a core")
    print(f"ratio                {ratio:8.2f}x   (goal: at least {GOAL}x)")
    print(f"first byte, partial  {first:+8.2f} ms  (goal: at most {FIRST_BYTE:g} ms after the bare one)")
    print(f"whole, partial       {whole:8.1f} ms  (goal: at most {WHOLE:g} ms)")
    return 0 if ratio >= GOAL and first <= FIRST_BYTE and whole <= WHOLE else 1


def render_ahead(folder: Path) -> None:
    """Render the pages, and wait until the server knows of them."""
    command = [
        sys.executable,
        "-m",
        "directives",
        "prerender",
        "served:ours",
        "--url",
        "/static",
        "--url",
        "/partial",
    ]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environ())
    time.sleep(1.5)


def environ() -> dict[str, str]:
    """The environment of the server, with its secret."""
    import os

    return {**os.environ, "DIRECTIVES_SECRET_KEYS": "a secret of this benchmark alone"}


def rates(host: str, server: int) -> tuple[list[float], list[float]]:
    """Requests per second of processor time: of the shell, and of the bare function; they take turns."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        for path, kept in (("/static", ours), ("/bare", bare)):
            kept.append(rate(f"http://{host}{path}", server))
    return ours, bare


def rate(url: str, server: int) -> float:
    """What wrk, on the last core, gets out of the server in a second of its processor time."""
    command = ["taskset", "-c", LAST_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
    before = processor_seconds(server)
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds(server) - before
    found = re.search(r"(\d+) requests in", told)
    if found is None or "Non-2xx" in told:
        sys.exit(f"{url}: {told}")
    return int(found[1]) / spent


def first_byte(host: str, path: str) -> tuple[float, float]:
    """When the first byte of a page's body comes, and when the last one does, in milliseconds."""
    connection = HTTPConnection(host)
    try:
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read(1)
        first = time.perf_counter() - began
        response.read()
        return 1000 * first, 1000 * (time.perf_counter() - began)
    finally:
        connection.close()


def body_of(host: str, path: str) -> bytes:
    """The body of a page."""
    connection = HTTPConnection(host)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
