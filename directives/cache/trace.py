"""What the cache tells while it is watched: every hit and miss in the log, and why one missed."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING
from typing import Final

from directives.cache.history import Absence
from directives.cache.history import Called
from directives.cache.history import Filled
from directives.cache.history import History
from directives.cache.history import absence
from directives.cache.history import remember
from directives.cache.outcome import Answer
from directives.cache.outcome import Outcome
from directives.cache.outcome import ago
from directives.cache.outcome import life_text
from directives.cache.outcome import span
from directives.cache.statistics import Reason
from directives.observing import fields

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.function import CachedFunction
    from directives.cache.journal import Journal

MOST_CALLS: Final = 10_000
MOST_TAGS: Final = 10_000

log = logging.getLogger("directives.cache")


class Trace:
    """Tells of what happens, and remembers what was computed lately.

    Args:
        logged: Whether the log is told.
        journal: Where other processes can read what was computed.
        tell: Is told how each call was answered.
    """

    def __init__(
        self, logged: bool, journal: Journal | None = None, tell: Callable[[Outcome], object] | None = None
    ) -> None:
        self.history = History()
        self._logged = logged
        self._journal = journal
        self._tell = tell
        self._calls: OrderedDict[bytes, Called] = OrderedDict()
        self._marked: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        if logged:
            _make_visible()

    def call(self, call: Called) -> None:
        """A call was made that a hit or a miss is going to be told of."""
        with self._lock:
            remember(self._calls, call.key, call, MOST_CALLS)

    def hit(self, cached: CachedFunction, key: bytes, entry: CacheEntry, stale: bool, now: float) -> Outcome:
        """An entry was served."""
        age = now - entry.created
        if self._logged:
            word = "stale" if stale else "hit"
            extra = fields(function=cached.name, event=word)
            log.debug("%-5s %s [%s] age %s", word, cached.name, short(key), span(age), extra=extra)
        left = entry.life.revalidate - age
        detail = f"computed {ago(age)}"
        answer = Answer.STALE if stale else Answer.HIT
        return self._told(Outcome(cached.name, answer, detail=detail, left=min(left, 0.0) if stale else left))

    def miss(self, cached: CachedFunction, key: bytes, reason: Reason, now: float) -> Outcome:
        """Nothing was there to serve; the reason, told as exactly as can be known."""
        why = self._absence(cached, key, reason, now)
        outcome = Outcome(cached.name, Answer.MISS, why.reason, why.detail, why.differing)
        if self._logged:
            said = outcome.brief.removeprefix("miss, ")
            extra = fields(function=cached.name, event="miss", reason=str(outcome.reason))
            log.debug("%s [%s] %s", f"miss  {cached.name}", short(key), said, extra=extra)
        return self._told(outcome)

    def fill(self, cached: CachedFunction, key: bytes, entry: CacheEntry, seconds: float) -> None:
        """A result was computed."""
        call = self._calls.get(key) or Called(cached.id, cached.version, key, ())
        filled = Filled(call, entry.created, entry.life.expire, entry.tags, os.getpid())
        self.history.add(filled)
        if self._journal is not None and not cached.is_private:
            self._journal.add(cached.name, filled)
        if self._logged:
            tags = f", tags {', '.join(entry.tags)}" if entry.tags else ""
            log.debug(
                "fill  %s [%s] took %s, life %s%s",
                cached.name,
                short(key),
                span(seconds),
                life_text(entry.life),
                tags,
                extra=fields(function=cached.name, event="fill", seconds=seconds),
            )

    def mark(self, tags: Sequence[str], now: float) -> None:
        """Results with some tags were said to be out of date."""
        with self._lock:
            for tag in tags:
                remember(self._marked, tag, now, MOST_TAGS)
        if self._logged:
            log.debug("tags  %s: out of date", ", ".join(tags))

    def _absence(self, cached: CachedFunction, key: bytes, reason: Reason, now: float) -> Absence:
        filled = self.history.of(cached.id)
        same = next((each for each in filled if each.call.key == key), None)
        if reason is Reason.UNSEEN:
            call = self._calls.get(key) or Called(cached.id, cached.version, key, ())
            return absence(call, filled, now, shared=True)
        if reason is Reason.TAG and same is not None:
            said = {tag: self._marked[tag] for tag in same.tags if self._marked.get(tag, 0) >= same.created}
            return Absence(reason, ", ".join(f"{tag!r} {ago(now - time)}" for tag, time in said.items()))
        if reason is Reason.EXPIRED and same is not None:
            return absence(same.call, [same], now, shared=True)
        return Absence(reason)

    def _told(self, outcome: Outcome) -> Outcome:
        if self._tell is not None:
            self._tell(outcome)
        return outcome


def _make_visible() -> None:
    """Whoever asks for the log by an environment variable need not set up logging to see it."""
    if log.level == logging.NOTSET:
        log.setLevel(logging.DEBUG)
    if not log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        log.addHandler(handler)


def short(key: bytes) -> str:
    """A key as it stands in the log: the same for the same key, and nothing can be read from it."""
    return blake2b(key, digest_size=4).hexdigest()
