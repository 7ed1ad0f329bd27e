"""What the cache tells while it is watched: every hit and miss in the log, and what is needed to say why one missed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING
from typing import Final

from directives.cache.statistics import Reason
from directives.observing import fields

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.function import CachedFunction
    from directives.cache.life import CacheLife

MOST_KEYS: Final = 10_000

log = logging.getLogger("directives.cache")


class Trace:
    """Tells the log what happens, and remembers the keys that were filled lately.

    Args:
        logged: Whether the log is told; else it only remembers.
    """

    def __init__(self, logged: bool) -> None:
        self._logged = logged
        self._filled: OrderedDict[bytes, float] = OrderedDict()
        if logged:
            _make_visible()

    def hit(self, cached: CachedFunction, key: bytes, entry: CacheEntry, stale: bool, now: float) -> None:
        """An entry was served."""
        if self._logged:
            word = "stale" if stale else "hit"
            extra = fields(function=cached.name, event=word)
            log.debug(
                "%-5s %s [%s] age %s", word, cached.name, short(key), span(now - entry.created), extra=extra
            )

    def miss(self, cached: CachedFunction, key: bytes, reason: Reason, now: float) -> Reason:
        """Nothing was there to serve; the reason, told more exactly if the key was filled before."""
        if reason is Reason.UNSEEN and key in self._filled:
            reason = Reason.EXPIRED if self._filled[key] <= now else Reason.EVICTED
        if self._logged:
            extra = fields(function=cached.name, event="miss", reason=str(reason))
            log.debug("miss  %s [%s] %s", cached.name, short(key), reason, extra=extra)
        return reason

    def fill(self, cached: CachedFunction, key: bytes, entry: CacheEntry, seconds: float) -> None:
        """A result was computed."""
        self._filled[key] = entry.created + entry.life.expire
        self._filled.move_to_end(key)
        if len(self._filled) > MOST_KEYS:
            self._filled.popitem(last=False)
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


def span(seconds: float) -> str:
    """A span of time for people."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return (
        "never" if seconds == float("inf") else f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:.0f} s"
    )


def life_text(life: CacheLife) -> str:
    """A life for people."""
    return f"{span(life.stale)} / {span(life.revalidate)} / {span(life.expire)}"
