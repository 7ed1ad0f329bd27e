from __future__ import annotations

import doctest
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import Block
from tests.docs.pages import blocks
from tests.docs.pages import commands
from tests.docs.pages import pages
from tests.terminal import press_ctrl_c

SHOWN_PORT = "5000"
PATIENCE = 60.0


def page_ids(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", pages(), ids=page_ids)
def test_python_in_the_documentation_has_no_findings(page: Path):
    """Every Python block is legal, to CPython and to the compiler of directives."""
    from directives.compiler import compile_module
    from directives.compiler import render_diagnostics

    for block in blocks(page):
        if block.language == "python":
            module = compile_module(block.body, "documentation", f"{page.name}:{block.line}")
            assert not module.errors, render_diagnostics(module.diagnostics)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in pages() if any(block.language == "console" for block in blocks(page))],
    ids=page_ids,
)
def test_following_a_page_gives_what_it_shows(page: Path, tmp_path: Path):
    """Who writes the files of a page and types its commands sees what the page shows."""
    port = free_port()
    with ExitStack() as terminals:
        for block in (on_port(block, port) for block in blocks(page)):
            if block.language == "console" and block.title:
                terminals.enter_context(open_terminal(block, tmp_path, port))
            elif block.language == "console":
                type_commands(block, tmp_path)
            elif block.title:
                file = tmp_path / block.title
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.body, encoding="utf-8")


def on_port(block: Block, port: int) -> Block:
    """The block with the port that pages show replaced by one that is free here."""
    return Block(block.language, block.title, block.body.replace(SHOWN_PORT, str(port)), block.line)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ() -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


def type_commands(block: Block, folder: Path) -> None:
    for command in commands(block):
        done = subprocess.run(
            ["bash", "-c", command.text],
            cwd=folder,
            env=environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        same = doctest.OutputChecker().check_output(command.output, done.stdout, doctest.ELLIPSIS)
        assert same, f"$ {command.text}\nshown:\n{command.output}\nprinted:\n{done.stdout}"


@contextmanager
def open_terminal(block: Block, folder: Path, port: int) -> Iterator[None]:
    """A terminal whose one command serves until the end of the page."""
    (command,) = commands(block)
    with (folder / ".terminal").open("wb") as log:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command.text}"],
            cwd=folder,
            env=environ(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(server, port, folder / ".terminal")
        yield
    finally:
        press_ctrl_c(server)


def wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")
