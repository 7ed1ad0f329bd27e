"""The demo, as a stranger starts it."""

from __future__ import annotations

import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from directives.demo import check_extras
from directives.demo.browser import PageReader
from directives.demo.report import Report
from directives.errors import DemoError

COMMAND = [sys.executable, "-m", "directives", "demo"]


@pytest.mark.slow
def test_once_goes_through_the_scenario_and_exits_with_0(tmp_path: Path) -> None:
    """Every check holds, the rows are there, and nothing is left running."""
    done = subprocess.run(
        [*COMMAND, "--once", "--data", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert re.search(r"^All \d\d checks held$", done.stdout, re.MULTILINE)
    assert "FAILED" not in done.stdout
    assert "\x1b" not in done.stdout
    with closing(sqlite3.connect(tmp_path / "shop/shop.db")) as connection:
        rows = connection.execute("SELECT product_id, quantity, customer FROM orders ORDER BY id").fetchall()
    assert rows == [(1, 2, "a browser"), (2, 3, "a script")]
    match = re.search(r"in process (\d+)", done.stdout)
    assert match
    with pytest.raises(ProcessLookupError):
        os.kill(int(match[1]), 0)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_serves_until_it_is_stopped_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    """After the scenario the pages are there; however the demo ends, its server ends too."""
    demo = subprocess.Popen(
        [*COMMAND, "--data", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert demo.stdout is not None
    try:
        output = ""
        while not output.endswith("What is asked of the shop\n"):
            line = demo.stdout.readline()
            assert line, output
            output += line
        match = re.search(r"The shop is at (http://\S+), in process (\d+)", output)
        assert match
        page = urllib.request.urlopen(f"{match[1]}/products/1", timeout=10).read().decode()
        assert "10 left" in page
        while not line.endswith("GET /products/1 -> 200\n"):
            line = demo.stdout.readline()
            assert line
    finally:
        demo.send_signal(number)
        demo.communicate(timeout=20)
    wait_for_end(int(match[2]))


def wait_for_end(process_id: int) -> None:
    """Return when a process is gone, or is a zombie that only waits to be collected."""
    import time

    for _ in range(100):
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return
        status = Path(f"/proc/{process_id}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    raise AssertionError(f"process {process_id} is still running")


@pytest.mark.slow
def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    """When the shop cannot be served the demo says why and exits with 1."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--once", "--port", port, "--data", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: the shop's server did not start")
    assert done.stderr.count("\n") == 1


def test_a_failed_check_fails_the_demo() -> None:
    """A check that does not hold is shown with what was found, and the report has not succeeded."""
    stream = io.StringIO()
    report = Report(stream)
    assert not report.succeeded
    report.check("the sun rises", "east", "east")
    assert report.succeeded
    report.check("two and two", 5, 4)
    report.summary()
    assert not report.succeeded
    assert "FAILED  two and two: found 5, expected 4" in stream.getvalue()
    assert "1 checks failed, 1 held" in stream.getvalue()


def test_a_page_is_read_as_a_browser_reads_it() -> None:
    """The form of an order is found, its action unescaped, its fields with their values; so is the stock, by its ID."""
    reader = PageReader()
    reader.feed(
        '<p id="stock">7 left</p><form action="?a=1" method="post"><input name="other"></form>'
        '<form id="order" action="?a=1&amp;b=2" method="post">'
        '<input name="n" value="&lt;1"><input name="m"><button>Go</button></form>'
    )
    assert (reader.action, reader.fields, reader.stock) == ("?a=1&b=2", {"n": "<1", "m": ""}, "7 left")


def test_without_flask_or_httpx_it_says_what_to_install() -> None:
    """A missing extra is one line, not an ImportError."""
    with pytest.raises(DemoError, match=r"needs flask and httpx: run `pip install 'directives\[demo\]'`"):
        check_extras(lambda name: None)
    with pytest.raises(DemoError, match="needs httpx: run"):
        check_extras(lambda name: None if name == "httpx" else name)
