"""A call through the Flask extension, against a JSON route of the same application: `python tools/bench/bench_flask.py`.

Behind gunicorn with one worker of threads, as in `bench_served.py`, which says how it is counted. Below it: what a page
that uses nothing of directives pays for the extension, in process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any
from typing import Final

from bench_served import both
from bench_served import gunicorn
from bench_served import measured
from bench_served import ratio
from flask import Flask
from hooked import turn_on
from machine import Added
from machine import added
from machine import extra
from werkzeug.test import create_environ

from directives.integrations.flask import Directives

GOAL: Final = 0.8
GOAL_OF_PAGES: Final = 3.0
PAGES: Final = 100
ROUNDS: Final = 41
PEER: Final = "Flask route"
SERVED: Final = """
import directives
directives.enable()

from flask import Flask, jsonify, request
from directives.integrations.flask import Directives
from echo import echo

plain = Flask("plain")

@plain.post("/bare")
def bare():
    return jsonify(request.get_json())

@plain.get("/")
def name():
    return echo.id

ours = Flask("ours")
Directives(ours)

def app(environ, start_response):
    return (ours if environ["PATH_INFO"].startswith("/_directives") else plain)(environ, start_response)
"""


def main() -> int:
    with TemporaryDirectory() as name, gunicorn(folder := Path(name), SERVED) as (host, server):
        rates = measured(both(PEER, host, server), folder)
    for name, each in rates.items():
        print(f"{name:<16}{median(each):10,.0f} requests/s of a core")
    found = ratio(rates, PEER)
    print(f"{'ratio':<16}{found:8.2f}x   (goal: at least {GOAL}x)")
    paid = extra("a page pays", paid_by_pages, GOAL_OF_PAGES)
    return 0 if found >= GOAL and paid <= GOAL_OF_PAGES else 1


def paid_by_pages() -> Added:
    """What the extension adds to a page."""
    turn_on()
    without, with_it = page(), page()
    Directives(with_it)
    return added(lambda: per_request(without), lambda: per_request(with_it), ROUNDS)


def page() -> Flask:
    app = Flask("page")
    app.add_url_rule("/", "page", lambda: "page")
    return app


def per_request(app: Flask) -> float:
    """Microseconds of processor time of one request."""
    environ = create_environ("/")
    start = thread_time()
    for _ in range(PAGES):
        b"".join(app(dict(environ), begin))
    return (thread_time() - start) / PAGES * 1e6


def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """Take a response's beginning as a server would."""
    assert status == "200 OK", status


if __name__ == "__main__":
    sys.exit(main())
