"""A Python with the package's start files installed, and projects to run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

REPOSITORY = Path(__file__).parents[2]
ACTIONS = """\
    '''The actions.'''
    'use server'

    async def place_order(sku: str) -> str:
        return sku
"""
# Prints "True" where the hook did its work on the module of that name.
TRANSFORMED = "print('__directives__' in vars(__import__('sys').modules[{name!r}]))"


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
        self,
        *arguments: str | Path,
        status: int = 0,
        cwd: Path | None = None,
        **environ: str,
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

    def tagged(self, pattern: str = "**/*.opt-*directives*.pyc") -> list[Path]:
        """The bytecode files of the hook."""
        return sorted(self.root.glob(pattern))


def clean_environ() -> dict[str, str]:
    """The environment, without what would change how Python starts."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DIRECTIVES", "COV"))}


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the start files, and everything else on its path."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    paths = [str(REPOSITORY), *(path for path in sys.path if path.endswith("site-packages"))]
    (site / "aa_paths.pth").write_text("\n".join(paths))
    for name in ("directives.pth", "directives.start"):
        shutil.copy(REPOSITORY / name, site)
    return folder / "bin" / "python"


@pytest.fixture
def workspace(tmp_path: Path, python: Path) -> Workspace:
    """An empty project."""
    made = Workspace(tmp_path, python)
    made.write("pyproject.toml", "[project]\nname = 'shop'\n")
    return made


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """A project with the package ``shop`` and a module of server functions in it."""
    workspace.write("shop/__init__.py", "")
    workspace.write("shop/actions.py", ACTIONS)
    return workspace
