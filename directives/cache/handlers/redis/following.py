"""What a process listens to that wants to know of marked tags: Redis tells of every change of a mark."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from typing import Final

from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.layout import Layout
from directives.cache.handlers.redis.place import Place
from directives.cache.handlers.redis.tracking import Tracker

PATIENCE: Final = 1.0


class RedisFollowing:
    """Tells of marks, its own process's too, while the connection stands; see ``Following``.

    Making one waits for the connection, for a second at most.

    Args:
        address: Where to, and how to sign in.
        place: Which server.
        layout: The names of the store.
        watched: Gives the tags that anybody asked for.
        told: Is told of marks.
    """

    def __init__(
        self,
        address: RedisAddress,
        place: Place,
        layout: Layout,
        watched: Callable[[], Collection[str]],
        told: Callable[[Collection[str]], None],
    ) -> None:
        self._marks = layout.marks
        self._watched = watched
        self._told = told
        self._is_told = False
        self._was_told = threading.Event()
        self._tracker = Tracker(address, place, layout, self)
        self._tracker.start()
        # Who is told from now on misses nothing; where there is no Redis, what it tells when it is back is all.
        self._was_told.wait(PATIENCE)

    def marked(self) -> bool:
        """See ``Following``."""
        return self._is_told

    def close(self) -> None:
        """See ``Following``."""
        self._tracker.stop()

    def drop(self, names: Iterable[bytes]) -> None:
        """These names in the store have changed."""
        length = len(self._marks)
        tags = [
            name[length:].decode("utf-8", "surrogatepass") for name in names if name.startswith(self._marks)
        ]
        if tags:
            self._told(tags)

    def start(self) -> None:
        """From now on every change is told; what changed while nobody told is not known, so it may be any."""
        self._is_told = True
        if self._was_told.is_set():
            self.empty()
        self._was_told.set()

    def stop(self) -> None:
        """Changes are not told any more."""
        self._is_told = False

    def empty(self) -> None:
        """Everything has changed."""
        self._told(self._watched())
