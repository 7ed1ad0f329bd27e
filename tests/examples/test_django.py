"""The example project for Django: its own tests, and a server that sees what is edited."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.terminal import press_ctrl_c

EXAMPLE = Path(__file__).parents[2] / "examples" / "django"
PATIENCE = 60.0
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "django"))


def test_it_passes_its_tests(folder: Path) -> None:
    """Over WSGI and ASGI; the checks of the project find nothing."""
    done = subprocess.run(
        [sys.executable, "manage.py", "test"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    assert "Ran 4 tests" in done.stderr


def test_it_starts_and_reloads(folder: Path) -> None:
    """One command starts it; a page shows what was written into a module since."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "start", str(port)]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/", "Assam, 10 left")
        catalog = folder / "shop" / "catalog.py"
        catalog.write_text(catalog.read_text().replace('order_by("name")', 'filter(name="Sencha")'))
        # The reloader sees what is written after its own first look, and does not say when that was.
        page = wait_for(
            f"http://127.0.0.1:{port}/", "Sencha, 10 left", without="Assam", meanwhile=catalog.touch
        )
        assert "Assam" not in page
    finally:
        press_ctrl_c(server)


def wait_for(url: str, text: str, without: str = "\0", meanwhile: Callable[[], object] = lambda: None) -> str:
    """A page, when it says something and something else no more."""
    deadline = time.monotonic() + PATIENCE
    page = ""
    looks = 0
    while not (text in page and without not in page):
        assert time.monotonic() < deadline, page
        looks += 1
        if looks % 50 == 0:
            meanwhile()
        time.sleep(0.2)
        try:
            page = httpx.get(url).text
        except httpx.TransportError:
            page = ""
    return page
