"""The server's clock, as this process knows it."""

from __future__ import annotations

import time
from typing import Final

REFRESH: Final = 60.0
RETRY: Final = 1.0


class ServerClock:
    """Tells the server's time to within half a trip; this machine's own until the first contact.

    All processes that share a store go by the server's clock, so that the times they write can be compared.
    """

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()
        self._due = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.monotonic() + self._ahead

    def is_due(self) -> bool:
        """Whether the server should be asked again."""
        return time.monotonic() >= self._due

    def distrust(self) -> None:
        """Another server is talked to, whose clock is not known."""
        self._due = 0.0

    def postpone(self) -> None:
        """Somebody is about to ask: nobody else need."""
        self._due = time.monotonic() + RETRY

    def learn(self, seconds: bytes, microseconds: bytes, sent: float, received: float) -> None:
        """Take the server's answer to TIME.

        Args:
            seconds: Of the answer.
            microseconds: Of the answer.
            sent: When it was asked, in seconds of ``time.monotonic``.
            received: When it answered.
        """
        self._due = received + REFRESH
        self._ahead = int(seconds) + int(microseconds) / 1e6 - (sent + received) / 2
