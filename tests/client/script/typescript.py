"""The compiler of TypeScript, installed once from npm."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.client.script.node import node

VERSION = "5.9.3"
FOLDER = Path(__file__).parents[3] / ".venv-run" / f"typescript-{VERSION}"
TSC = Path("node_modules/typescript/bin/tsc")


def tsc() -> Path:
    """The compiler; whoever needs it first installs it."""
    if not (FOLDER / TSC).exists():
        FOLDER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:
            npm_install(folder)
            shutil.rmtree(FOLDER, ignore_errors=True)
            shutil.copytree(folder, FOLDER)
    return FOLDER / TSC


def npm_install(folder: str) -> None:
    """Install the compiler into a folder."""
    npm = shutil.which("npm") or str(Path(node()).with_name("npm"))
    options = ["--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
    done = subprocess.run(
        [node(), str(Path(npm).resolve()), "install", *options, f"typescript@{VERSION}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def check(folder: Path, file: str) -> str:
    """What the compiler finds wrong with a file, as strictly as it can; empty if nothing."""
    options = [
        "--strict",
        "--noEmit",
        "--target",
        "es2023",
        "--module",
        "nodenext",
        "--lib",
        "es2023,dom,dom.iterable",
    ]
    done = subprocess.run(
        [node(), str(tsc()), *options, file],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout
