"""The examples, started by the command that their README shows and used as a visitor uses them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.servers.serving import JSON
from tests.servers.serving import Running
from tests.servers.serving import serving

pytestmark = pytest.mark.slow

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
START: Final = re.compile(r"^\$ PYTHONDIRECTIVES=1 python -m (.+)$", re.MULTILINE)
ACTION: Final = re.compile(r'<form action="([^"]+)"')


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """The example that the test names, running."""
    folder = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, folder)
    (command,) = START.findall((folder / "README.md").read_text())
    with serving(command, folder, DIRECTIVES_SECRET_KEYS="a secret of this test alone") as running:
        yield running


def visitor(example: Running) -> httpx.Client:
    """A browser that keeps cookies and goes where it is sent."""
    return httpx.Client(base_url=f"http://127.0.0.1:{example.port}", follow_redirects=True, timeout=60)


def submit(browser: httpx.Client, form: int, **fields: str) -> httpx.Response:
    """What a visitor sees after one of the page's forms; they are counted as they stand there."""
    page = browser.get("/").text
    action = unescape(ACTION.findall(page)[form])
    # Without fields a browser sends an empty body of a form's type all the same.
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return browser.post(f"/{action}", content=str(httpx.QueryParams(fields)), headers=headers)


@pytest.mark.parametrize("example", ["wsgi"], indirect=True)
def test_guest_book(example: Running) -> None:
    """Visitors sign and thank each other; what is no entry is told why."""
    with visitor(example) as browser:
        assert "<b>&lt;Ada&gt;</b>: Hello" in submit(browser, 0, name="<Ada>", text="Hello").text
        assert "thanks: 1" in submit(browser, 1).text
        assert "thanks: 2" in submit(browser, 1).text
        assert submit(browser, 0, name="", text="x").status_code == 422
    command = [sys.executable, "-m", "directives", "call", "book.actions:latest"]
    command += ["--url", f"http://127.0.0.1:{example.port}"]
    told = subprocess.run(command, cwd=example.folder, capture_output=True, text=True, check=True).stdout
    assert '"text": "Hello", "thanks": 2' in told


@pytest.mark.parametrize("example", ["asgi"], indirect=True)
def test_poll(example: Running) -> None:
    """Whoever watches sees the votes of others when they are given."""
    headers = {"Content-Type": JSON, "Accept": "application/jsonl"}
    with visitor(example) as browser, visitor(example) as other:
        (watch,) = re.findall(r"/_directives/\w+", browser.get("/").text)
        with browser.stream("POST", watch, content=b"{}", headers=headers) as reply:
            lines = reply.iter_lines()
            assert next(lines) == '{"ok":{"sencha":0,"assam":0,"rooibos":0}}'
            assert '<output id="assam">1</output>' in submit(other, 1).text
            assert next(lines) == '{"ok":{"sencha":0,"assam":1,"rooibos":0}}'


@pytest.mark.parametrize("example", ["starlette"], indirect=True)
def test_notes(example: Running) -> None:
    """Who signs in sees and drops notes of their own, and nobody else's."""
    with visitor(example) as ada, visitor(example) as bob:
        assert submit(ada, 0, name="ada", password="12345678").text.count("Notes of ada") == 1
        assert "buy tea" in submit(ada, 1, text="buy tea").text
        dropping = unescape(ACTION.findall(ada.get("/").text)[2])
        assert bob.post(f"/{dropping}", data={"a": "1"}).status_code == 401
        assert submit(bob, 0, name="ada", password="87654321").status_code == 422
        assert "buy tea" not in submit(bob, 0, name="bob", password="87654321").text
        bob.post(f"/{dropping}", data={"a": "1"})
        assert "buy tea" in ada.get("/").text
        assert "buy tea" not in submit(ada, 2).text
        assert "Sign in" in submit(ada, 0).text


@pytest.mark.parametrize("example", ["fastapi"], indirect=True)
def test_stock(example: Running) -> None:
    """A program orders by the functions that it imports; the routes show what is left."""
    environ = {**os.environ, "DIRECTIVES_URL": f"http://127.0.0.1:{example.port}"}
    command = [sys.executable, "-X", "directives=client", "order.py"]
    told = subprocess.run(
        command, cwd=example.folder, env=environ, capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == [
        "{'sku': 's1', 'name': 'sencha', 'left': 8}",
        "{'sku': 's1', 'name': 'sencha', 'left': 7}",
        "{'sku': 'a1', 'name': 'assam', 'left': 2}",
        "http.409: there are not 99 of a1",
    ]
    with visitor(example) as browser:
        assert [item["left"] for item in browser.get("/items").json()] == [7, 2]
        assert browser.get("/items/x").status_code == 404
        assert "/_directives" not in browser.get("/openapi.json").text
