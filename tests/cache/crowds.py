"""Processes that call cached functions of one project at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.redis_server import RedisServer

ROOT = Path(__file__).parents[2]
PREAMBLE = """
import asyncio, sys, time
from concurrent.futures import ThreadPoolExecutor

import directives
directives.enable()
import shop

def threads(call, count=25):
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(count)]]

async def tasks(call, count=25):
    return await asyncio.gather(*(call() for _ in range(count)))

print('ready', flush=True)
sys.stdin.readline()
"""


class Project:
    """A project with one module, and a store that its processes share.

    Args:
        folder: Where it is made.
        store: ``sqlite``, or the server of the store.
        source: The module ``shop``.
        settings: Lines of its ``[tool.directives]``.
    """

    def __init__(
        self, folder: Path, store: str | RedisServer, source: str, settings: Iterable[str] = ()
    ) -> None:
        address = (
            "sqlite:///cache.db?timeout=5s"
            if isinstance(store, str)
            else f"{store.unix}?timeout=5s&sign=true"
        )
        lines = [
            "[tool.directives]",
            'secret_keys = ["a secret of all processes"]',
            'build_id = "one"',
            f'cache_handlers = {{remote = "{address}"}}',
            *settings,
        ]
        (folder / "pyproject.toml").write_text("\n".join(lines))
        (folder / "shop.py").write_text(source)
        self.folder = folder

    @property
    def runs(self) -> list[str]:
        """What the functions have written down."""
        path = self.folder / "runs"
        return path.read_text().splitlines() if path.exists() else []

    def process(self, program: str) -> subprocess.Popen[str]:
        """A process that imports the module and then waits for ``go``."""
        return subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + program],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def together(self, *programs: str) -> list[str]:
        """What processes print that run at the same time."""
        processes = [self.process(program) for program in programs]
        go(*processes)
        return [process.communicate()[0].strip() for process in processes]


def go(*processes: subprocess.Popen[str]) -> None:
    """Let processes begin, once all of them are ready."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
