"""The example project for Flask, started as its README says."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.terminal import press_ctrl_c

EXAMPLE = Path(__file__).parents[2] / "examples" / "flask"
PATIENCE = 60.0
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("example") / "flask"))


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The address of the shop, served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (command,) = re.findall(r"^\$ (python -X .* run)$", (folder / "README.md").read_text(), re.MULTILINE)
    arguments = [sys.executable, *command.split()[1:], "--port", str(port)]
    server = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", port)):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        press_ctrl_c(server)


def press(client: httpx.Client, page: str, button: str, **fields: str) -> str:
    """Fill in the first form of a page that has a button, and press it; the page after that."""
    form = next(form for form in client.get(page).text.split("<form ")[1:] if f">{button}</button>" in form)
    action = unescape(re.findall(r'action="([^"]*)"', form)[0])
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return client.post(f"{page}{action}", data={**hidden, **fields}).text


def test_visitors_buy_and_cancel(url: str) -> None:
    """Sign in, buy, find it among the purchases, cancel it; the list of teas follows each time."""
    with httpx.Client(base_url=url, follow_redirects=True) as client:
        assert "Sign in" in press(client, "/", "Buy", grams="50"), "who is not signed in is asked to"
        assert "not its password" in press(client, "/sign-in", "Sign in", name="ada", password="wrong")
        assert "Purchases of ada" in press(client, "/sign-in", "Sign in", name="ada", password="sencha")
        assert "assam, 200 g left" in press(client, "/", "Buy", grams="50")
        assert "There are 200 g of assam left." in press(client, "/", "Buy", grams="1000")
        assert "50 g of assam" in client.get("/purchases").text
        assert "None yet." in press(client, "/purchases", "Cancel")
        assert "assam, 250 g left" in client.get("/").text


def test_a_form_without_a_token(url: str) -> None:
    """It is refused by Flask-WTF."""
    action = re.findall(r'action="([^"]*)"', httpx.get(url).text)[0]
    reply = httpx.post(f"{url}/{action}", data={"tea": "assam"})
    assert (reply.status_code, "CSRF token is missing" in reply.text) == (400, True)


def test_programs_call_the_same_functions(url: str, folder: Path) -> None:
    """With neither token nor form; what needs somebody who is signed in sends them to sign in."""
    command = [sys.executable, "-X", "directives=client", "purchase.py"]
    environ = {**os.environ, "DIRECTIVES_URL": url}
    stock, sign_in = subprocess.check_output(command, cwd=folder, env=environ, text=True).splitlines()
    assert stock == "{'assam': 250, 'sencha': 500}"
    assert sign_in.startswith("Sign in first, at /sign-in?next=")


def test_the_command_line_of_the_example(folder: Path) -> None:
    """``flask directives audit`` names what is exposed, and that everything says who may call it."""
    command = [sys.executable, "-X", "directives", "-m", "flask", "--app", "shop.app", "directives", "audit"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert "shop.actions" in done.stdout
