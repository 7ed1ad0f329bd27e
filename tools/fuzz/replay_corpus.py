#!/usr/bin/env python3
"""Send every hostile body of the corpus to a server and see that each is refused, cheaply.

python3 tools/fuzz/replay_corpus.py
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.security.bodies import Body
from tests.security.bodies import bodies
from tests.security.server import Server
from tests.security.server import serving

MOST_MEMORY: Final = 64.0


def main() -> int:
    """Send them all; returns the exit status."""
    with TemporaryDirectory() as folder, serving(Path(folder)) as server:
        server.good_call()
        before = memory()
        times = {str(body): sent(server, body) for body in bodies()}
        growth = memory() - before
    faults = sum(seconds is None for seconds in times.values())
    slowest = max(times, key=lambda name: times[name] or 0.0)
    print(
        f"{len(times)} bodies, {faults} faults, {growth:.0f} MiB of memory more at most, "
        f"slowest {times[slowest] or 0:.2f} s: {slowest}"
    )
    return 1 if faults or growth >= MOST_MEMORY else 0


def sent(server: Server, body: Body) -> float | None:
    """The seconds that refusing a body takes; ``None``, and a line that says why, if something is wrong."""
    answer, faults = server.attack(body.request())
    for fault in faults:
        print(f"{body}: {fault}")
    return None if faults else answer.seconds


def memory() -> float:
    """The most memory that this process has had so far, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    sys.exit(main())
