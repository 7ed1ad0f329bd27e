"""The middlewares behind the servers that people run them with, over real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from tests.servers.serving import JSON
from tests.servers.serving import PATIENCE
from tests.servers.serving import Running
from tests.servers.serving import free_port
from tests.servers.serving import serving
from tests.servers.serving import start
from tests.servers.shop import write_project

pytestmark = pytest.mark.slow

SECRET: Final = {"DIRECTIVES_SECRET_KEYS": "a secret of this test alone"}
SERVERS: Final = {
    "gunicorn sync": "gunicorn -w 2 -b 127.0.0.1:8000 application:over_wsgi",
    "gunicorn gthread": "gunicorn -k gthread -w 2 --threads 4 -b 127.0.0.1:8000 application:over_wsgi",
    "waitress": "waitress --listen=127.0.0.1:8000 application:over_wsgi",
    "granian wsgi": "granian --interface wsgi --workers 2 --port 8000 application:over_wsgi",
    "granian asgi": "granian --interface asgi --workers 2 --port 8000 application:over_asgi",
    "uvicorn": "uvicorn --workers 2 --loop uvloop --port 8000 application:over_asgi",
}
ALONE: Final = "waitress"
HEARING: Final = ("granian asgi", "uvicorn")
"""Which of them tell an application that its caller has gone away, before it writes."""


@pytest.fixture(scope="module", params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("project")
    write_project(folder)
    with serving(SERVERS[name], folder, **SECRET) as running:
        yield running


def test_another_worker_runs_what_one_handed_out(server: Running, name: str) -> None:
    """It opens the captured values, and finds the module, which it has not imported, by the manifest."""
    shown = server.page("/page")
    # Without the key of the form: sent again with it, it would be answered from what is kept.
    action = shown["action"].partition("~")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": JSON}
    deadline = time.monotonic() + PATIENCE
    while True:
        with server.connect() as connection:
            connection.request("POST", f"/page{action}", "n=1", form)
            tea, worker, rendered = json.loads(connection.getresponse().read())["ok"]
        assert tea == "sencha"
        if name == ALONE:
            return
        if worker != shown["worker"]:
            assert rendered == 0
            return
        assert time.monotonic() < deadline, "one worker answers all requests"


def test_items_arrive_when_they_are_made(server: Running) -> None:
    """The first item is here before the function goes on to the second."""
    with server.stream("one_then_the_other") as reply:
        assert reply.readline() == b'{"ok":1}\n'
        (server.folder / "go-on").touch()
        assert reply.read() == b'{"ok":2}\n'


def test_a_caller_that_leaves_a_stream(server: Running) -> None:
    """The function's generator is closed."""
    with server.stream("endless") as reply:
        assert reply.readline()
    assert server.appears("stream-ended")


@pytest.mark.parametrize("name", HEARING, scope="module")
def test_a_caller_that_leaves_a_call(server: Running) -> None:
    """A server that hears of it has the function cancelled."""
    with server.connect() as connection:
        server.call(connection, "wait")
        assert server.appears("call-began")
    assert server.appears("call-ended")


def test_a_big_file(server: Running) -> None:
    """It arrives whole."""
    content = bytes(range(256)) * (20 << 10)
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    path = f"/page?_directives={server.page('/')['receive']}"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": JSON}
    with server.connect() as connection:
        connection.request("POST", path, part + content + b"\r\n--x--\r\n", headers)
        told = json.loads(connection.getresponse().read())
    assert told == {"ok": [len(content), sha256(content).hexdigest()]}


@pytest.mark.parametrize("size", [2 << 20, 7 << 20])
def test_a_refused_body_and_the_next_call(server: Running, size: int) -> None:
    """Who sends too much reads why; the connection goes on, or the server has said that it does not."""
    with server.connect() as connection:
        server.call(connection, "echo", "x" * size)
        reply = connection.getresponse()
        assert (reply.status, json.loads(reply.read())["error"]["kind"]) == (413, "too-large")
        server.call(connection, "echo", 1)
        assert json.loads(connection.getresponse().read()) == {"ok": 1}


@pytest.mark.parametrize(("name", "workers"), [("uvicorn", 2), ("granian wsgi", 1)])
def test_several_workers_and_no_secret(tmp_path: Path, name: str, workers: int) -> None:
    """Each says at start, or with its first page, that they share a key that other machines have not."""
    write_project(tmp_path)
    with serving(SERVERS[name], tmp_path) as running:
        running.page("/page")
        deadline = time.monotonic() + PATIENCE
        while len(said := lines_about("other workers may serve", tmp_path)) < workers:
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
    assert all("set DIRECTIVES_SECRET_KEYS" in line for line in said)


def lines_about(word: str, folder: Path) -> list[str]:
    return [line for line in (folder / "log").read_text().splitlines() if word in line]


def test_two_middlewares(tmp_path: Path) -> None:
    """The server does not start, and says why in one line."""
    write_project(tmp_path)
    server = start("uvicorn --port 8000 application:twice", free_port(), tmp_path, **SECRET)
    assert server.wait(PATIENCE)
    (said,) = lines_about("served twice", tmp_path)
    assert "take one of them away" in said
