"""A shell at hand: what is sent of it, made once."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Final

from directives.http.lifetimes import LONGEST
from directives.http.lifetimes import SHORTEST
from directives.http.lifetimes import STALE_TIME
from directives.shell.markup import headers_of

if TYPE_CHECKING:
    from directives.cache.life import CacheLife
    from directives.shell.page import Shell

# RFC 9110, 15.4.5: what a 304 says again.
SAID_AGAIN: Final = frozenset({"cache-control", "content-location", "expires", "vary"})

Headers = list[tuple[str, str]]


class Near:
    """A shell in the memory of this process.

    Args:
        shell: The shell.
        key: Its key in the store.
        created: When its rendering began, by the store's clock; with the key that names it exactly.
        life: Its life.

    Attributes:
        fresh_until: Until when it is fresh, by the monotonic clock.
        until: Until when it may be served without asking the store for more than whether anything has changed there.
        epoch: What the store said of that when it was last looked up.
    """

    def __init__(self, shell: Shell, key: bytes, created: float, life: CacheLife) -> None:
        self.shell = shell
        self.key = key
        self.created = created
        self.life = life
        self.fresh_until = self.until = 0.0
        self.epoch: object = None
        stale = min(max(life.stale, SHORTEST), LONGEST)
        self._headers: Headers = [*shell.headers, (STALE_TIME, str(int(stale)))]
        if shell.parts:
            self._headers = headers_of(self._headers)
        else:
            self._headers += [("ETag", self.etag), ("Content-Length", str(len(shell.body)))]
        self._said: tuple[int, Headers] = (-1, [])
        self._says = any(name.lower() == "cache-control" for name, _ in self._headers)

    @cached_property
    def etag(self) -> str:
        """What names these bytes (RFC 9110, 8.8)."""
        from blake3 import blake3

        return f'"{blake3(self.shell.body).hexdigest(length=12)}"'

    def headers(self, now: float) -> Headers:
        """The headers of a response.

        Caches between may keep it as long as it is fresh here, and serve it while they ask again (RFC 5861); a browser
        asks each time, and is mostly told that nothing has changed. What the application said itself stays.

        Args:
            now: The time, by the monotonic clock.
        """
        second = int(now)
        if self._said[0] != second:
            self._said = second, self._headers if self._says else [*self._headers, self._kept(now)]
        return self._said[1].copy()

    def _kept(self, now: float) -> tuple[str, str]:
        life = self.life
        fresh = int(max(0, min(self.fresh_until - now, LONGEST)))
        after = 0 if life.revalidate == math.inf else int(min(life.expire - life.revalidate, LONGEST))
        return "Cache-Control", f"public, max-age=0, s-maxage={fresh}, stale-while-revalidate={after}"

    def is_known(self, condition: str) -> bool:
        """Whether a browser has these bytes already (RFC 9110, 13.1.2).

        Args:
            condition: The value of ``If-None-Match``.
        """
        if self.shell.parts:
            return False
        if condition == self.etag:
            return True
        from werkzeug.http import parse_etags

        return parse_etags(condition).contains_weak(self.etag.strip('"'))

    def unchanged(self, now: float) -> Headers:
        """The headers of a 304."""
        said = [pair for pair in self.headers(now) if pair[0].lower() in SAID_AGAIN]
        return [*said, ("ETag", self.etag)]
