"""What tests do at a terminal where a server runs."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

PRESSES = 12
SECONDS_BETWEEN = 5.0


def press_ctrl_c(server: subprocess.Popen[bytes]) -> None:
    """End a server that was started with ``start_new_session``, and all that it started.

    A second press may be needed: CPython prints a ``KeyboardInterrupt`` that arrives in the callback of a weak
    reference, and goes on; importlib has such a callback for each module.

    Raises:
        AssertionError: It went on for a minute, and had to be killed.
    """
    presses = 0
    while server.poll() is None:
        presses += 1
        os.killpg(server.pid, signal.SIGINT if presses <= PRESSES else signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            server.wait(SECONDS_BETWEEN)
    assert presses <= PRESSES, f"{server.args} did not end"
