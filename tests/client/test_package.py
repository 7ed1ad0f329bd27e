"""The package of stubs, installed where the server's source is not."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from directives.cli import main

ROOT = Path(__file__).parents[2]
ACTIONS = """\
'use server'
LEFT = {"tea": 9}

async def order(sku: str, quantity: int = 1) -> dict[str, int]:
    '''Order something.'''
    LEFT[sku] -= quantity
    return {"left": LEFT[sku]}

async def names():
    for name in LEFT:
        yield name
"""
SERVE = """\
import sys
from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server
from directives.wsgi import DirectivesMiddleware
server = make_server("127.0.0.1", 0, DirectivesMiddleware(NotFound()))
print(server.server_port, flush=True)
server.serve_forever()
"""
BUY = """\
import asyncio, inspect
from shop.actions import names, order

async def main():
    print(inspect.signature(order), inspect.getdoc(order))
    print(await order("tea", quantity=4), [name async for name in names()])

asyncio.run(main())
"""


@pytest.mark.slow
def test_an_installed_client_package_calls_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the package in a fresh environment and no hook, an import gives stubs that reach a real server."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "shop").mkdir(parents=True)
    elsewhere.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "3"\n')
    (project / "shop/__init__.py").write_text("")
    (project / "shop/actions.py").write_text(ACTIONS)
    (project / "serve.py").write_text(SERVE)
    (elsewhere / "buy.py").write_text(BUY)
    monkeypatch.chdir(project)
    assert main(["build", "--client", str(tmp_path / "package")]) == 0

    python = environment(tmp_path / "venv")
    run("uv", "pip", "install", "--quiet", "--python", python, f"{ROOT}[client]", str(tmp_path / "package"))

    server = subprocess.Popen(
        [sys.executable, "-X", "directives", "serve.py"], cwd=project, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        done = run(python, "-W", "error", "buy.py", cwd=elsewhere, env=os.environ | {"DIRECTIVES_URL": url})
    finally:
        server.terminate()
        server.communicate()
    assert done.stdout.splitlines() == [
        "(sku: str, quantity: int = ...) -> dict[str, int] Order something.",
        "{'left': 5} ['tea']",
    ]


def environment(folder: Path) -> str:
    """A fresh virtual environment's Python."""
    venv.create(folder)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    assert isinstance(done, subprocess.CompletedProcess)
    return done
