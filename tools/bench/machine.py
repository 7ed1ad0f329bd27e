"""How fast the machine is just now: what a request of bare werkzeug takes on it.

Goals in microseconds were set where one took 13. What costs 3 there costs 6 on a machine that is half as fast, or busy: so
costs are measured in turns with such requests, and goals are compared with what they come to in those microseconds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from operator import sub
from statistics import median
from time import thread_time
from typing import Any
from typing import Final
from typing import NamedTuple

from werkzeug.test import create_environ
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

A_REQUEST: Final = 13.0  # microseconds, where the goals were set
REQUESTS: Final = 200
PROCESSES: Final = 15
BODY: Final = b"x" * 120


def a_request() -> float:
    """Microseconds of processor time of one request, its body sent back as werkzeug's documentation does it."""
    environ = create_environ("/", method="POST", input_stream=io.BytesIO(BODY))
    start = thread_time()
    for _ in range(REQUESTS):
        environ["wsgi.input"].seek(0)
        once = dict(environ)
        b"".join(Response(Request(once).get_data(), mimetype="application/cbor")(once, begin))
    return (thread_time() - start) / REQUESTS * 1e6


def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """Take a response's beginning as a server would."""


class Added(NamedTuple):
    """What one takes longer than another, in microseconds, and what a request of bare werkzeug took meanwhile."""

    here: float
    request: float


def added(bare: Callable[[], float], ours: Callable[[], float], rounds: int) -> Added:
    """How much longer one takes than the other.

    Args:
        bare: Gives the microseconds of one.
        ours: The same for the other.
        rounds: How many turns they take. Which of them is first changes: it pays for the caches that a request of werkzeug
            has left.
    """
    measured: dict[Callable[[], float], list[float]] = {bare: [], ours: [], a_request: []}
    for turn in range(rounds):
        for each in (bare, ours, a_request) if turn % 2 else (ours, bare, a_request):
            measured[each].append(each())
    return Added(median(map(sub, measured[ours], measured[bare])), median(measured[a_request]))


def extra(name: str, measure: Callable[[], Added], goal: float) -> float:
    """What is added, in microseconds of the machine that the goal was set on; prints it.

    Args:
        name: What pays it.
        measure: Measures it, in several processes in turn: where things lie in the memory of one, and which of them get
            into each other's way there, changes it by a microsecond, in either direction.
        goal: The most that it should be.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        found = [pool.submit(measure).result() for _ in range(PROCESSES)]
    each = sorted(scaled(*one) for one in found)
    here, request = (median(column) for column in zip(*found, strict=True))
    print(
        f"{name}{here:8.2f} us here, where a request of bare werkzeug takes {request:.1f}: {median(each):.2f} us where it "
        f"takes {A_REQUEST:g}   (goal: at most {goal:g} us; {PROCESSES} processes: {each[0]:.2f} to {each[-1]:.2f})"
    )
    return median(each)


def scaled(microseconds: float, request: float) -> float:
    """What some microseconds come to where a request takes what it took where the goals were set."""
    return microseconds * A_REQUEST / request
