"""The demo's other processes: the shop's server, and a script that calls it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from directives.errors import DemoError

START_SECONDS = 60.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Server:
    """The shop's server while it runs.

    Attributes:
        url: Its address, without a slash at the end.
        process: Its process.
        log: The file that holds a line for each request, and for each look into a cache.
    """

    url: str
    process: subprocess.Popen[str]
    log: Path

    @property
    def process_id(self) -> int:
        """The ID of its process."""
        return self.process.pid

    def logged(self) -> int:
        """How far the log has come, in bytes."""
        return self.log.stat().st_size

    def said(self, start: int) -> str:
        """What was logged after ``start``."""
        with self.log.open(errors="replace") as file:
            file.seek(start)
            return file.read()

    def follow(self, start: int, show: Callable[[str], None]) -> None:
        """Show each request that was logged after ``start``, until the server ends."""
        with self.log.open(errors="replace") as file:
            file.seek(start)
            while self.process.poll() is None:
                for line in file:
                    show(line.rstrip())
                time.sleep(POLL_SECONDS)


@contextmanager
def serve(project: Path, host: str, port: int) -> Iterator[Server]:
    """Serve the shop in a process of its own, which ends with the block, or with this process.

    Args:
        project: The shop's folder.
        host: The address to serve on.
        port: The port; 0 for any.

    Raises:
        DemoError: The server did not start; has the end of its log.
    """
    log = project / "server.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-X", "directives", "serve.py", host, str(port)],
            cwd=project,
            env=_environment() | {"DIRECTIVES_DEBUG_CACHE": "1"},  # its hits and misses are part of the show
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            start_new_session=True,  # so that Ctrl-C ends the demo, which then ends the server
        )
    try:
        yield Server(_announced(process, log), process, log)
    finally:
        _stop(process)


def run_script(project: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Run the script that imports the shop's actions as a client."""
    return subprocess.run(
        [sys.executable, "-X", "directives=client", "order.py"],
        cwd=project,
        env=_environment() | {"DIRECTIVES_URL": url},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def _environment() -> dict[str, str]:
    """Ours, without what was set for other programs with directives."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DIRECTIVES_")}
    ours.pop("PYTHONDIRECTIVES", None)
    return ours


def _announced(process: subprocess.Popen[str], log: Path) -> str:
    """The address in the server's first line."""
    assert process.stdout is not None
    deadline = Timer(START_SECONDS, process.kill)
    deadline.start()
    try:
        url = process.stdout.readline().strip()
    finally:
        deadline.cancel()
    if not url.startswith("http"):
        process.wait()
        last = (log.read_text(errors="replace").strip().splitlines() or ["it wrote nothing"])[-1]
        raise DemoError(f"the shop's server did not start: {last}")
    return url


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
