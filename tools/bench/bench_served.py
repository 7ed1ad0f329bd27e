"""An echo server function behind gunicorn, against bare werkzeug behind the same one: `python tools/bench/bench_served.py`.

JSON in, JSON out, over connections that are kept: gunicorn with one worker of threads on one core, wrk on another. The two
applications are in one worker and take turns within one run, so that the ratio means something where the requests a
second do not. They are counted per second of the server's processor time: what a busy machine takes from it does not
count. The calls are those of a browser: annotated, validated, origin-checked. With `--next` a server action of
Next.js takes its turns too, on the same core; Node and npm have to be there.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import ExitStack
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final
from urllib.request import Request
from urllib.request import urlopen

import next_app

GOAL: Final = 0.85
ROUNDS: Final = 11
SECONDS: Final = 3
CONNECTIONS: Final = 8
PATIENCE: Final = 60.0
PORT: Final = "PORT"  # in a server's command: the one that it is given
SERVER_CORE: Final = "0"
LAST_CORE: Final = str((os.cpu_count() or 1) - 1)
NO_WRK: Final = "bench_served.py needs wrk: install it with `apt-get install wrk`"

TEXT: Final = "x" * 100
MESSAGE: Final = {"n": 1, "text": TEXT}
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

ours = DirectivesMiddleware(Response(echo.id))

def app(environ, start_response):
    return (bare if environ["PATH_INFO"] == "/bare" else ours)(environ, start_response)
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What is called, and how.

    Attributes:
        name: Whose it is.
        url: Its address.
        body: What it is sent.
        headers: What it is sent along with.
        server: The process that answers, or starts those that do.
    """

    name: str
    url: str
    body: str
    headers: Mapping[str, str]
    server: int

    def answer(self) -> bytes:
        """What it says to one call."""
        request = Request(self.url, self.body.encode(), dict(self.headers))
        with urlopen(request) as response:
            content: bytes = response.read()
        return content

    def script(self) -> str:
        """The call as wrk is told it."""
        lines = [
            f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in self.headers.items()
        ]
        return "\n".join(['wrk.method = "POST"', f"wrk.body = [[{self.body}]]", *lines])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--next", action="store_true", help="build and measure Next.js too; takes minutes")
    options = parser.parse_args()
    with ExitStack() as stack:
        targets = python_targets(stack)
        if options.next:
            targets.append(next_target(stack))
        rates = measured(targets, Path(stack.enter_context(TemporaryDirectory())))
    for name, each in rates.items():
        print(f"{name:<16}{median(each):10,.0f} requests/s of a core")
    print(f"{'ratio':<16}{ratio(rates, 'bare werkzeug'):8.2f}x   (goal: at least {GOAL}x)")
    if options.next:
        print(f"{'to Next.js':<16}{ratio(rates, 'Next.js'):8.2f}x")
    return 0 if ratio(rates, "bare werkzeug") >= GOAL else 1


def measured(
    targets: Sequence[Target], folder: Path, rounds: int = ROUNDS, seconds: int = SECONDS
) -> dict[str, list[float]]:
    """What each target answers in a second, round by round; they take turns."""
    if shutil.which("wrk") is None:
        sys.exit(NO_WRK)
    rates: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for target in targets:
            rates[target.name].append(requests_per_second(target, folder, seconds))
    return rates


def ratio(rates: Mapping[str, list[float]], peer: str) -> float:
    """How many of our requests go on one of a peer's, round by round."""
    return median(ours / theirs for ours, theirs in zip(rates["directives"], rates[peer], strict=True))


def python_targets(stack: ExitStack) -> list[Target]:
    """Both applications in one gunicorn."""
    host, server = stack.enter_context(gunicorn(Path(stack.enter_context(TemporaryDirectory())), SERVED))
    return both("bare werkzeug", host, server)


def both(peer: str, host: str, server: int) -> list[Target]:
    """What a peer echoes and the server function beside it, each of which has answered once."""
    with urlopen(f"http://{host}/") as response:
        path = f"/_directives/{response.read().decode()}"
    body = json.dumps({"args": [MESSAGE]})
    bare = Target(peer, f"http://{host}/bare", body, headers(host), server)
    ours = Target("directives", f"http://{host}{path}", body, headers(host), server)
    assert json.loads(bare.answer()) == {"args": [MESSAGE]}
    assert json.loads(ours.answer()) == {"ok": MESSAGE}
    return [bare, ours]


def headers(host: str) -> Mapping[str, str]:
    """What a browser sends with a call."""
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Origin": f"http://{host}",
        "Sec-Fetch-Site": "same-origin",
    }


def gunicorn(folder: Path, served: str) -> AbstractContextManager[tuple[str, int]]:
    """See ``serving``: one worker of threads."""
    command = f"gunicorn -k gthread --threads {CONNECTIONS} -b 127.0.0.1:{PORT} --log-level error served:app"
    return serving(folder, served, command)


@contextmanager
def serving(folder: Path, served: str, command: str) -> Iterator[tuple[str, int]]:
    """The address and process of a server of the module ``served``, which finds the function in ``echo``."""
    (folder / "pyproject.toml").touch()
    (folder / "echo.py").write_text(ECHO)
    (folder / "served.py").write_text(served)
    port = free_port()
    environ = {**os.environ, "DIRECTIVES_SECRET_KEYS": "a secret of this benchmark alone"}
    words = command.replace(PORT, str(port)).split()
    pinned = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", *words]
    server = subprocess.Popen(pinned, cwd=folder, env=environ)
    try:
        wait_for(port)
        yield f"127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait()


def next_target(stack: ExitStack) -> Target:
    """The server action, installed and built before anything is measured."""
    folder = Path(stack.enter_context(TemporaryDirectory()))
    next_app.build(folder)
    port = free_port()
    host = f"localhost:{port}"
    server = stack.enter_context(next_app.serving(folder, port, SERVER_CORE))
    wait_for(port)
    headers = {**next_app.headers(host), "Origin": f"http://{host}"}
    target = Target("Next.js", f"http://{host}/", next_app.body(MESSAGE), headers, server.pid)
    assert TEXT in target.answer().decode()
    return target


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.1)


def requests_per_second(target: Target, folder: Path, seconds: int) -> float:
    """What wrk, on the last core, gets out of the server in a second of its processor time."""
    script = folder / "call.lua"
    script.write_text(target.script())
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    command = ["taskset", "-c", LAST_CORE, "wrk", *options, target.url]
    before = processor_seconds(target.server)
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds(target.server) - before
    found = re.search(r"(\d+) requests in", told)
    if found is None or "Non-2xx" in told or "Socket errors" in told:
        sys.exit(f"{target.name}: {told}")
    return int(found[1]) / spent


def processor_seconds(root: int) -> float:
    """The processor time that a process and those it started have taken so far."""
    parents, ticks = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # a process may end meanwhile
            # The second field is a name in parentheses, which may hold anything.
            fields = file.read_text().rpartition(")")[2].split()
            pid = int(file.parent.name)
            parents[pid], ticks[pid] = int(fields[1]), int(fields[11]) + int(fields[12])
    family = found = {root}
    while found:
        found = {pid for pid, parent in parents.items() if parent in family} - family
        family = family | found
    return sum(ticks.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
