"""Several processes: one renders for all, and one that dies in the middle changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.serving import serving

SITE = """\
import os, time
from pathlib import Path
from directives.cache import cache_life
from directives.wsgi import DirectivesMiddleware

def made(path):
    'use cache'
    cache_life(stale=0, revalidate=float(os.environ["LIFE"]), expire=float(os.environ["LIFE"]))
    with open("made", "a") as file:
        file.write("x")
    time.sleep(float(os.environ.get("SLOW", "0.3")))
    return os.environ.get("EDITION", "first")

def pages(environ, start_response):
    text = made(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/html")])
    return [text.encode()]

app = DirectivesMiddleware(pages)
"""
LOOK = """\
import directives; directives.enable()
from werkzeug.test import Client
from pages_of_a_test import app
print(*(Client(app).get(path).text for path in ("/a", "/b", "/c")))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.directives]\nsecret_keys = ["of a test, long enough"]\n')
    (tmp_path / "pages_of_a_test.py").write_text(SITE)
    return tmp_path


def prerender(folder: Path, *pages: str, **environ: str) -> subprocess.Popen[bytes]:
    """The command, begun."""
    urls = [word for page in pages for word in ("--url", page)]
    command = [sys.executable, "-m", "directives", "prerender", "pages_of_a_test:app", "--jobs", "1", *urls]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_build_that_is_killed_changes_nothing(folder: Path) -> None:
    """kill -9 in the middle of a build: the old shells are all served on."""
    pages, life = ("/a", "/b", "/c"), "1000"
    assert prerender(folder, *pages, LIFE=life, SLOW="0").wait() == 0
    (folder / "made").unlink()
    second = prerender(folder, *pages, LIFE=life, SLOW="0.4", EDITION="second")
    while not ((folder / "made").exists() and len((folder / "made").read_text()) == 3):
        assert second.poll() is None
        time.sleep(0.02)
    second.kill()
    assert second.wait() == -9
    environ = {**os.environ, "LIFE": life, "EDITION": "third"}
    told = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["first"] * 3
    assert prerender(folder, *pages, LIFE=life, SLOW="0", EDITION="second").wait() == 0
    told = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["second"] * 3


@pytest.mark.slow
def test_a_crowd_at_the_moment_of_expiry(folder: Path) -> None:
    """200 visitors of two processes come when a page is gone: it is rendered once."""
    life = 10.0
    with serving(
        "gunicorn -w 2 --threads 32 -b 127.0.0.1:8000 pages_of_a_test:app", folder, LIFE=str(life)
    ) as running:
        assert prerender(folder, "/a", LIFE=str(life)).wait() == 0
        built = time.time()
        time.sleep(1.1)  # until the servers have seen that there is something
        made = len((folder / "made").read_text())

        def visit(_: int) -> str:
            with running.connect() as connection:
                connection.request("GET", "/a")
                return connection.getresponse().read().decode()

        assert visit(0) == "first"
        assert len((folder / "made").read_text()) == made
        time.sleep(max(0.0, built + life - time.time()))
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(visit, range(200)))
        assert answers == ["first"] * 200
        assert len((folder / "made").read_text()) == made + 1, (folder / "log").read_text()
