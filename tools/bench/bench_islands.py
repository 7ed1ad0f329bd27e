#!/usr/bin/env python3
"""What a client component costs: the warehouse's table in Python, on both runtimes, beside the same in JavaScript.

For each it prints the time until the page can be used, from an empty cache and from a full one; the bytes that travel; and
how many calls of a server function it makes in a second, one after the other. The ratios say more than the numbers: all
run in one browser, in turns.

    python3 tools/bench/bench_islands.py [--rounds 5]

Needs Chromium and what the extra `test` installs; `npm` fetches the Pythons.
"""

from __future__ import annotations

import argparse
import mimetypes
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import chdir
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from typing import NamedTuple

from playwright.sync_api import Browser
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.chromium import chromium  # noqa: E402
from tests.e2e.pythons import put_pythons  # noqa: E402

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
KINDS = ("javascript", "micropython", "pyodide")
CALLS = 50
PYTHON_CALLS = """\
'use client'
from directives.browser import html, state
from .warehouse import receive

runtime = {runtime!r}


def Calls(count):
    done = state('')

    async def run(event):
        for _ in range(count):
            await receive('Assam, 50 g', 1)
        done.value = 'done'

    return lambda: html('<button data-on-click="{{run}}">run</button><i>{{done}}</i>', run=run, done=done)
"""
WEB = """
from directives.components import javascript_component
from directives.integrations.script import islands_script
from flask import Flask
from directives.integrations.flask import Directives
from . import calls_micropython, calls_pyodide, shelves, table_micropython, table_pyodide
from .warehouse import receive

app = Flask(__name__)
Directives(app)
TABLES = {
    'javascript': javascript_component('/static/peer.mjs', 'StockTable'),
    'micropython': table_micropython.StockTable,
    'pyodide': table_pyodide.StockTable,
}
CALLS = {
    'javascript': javascript_component('/static/peer.mjs', 'Calls'),
    'micropython': calls_micropython.Calls,
    'pyodide': calls_pyodide.Calls,
}


def page(island):
    return f'<!doctype html><title>t</title><link rel="icon" href="data:,">{islands_script()}{island}'


@app.get('/table/<kind>')
def table(kind):
    more = {'receive': receive} if kind == 'javascript' else {}
    return page(TABLES[kind](rows=shelves.rows(), **more))


@app.get('/calls/<kind>/<int:count>')
def calls(kind, count):
    more = {'receive': receive} if kind == 'javascript' else {}
    return page(CALLS[kind](count=count, **more))
"""


class Costs(NamedTuple):
    """What one visit costs.

    Attributes:
        seconds: From the request until the component is there.
        bytes: What came over the network, with headers.
    """

    seconds: float
    bytes: int


def write_project(folder: Path) -> None:
    """The demo's shop, with its table for each runtime."""
    source = ROOT / "directives" / "demo" / "shop_project"
    shop = folder / "shop"
    (shop / "static").mkdir(parents=True)
    for name in ("shelves.py", "warehouse.py", "money.py"):
        shutil.copy(source / "shop" / name, shop)
    table = (source / "shop" / "stock_table.py").read_text()
    for runtime in KINDS[1:]:
        (shop / f"table_{runtime}.py").write_text(f"{table}\n\nruntime = {runtime!r}\n")
        (shop / f"calls_{runtime}.py").write_text(PYTHON_CALLS.format(runtime=runtime))
    shutil.copy(Path(__file__).with_name("stock_table.mjs"), shop / "static" / "peer.mjs")
    (shop / "__init__.py").touch()
    (shop / "web.py").write_text(WEB)
    (folder / "pyproject.toml").touch()
    put_pythons(shop / "static" / "directives")


def packed(application: Application, static: Path) -> Application:
    """Hand out the packed file beside each static one, as nginx does with ``gzip_static``, to be kept for ever."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        file = static / f"{path.removeprefix('/static/')}.gz"
        if not path.startswith("/static/directives/") or not file.is_file():
            return application(environ, start_response)
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = [
            ("Content-Type", kind),
            ("Content-Encoding", "gzip"),
            ("Cache-Control", "max-age=31536000, immutable"),
        ]
        start_response("200 OK", [*headers, ("Content-Length", str(file.stat().st_size))])
        return [file.read_bytes()]

    return respond


class Quiet(WSGIRequestHandler):
    """Serves without a word, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- werkzeug's name
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the project, served in a thread."""
    import directives

    sys.path.insert(0, str(folder))
    with chdir(folder):
        directives.enable()
    from shop.web import app  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

    application = packed(app.wsgi_app, folder / "shop" / "static")
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def visits(browser: Browser, url: str) -> tuple[Costs, Costs]:
    """A first visit, and one with a full cache, as a page of its own."""
    context = browser.new_context()
    try:
        return visit(context, url), visit(context, url)
    finally:
        context.close()


def visit(context: Any, url: str) -> Costs:
    """Open a page and wait until its island is there."""
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    lengths: list[int] = []
    network.on("Network.loadingFinished", lambda event: lengths.append(event["encodedDataLength"]))
    page.add_init_script("addEventListener('directives:ready', () => { window.became = performance.now() })")
    page.goto(url)
    page.wait_for_selector("py-island[data-ready]", timeout=120_000)
    seconds = page.evaluate("became") / 1000
    page.close()
    return Costs(seconds, int(sum(lengths)))


def calls_a_second(browser: Browser, url: str) -> float:
    """How many calls a component makes in a second, one after the other."""
    page = browser.new_page()
    page.goto(f"{url}/{CALLS}")
    page.wait_for_selector("py-island[data-ready]", timeout=120_000)
    began = page.evaluate("performance.now()")
    page.click("button")
    page.wait_for_selector("i:text('done')", timeout=120_000)
    took: float = page.evaluate("performance.now()") - began
    page.close()
    return CALLS / took * 1000


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description="What a client component costs, in Python and in JavaScript."
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    cold: dict[str, list[Costs]] = {kind: [] for kind in KINDS}
    warm: dict[str, list[Costs]] = {kind: [] for kind in KINDS}
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        write_project(Path(name))
        with served(Path(name)) as url:
            # The server's first answers make the bundle, and read what it serves.
            visits(browser, f"{url}/table/{KINDS[1]}")
            for _ in range(rounds):
                for kind in KINDS:
                    first, second = visits(browser, f"{url}/table/{kind}")
                    cold[kind].append(first)
                    warm[kind].append(second)
                    rates[kind].append(calls_a_second(browser, f"{url}/calls/{kind}"))
    report(cold, warm, rates)


def report(cold: dict[str, list[Costs]], warm: dict[str, list[Costs]], rates: dict[str, list[float]]) -> None:
    """Print a line for each kind, and what it is of JavaScript's."""
    print(f"{'component':<12} {'first visit':>16} {'next visit':>16} {'bytes':>11} {'calls a second':>20}")
    base: list[float] = []
    for kind in KINDS:
        first = statistics.median(costs.seconds for costs in cold[kind])
        second = statistics.median(costs.seconds for costs in warm[kind])
        size = statistics.median(costs.bytes for costs in cold[kind])
        rate = statistics.median(rates[kind])
        base = base or [first, second, rate]
        print(
            f"{kind:<12} {first:7.2f} s {first / base[0]:5.1f}x {second:7.2f} s {second / base[1]:5.1f}x "
            f"{size:>11,.0f} {rate:>12.0f} {rate / base[2]:5.2f}x"
        )


if __name__ == "__main__":
    main()
