"""What ``directives.start`` names: the gate in front of the import hook, for Python 3.15 and later.

It runs whenever Python starts, so it imports nothing that Python has not imported itself, and is there before pytest is:
PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import os
import sys


def start() -> None:
    """Turn the import hook on if ``-X directives`` or ``PYTHONDIRECTIVES`` asks for it."""
    if "directives" in sys._xoptions or (
        not sys.flags.ignore_environment and os.environ.get("PYTHONDIRECTIVES")
    ):
        from directives._boot import start

        start()
