"""The site that the tests of this folder open, in a process of its own that can be killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from typing import Self

from tests.servers.serving import PATIENCE
from tests.servers.serving import Running
from tests.servers.serving import answers
from tests.servers.serving import free_port
from tests.servers.serving import start
from tests.servers.serving import stop

SITE = Path(__file__).with_name("site")
COMMAND = "uvicorn --port 8000 --log-level warning shop.pages:application"


class Site:
    """The site in a folder.

    Args:
        folder: An empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        shutil.copytree(SITE, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self._running = Running(free_port(), self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://127.0.0.1:{self._running.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Serve, if nobody does; returns when the site answers."""
        if self._process is not None:
            return
        self._process = start(COMMAND, self._running.port, self.folder)
        deadline = time.monotonic() + PATIENCE
        while not answers(self._running):
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server at once, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            stop(self._process)
            self._process = None

    def reset(self) -> None:
        """Make the site as it was at first."""
        self.start()
        for file in (*self.folder.glob("go-*"), self.folder / "store.json"):
            file.unlink(missing_ok=True)

    def go(self, name: str) -> None:
        """Let a slow function go on."""
        (self.folder / f"go-{name}").touch()

    @property
    def store(self) -> dict[str, Any]:
        """What the site keeps."""
        file = self.folder / "store.json"
        kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"teas": [], "calls": []}
        return kept

    def called(self, name: str) -> None:
        """Wait until a call has been noted."""
        deadline = time.monotonic() + PATIENCE
        while name not in self.store["calls"]:
            assert time.monotonic() < deadline, self.store
            time.sleep(0.02)
