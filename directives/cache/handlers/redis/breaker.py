"""What keeps a store that is away from costing each call its time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from directives.errors import StoreError

LONGEST: Final = 5.0


class Breaker:
    """Refuses operations for a while after one has failed, then lets one through to try.

    Args:
        where: The store's place, for the message.
        timeout: How long a try may take, in seconds: the first pause too; it doubles up to five seconds.
        clock: Tells seconds.

    Attributes:
        failures: How many operations have failed.
    """

    def __init__(self, where: str, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._first = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = 0.0
        self._until = 0.0
        self._is_trying = False
        self.failures = 0

    @property
    def has_failed(self) -> bool:
        """Whether the last operation that was answered, or should have been, was not."""
        return self._pause != 0.0

    def check(self) -> None:
        """Return if an operation may be tried.

        Raises:
            StoreError: One has failed just now.
        """
        if not self._pause:
            return
        with self._lock:
            now = self._clock()
            if now < self._until:
                message = (
                    f"the store at {self._where} has failed and is tried again in {self._until - now:.2f} s"
                )
                raise StoreError(message)
            self._is_trying = True
            self._until = now + max(self._pause, 2 * self._first)

    def worked(self) -> None:
        """An operation has been answered."""
        if self._pause:
            with self._lock:
                self._pause = self._until = 0.0

    def failed(self) -> None:
        """An operation has not been answered."""
        with self._lock:
            self.failures += 1
            now = self._clock()
            if now < self._until and not self._is_trying:
                return  # it was under way when another one failed: the same outage
            self._is_trying = False
            self._pause = min(LONGEST, 2 * self._pause or self._first)
            self._until = now + self._pause
