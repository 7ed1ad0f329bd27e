"""Real servers, started as a reader of the documentation starts them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.client import HTTPException
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from typing import Final

PATIENCE: Final = 60.0
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs.

    Attributes:
        port: Where it listens.
        folder: The folder that it was started in.
    """

    port: int
    folder: Path

    def connect(self) -> closing[HTTPConnection]:
        """A new connection, for a block."""
        return closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE))

    def page(self, path: str) -> Any:
        """What a page shows."""
        with self.connect() as connection:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())

    def call(self, connection: HTTPConnection, name: str, *args: Any, **headers: str) -> None:
        """Call one of the shop's functions; the answer is still to come."""
        path = f"/_directives/{self.page('/')[name]}"
        sent = {"Content-Type": JSON, "Accept": JSON, **headers}
        connection.request("POST", path, json.dumps({"args": args}), sent)

    @contextmanager
    def stream(self, name: str) -> Iterator[HTTPResponse]:
        """The answer of one of the shop's functions that streams; its caller leaves with the end of the block."""
        with self.connect() as connection:
            self.call(connection, name, Accept="application/jsonl")
            with closing(connection.getresponse()) as reply:
                yield reply

    def appears(self, name: str) -> bool:
        """Whether a file comes to be in the server's folder; waits for it."""
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / name).exists():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: str, port: int, folder: Path, **environ: str) -> subprocess.Popen[bytes]:
    """Start a server; what it says goes to the file ``log``."""
    words = [sys.executable, "-m", *command.replace("8000", str(port)).split()]
    settings = {"PYTHONDIRECTIVES": "1", "PYTHONUNBUFFERED": "1", **environ}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            words, cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=subprocess.STDOUT
        )


@contextmanager
def serving(command: str, folder: Path, **environ: str) -> Iterator[Running]:
    """A server that answers, until the end of the block."""
    running = Running(free_port(), folder)
    server = start(command, running.port, folder, **environ)
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(running):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield running
    finally:
        stop(server)


def answers(running: Running) -> bool:
    with suppress(OSError, HTTPException), running.connect() as connection:
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server and wait for its end."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
