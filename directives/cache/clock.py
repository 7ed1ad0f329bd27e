"""The clock of a process, as the cache reads it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time; a test may hand in its own."""

    def now(self) -> float:
        """The time of day, in seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, unmoved by changes of the time of day."""
        ...


class SystemClock:
    """The clock of the machine."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
