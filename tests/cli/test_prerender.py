"""``directives prerender``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from directives.cli.prerender import last_build
from directives.cli.prerender import wanted

SITE = """\
import os
from directives.cache import cache_life, cache_tag
from directives.request import cookies
from directives.shell import static_params

def stock(sku):
    'use cache'
    cache_life('hours'); cache_tag('stock')
    return f"stock of {sku}"

@static_params("/product/<sku>")
def products():
    return ["tea"]

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html")])
    if environ["PATH_INFO"] == "/cart" or os.environ.get("BROKEN"):
        return [cookies().get("who", "").encode()]
    return [stock(environ["PATH_INFO"]).encode()]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.directives]\nsecret_keys = ["of a test, long enough"]\nprerender = ["/", "/cart"]\n'
    )
    (tmp_path / "site_of_a_test.py").write_text(SITE)
    return tmp_path


def prerender(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, since it turns the hook on."""
    command = [sys.executable, "-m", "directives", "prerender", "site_of_a_test:app", *arguments]
    env = {**os.environ, **environ}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_table(folder: Path) -> None:
    """Each page with what came of it, and the first call that made a page dynamic, underlined."""
    told = prerender(folder)
    assert (told.returncode, told.stderr) == (0, "")
    lines = [line.split() for line in told.stdout.splitlines()]
    assert lines[1] == ["/", "static", "3600", "s", "86400", "s", "stock"]
    assert lines[2] == ["/cart", "dynamic"]
    assert lines[3] == ["/product/tea", "static", "3600", "s", "86400", "s", "stock"]
    assert "/cart is dynamic: cookies()" in told.stdout
    assert 'site_of_a_test.py", line 18, in app' in told.stdout
    assert "    return [cookies().get" in told.stdout
    assert "^^^^^^^^^" in told.stdout


@pytest.mark.slow
def test_a_build_that_lost_a_page_fails(folder: Path) -> None:
    """With --check, a page that was static in the last build and is not now fails the build, and the old shells stay."""
    (folder / "urls.txt").write_text("# pages\n/\n\n/cart\n")
    assert prerender(folder, "--url-file", "urls.txt").returncode == 0
    record = (folder / ".directives" / "prerender.json").read_text()
    store = (folder / ".directives" / "cache.db").read_bytes()
    told = prerender(folder, "--url-file", "urls.txt", "--check", BROKEN="1")
    assert told.returncode == 1
    assert told.stderr == "error: / was static in the last build and is dynamic now; the old shells stay\n"
    assert (folder / ".directives" / "prerender.json").read_text() == record
    assert (folder / ".directives" / "cache.db").read_bytes() == store
    assert prerender(folder, "--check").returncode == 0


@pytest.mark.slow
def test_for_programs(folder: Path) -> None:
    """--json prints what the table says; a page that fails makes the command fail."""
    told = prerender(folder, "--url", "/", "--json")
    (page,) = json.loads(told.stdout)
    assert page == {
        "page": "/",
        "kind": "static",
        "life": [300, 3600, 86400],
        "tags": ["stock"],
        "reason": None,
        "where": None,
    }
    assert prerender(folder, "--url", "nonsense").stderr.startswith("error: ")


@pytest.mark.parametrize("noted", [b"", b"nonsense", b"[1]", b"\xff"])
def test_a_file_that_is_no_record(tmp_path: Path, noted: bytes) -> None:
    """It is named, with what to do; where there is none, nothing was built before."""
    file = tmp_path / "prerender.json"
    assert last_build(file) == {}
    file.write_bytes(noted)
    with pytest.raises(click.ClickException, match=r"prerender\.json is no record of a build: remove it"):
        last_build(file)


def test_a_list_of_pages(tmp_path: Path) -> None:
    """One on each line; what begins with a number sign, after whatever space, is a comment."""
    (tmp_path / "urls.txt").write_text("# pages\n/\n\n  /cart \n  # more\n")
    assert [str(each) for each in wanted(("/about",), tmp_path / "urls.txt")] == ["/about", "/", "/cart"]


def test_a_list_of_pages_that_is_no_text(tmp_path: Path) -> None:
    """The option's file is named."""
    (tmp_path / "urls.txt").write_bytes(b"/\xff\n")
    with pytest.raises(click.UsageError, match=r"urls\.txt is not text in UTF-8"):
        wanted((), tmp_path / "urls.txt")
