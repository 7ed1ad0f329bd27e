"""An echo server function behind gunicorn, against bare werkzeug behind the same one: `python tools/bench/bench_served.py`.

JSON in, JSON out, over keep-alive connections: gunicorn with one worker of threads on one core, wrk on another. Both
applications are in the same worker and take turns within one run, so that the ratio means something where the requests a
second do not. The calls are those of a browser: annotated, validated, origin-checked.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final
from urllib.request import Request
from urllib.request import urlopen

GOAL: Final = 0.85
ROUNDS: Final = 9
SECONDS: Final = 3
CONNECTIONS: Final = 8
PATIENCE: Final = 30.0
NO_WRK: Final = "bench_served.py needs wrk: install it with `apt-get install wrk`"

ECHO: Final = """
async def echo(message: dict) -> dict:
    'use server'
    return message
"""
SERVED: Final = """
import json
import directives
directives.enable()

from werkzeug.wrappers import Request, Response
from directives.wsgi import DirectivesMiddleware
from echo import echo

@Request.application
def bare(request):
    return Response(json.dumps(request.get_json()), mimetype="application/json")

def paths(environ, start_response):
    return start_response("200 OK", []) and [echo.id.encode()]

ours = DirectivesMiddleware(paths)

def app(environ, start_response):
    return (bare if environ["PATH_INFO"] == "/bare" else ours)(environ, start_response)
"""
SCRIPT: Final = """
wrk.method = "POST"
wrk.body = [[{body}]]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
wrk.headers["Origin"] = "http://{host}"
wrk.headers["Sec-Fetch-Site"] = "same-origin"
"""
BODY: Final = json.dumps({"args": [{"n": 1, "text": "x" * 100}]})


def main() -> int:
    if shutil.which("wrk") is None:
        sys.exit(NO_WRK)
    with TemporaryDirectory() as folder, served(Path(folder)) as host:
        script = Path(folder, "echo.lua")
        script.write_text(SCRIPT.format(body=BODY, host=host))
        with urlopen(f"http://{host}/") as response:
            targets = {"bare werkzeug": "/bare", "directives": f"/_directives/{response.read().decode()}"}
        check(host, targets)
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for _ in range(ROUNDS):
            for name, path in targets.items():
                rates[name].append(requests_per_second(f"http://{host}{path}", script))
    ratio = median(o / b for b, o in zip(*rates.values(), strict=True))
    for name, measured in rates.items():
        print(f"{name:<16}{median(measured):10,.0f} requests/s")
    print(f"{'ratio':<16}{ratio:8.2f}x   (goal: at least {GOAL}x)")
    return 0 if ratio >= GOAL else 1


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The host and port of a server of both applications, on the first core."""
    (folder / "pyproject.toml").touch()
    (folder / "echo.py").write_text(ECHO)
    (folder / "served.py").write_text(SERVED)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    options = ["-k", "gthread", "--threads", str(CONNECTIONS), "-b", host, "--log-level", "error"]
    environ = {**os.environ, "DIRECTIVES_SECRET_KEYS": "a secret of this benchmark alone"}
    command = ["taskset", "-c", "0", sys.executable, "-m", "gunicorn", *options, "served:app"]
    server = subprocess.Popen(command, cwd=folder, env=environ)
    try:
        wait_for(host)
        yield host
    finally:
        server.terminate()
        server.wait()


def wait_for(host: str) -> None:
    deadline = time.monotonic() + PATIENCE
    address, _, port = host.partition(":")
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex((address, int(port))):
                return
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.1)


def check(host: str, targets: dict[str, str]) -> None:
    """See that both answer with what they were sent."""
    sent = json.loads(BODY)
    for path, expected in zip(targets.values(), (sent, {"ok": sent["args"][0]}), strict=True):
        request = Request(f"http://{host}{path}", BODY.encode(), {"Content-Type": "application/json"})
        with urlopen(request) as response:
            assert json.load(response) == expected


def requests_per_second(url: str, script: Path) -> float:
    """What wrk on the last core gets out of the server."""
    core = str((os.cpu_count() or 1) - 1)
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script)]
    done = subprocess.run(
        ["taskset", "-c", core, "wrk", *options, url], capture_output=True, text=True, check=True
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
