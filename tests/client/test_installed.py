"""What the project and a package of stubs do once installed, far from the source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "site", "tests")
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
SCRIPT = """\
import os
from shop.actions import names, order

print(order.sync("tea"), next(names.sync()))
sys.stdout.flush()
if hasattr(os, "fork"):
    child = os.fork()
    if child == 0:
        print(order.sync("tea"), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
left_open = names.sync()
next(left_open)
"""
ALONE = """\
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

MISSING = {"asttokens", "blake3", "click", "cryptography", "executing", "pydantic", "pydantic_core", "rich", "werkzeug"}
sys.meta_path.insert(0, Missing())
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a 'use server' module, and the package of its stubs beside it."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop").mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "3"\n')
    (folder / "shop/__init__.py").write_text("")
    (folder / "shop/actions.py").write_text(ACTIONS)
    (folder / "serve.py").write_text(SERVE)
    run(sys.executable, "-m", "directives", "build", "--client", folder / ".package", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The Python of a fresh environment with this project, its demo's needs and the stubs installed."""
    folder = tmp_path_factory.mktemp("installed")
    # What is built is built in the tree that is given.
    shutil.copytree(ROOT, folder / "source", ignore=NOT_SOURCE)
    venv.create(folder / "venv")
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python]
    run(*install, f"directives[demo] @ {(folder / 'source').as_uri()}", project / ".package", cwd=folder)
    return python


@pytest.fixture
def environ(project: Path) -> Iterator[dict[str, str]]:
    """An environment that knows the address of the server, which runs."""
    server = subprocess.Popen(
        [sys.executable, "-X", "directives", "serve.py"], cwd=project, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield os.environ | {"DIRECTIVES_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}"}
    finally:
        server.terminate()
        server.communicate()


def test_an_installed_client_package_calls_the_server(
    python: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """With the package installed and no hook, an import gives stubs that reach a real server."""
    (tmp_path / "buy.py").write_text(BUY)
    done = run(python, "-W", "error", "buy.py", cwd=tmp_path, env=environ)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "(sku: str, quantity: int = ...) -> dict[str, int] Order something.",
        "{'left': 5} ['tea']",
    ]


def test_a_script_needs_nothing_of_what_servers_need(
    python: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """Its calls, without await and in a forked child too, import httpx, cbor2 and markupsafe; it ends quietly."""
    (tmp_path / "script.py").write_text(ALONE + SCRIPT)
    done = run(python, "-W", "default", "script.py", cwd=tmp_path, env=environ)
    assert done.stdout.splitlines() == ["{'left': 8} tea", "{'left': 7}"][: 1 + hasattr(os, "fork")]
    warned = [line for line in done.stderr.splitlines() if "fork" not in line]
    assert warned == []


def test_an_installed_wheel_has_the_demo(python: Path, tmp_path: Path) -> None:
    """The demo needs nothing of the source tree: pages, style and scripts are in the package."""
    done = run(python, "-m", "directives", "demo", "--once", cwd=tmp_path)
    assert "checks held" in done.stdout


def test_installed_stubs_carry_py_typed(python: Path, tmp_path: Path) -> None:
    """A type checker takes the signatures of the installed stubs as they are."""
    found = run(python, "-c", "import shop; print(shop.__path__[0])", cwd=tmp_path).stdout.strip()
    assert (Path(found) / "py.typed").is_file()


def run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
