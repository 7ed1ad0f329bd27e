"""How fast the machine is just now: what a request of bare werkzeug takes on it.

Goals in microseconds were set where one took 13. What costs 3 there costs 6 on a machine that is half as fast, or busy: so
costs are measured in turns with such requests, and goals are compared with what they come to in those microseconds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from time import thread_time
from typing import Any
from typing import Final

from werkzeug.test import create_environ
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

A_REQUEST: Final = 13.0  # microseconds, where the goals were set
REQUESTS: Final = 200
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


def extra(name: str, bare: Callable[[], float], ours: Callable[[], float], rounds: int, goal: float) -> float:
    """How much longer one takes than the other, in microseconds of the machine that the goal was set on; prints it.

    Args:
        name: What they are.
        bare: Gives the microseconds of one.
        ours: The same for the other.
        rounds: How many turns they take; the fastest counts, for what a busy machine adds is nobody's. Which of them is
            first changes: it pays for the caches that a request of werkzeug has left.
        goal: The most that it should be.
    """
    measured: dict[Callable[[], float], list[float]] = {bare: [], ours: [], a_request: []}
    for turn in range(rounds):
        for each in (bare, ours, a_request) if turn % 2 else (ours, bare, a_request):
            measured[each].append(each())
    without, with_it, request = map(min, measured.values())
    found = scaled(with_it - without, request)
    print(
        f"{name}{with_it - without:8.2f} us here, where a request of bare werkzeug takes {request:.1f}: {found:.2f} us "
        f"where it takes {A_REQUEST:g}   (goal: at most {goal:g} us)"
    )
    return found


def scaled(microseconds: float, request: float) -> float:
    """What some microseconds come to where a request takes what it took where the goals were set."""
    return microseconds * A_REQUEST / request
