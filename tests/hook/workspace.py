"""A project in a folder, and the Python to run it in."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

REPOSITORY = Path(__file__).parents[2]
ACTIONS = """\
    '''The actions.'''
    'use server'

    async def place_order(sku: str) -> str:
        return sku
"""
# Prints whether the hook did its work on `shop.actions`.
PROBE = "import shop.actions; print('__directives__' in vars(shop.actions))"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project in a folder, and the Python to run it in."""

    root: Path
    python: Path

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the project; a text is dedented."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return path

    def run(
        self, *arguments: str | Path, status: int = 0, cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments in the project's folder; check its exit status."""
        finished = subprocess.run(
            [self.python, *arguments],
            cwd=cwd or self.root,
            env=clean_environ() | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == status, finished.stderr
        return finished

    def output(self, *arguments: str | Path, **environ: str) -> list[str]:
        """The lines that Python prints, run with these arguments."""
        return self.run(*arguments, **environ).stdout.splitlines()

    def tagged(self) -> list[Path]:
        """The bytecode files of the hook."""
        return sorted(self.root.glob("**/*.opt-*directives*.pyc"))


def clean_environ() -> dict[str, str]:
    """The environment, without what would change how Python starts."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DIRECTIVES", "COV"))}
