"""A clock that the test moves."""

from __future__ import annotations

import time


class MovableClock:
    """A clock that stands still until it is told to go on; it begins at the time of day.

    Attributes:
        time: What it shows, in seconds since the epoch.
    """

    def __init__(self) -> None:
        self.time = time.time()

    def advance(self, seconds: float) -> None:
        """Let some seconds go by."""
        self.time += seconds

    def now(self) -> float:
        """The time of day."""
        return self.time

    def monotonic(self) -> float:
        """The same: it never goes back either."""
        return self.time
