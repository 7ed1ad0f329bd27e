"""Child processes inherit the hook, however they are started."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.hook.workspace import PROBE
from tests.hook.workspace import Workspace
from tests.hook.workspace import clean_environ

pytestmark = pytest.mark.slow

POOL = """\
import multiprocessing
import sys

def probe(_):
    import shop.actions
    return '__directives__' in vars(shop.actions)

async def order():
    'use server'

def main_is_transformed(_):
    return repr(order).startswith('<ServerFunction'), order.__module__

if __name__ == '__main__':
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.map(probe, [1]), pool.map(main_is_transformed, [1]))
"""
WSGI = """\
import os
import time
import shop.actions

def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    time.sleep(0.05)
    return [f"{os.getpid()} {'__directives__' in vars(shop.actions)}".encode()]
"""
ASGI = """\
import os
import asyncio
import shop.actions

async def application(scope, receive, send):
    if scope['type'] == 'lifespan':
        return
    await asyncio.sleep(0.05)
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    body = f"{os.getpid()} {'__directives__' in vars(shop.actions)}".encode()
    await send({'type': 'http.response.body', 'body': body})
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(shop: Workspace, method: str) -> None:
    """Modules and the script itself are transformed in the children, too."""
    shop.write("app.py", POOL)
    (line,) = shop.output("-W", "ignore::DeprecationWarning", "-m", "directives", "run", "app.py", method)
    main = "__main__" if method == "fork" else "__mp_main__"
    assert line == f"[True] [(True, '{main}')]"


def test_subprocess(shop: Workspace) -> None:
    """A plain child with no options of its own inherits by the environment."""
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    assert shop.output("-X", "directives", "-c", script, PROBE) == ["True"]


def test_a_grandchild_of_enable(shop: Workspace) -> None:
    """``directives.enable()`` is inherited like the option, role and all."""
    script = (
        "import subprocess, sys, directives; directives.enable('client'); "
        "subprocess.run([sys.executable, '-c', 'import os; print(os.environ[\"PYTHONDIRECTIVES\"])'], check=True)"
    )
    assert shop.output("-c", script) == ["client"]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


@contextmanager
def server(shop: Workspace, *arguments: str) -> Iterator[None]:
    """A server that runs while the block does."""
    process = subprocess.Popen(
        [shop.python, "-X", "directives", *arguments],
        cwd=shop.root,
        env=clean_environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def answers(port: int, workers: int) -> set[str]:
    """What each worker answers, asked until all have."""
    seen: dict[str, str] = {}
    deadline = time.monotonic() + 40
    while len(seen) < workers and time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
                process, _, answer = response.read().decode().partition(" ")
                seen[process] = answer
        except (URLError, ConnectionError):
            time.sleep(0.1)
    assert len(seen) == workers
    return set(seen.values())


def test_gunicorn(shop: Workspace) -> None:
    """Each worker has the hook."""
    shop.write("web.py", WSGI)
    port = free_port()
    with server(shop, "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}", "web:application"):
        assert answers(port, 2) == {"True"}


def test_uvicorn(shop: Workspace) -> None:
    """Each worker, a spawned process, has the hook."""
    shop.write("web.py", ASGI)
    port = free_port()
    with server(shop, "-m", "uvicorn", "--workers", "2", "--port", str(port), "web:application"):
        assert answers(port, 2) == {"True"}
