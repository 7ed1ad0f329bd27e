"""What has happened to cached functions so far, counted."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from directives.cache.handler import Size


class Reason(StrEnum):
    """Why a call found nothing to serve."""

    UNSEEN = "never seen"
    EXPIRED = "expired"
    TAG = "invalidated by a tag"
    EVICTED = "evicted"
    CODE = "code changed"
    ELSEWHERE = "in another process"
    PRIVATE = "kept for one request only"
    FAILED = "the store failed"


class Counters:
    """The running counts of one function; a hit in memory adds one and does nothing more.

    Counts are not guarded by a lock: on a busy free-threaded build a few may be lost.

    Attributes:
        elsewhere: Gives the hits that are counted where they are found, and are not in ``hits``.
        unseen: The calls that nothing was ever kept for; most misses are such.
    """

    __slots__ = ("_misses", "elsewhere", "errors", "fills", "hits", "seconds", "stale", "unseen", "waited")

    def __init__(self) -> None:
        self.hits = 0
        self.elsewhere: Callable[[], int] | None = None
        self.stale = 0
        self.waited = 0
        self.fills = 0
        self.errors = 0
        self.seconds = 0.0
        self.unseen = 0
        self._misses: dict[Reason, int] = {}

    @property
    def all_hits(self) -> int:
        """All hits, wherever they are counted."""
        return self.hits + (self.elsewhere() if self.elsewhere else 0)

    @property
    def misses(self) -> dict[Reason, int]:
        """The calls that found nothing to serve, by reason."""
        return ({Reason.UNSEEN: self.unseen} if self.unseen else {}) | self._misses

    def miss(self, reason: Reason) -> None:
        """Count a call that found nothing to serve."""
        if reason is Reason.UNSEEN:
            self.unseen += 1
        else:
            self._misses[reason] = self._misses.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class FunctionStatistics:
    """What has happened to one cached function in this process.

    Attributes:
        name: Its module and qualified name.
        directive: Its directive.
        hits: How many calls were served from the store, stale ones included.
        stale: How many of those were given an old result while a new one was computed.
        misses: How many calls found nothing to serve, by reason.
        waited: How many of those waited for another call's computation.
        fills: How many results were computed.
        errors: How many computations raised.
        seconds: How long the computations took together.
        entries: How many results of it are in the memory of this process.
        bytes: How many bytes those take.
    """

    name: str
    directive: str
    hits: int
    stale: int
    waited: int
    fills: int
    errors: int
    seconds: float
    misses: Mapping[str, int] = field(default_factory=dict)
    entries: int = 0
    bytes: int = 0

    @property
    def saved(self) -> float:
        """How many seconds of computing the hits have saved, by the mean of the computations so far."""
        return self.hits * self.seconds / self.fills if self.fills else 0.0


def snapshot(name: str, directive: str, counters: Counters, size: Size | None) -> FunctionStatistics:
    """The counts as they are now, and what its results take in memory."""
    return FunctionStatistics(
        name=name,
        directive=directive,
        hits=counters.all_hits,
        stale=counters.stale,
        waited=counters.waited,
        fills=counters.fills,
        errors=counters.errors,
        seconds=counters.seconds,
        misses={str(reason): count for reason, count in counters.misses.items()},
        entries=size.entries if size else 0,
        bytes=size.size if size else 0,
    )
