"""What a process looks at that wants to know of marked tags: the file tells only who asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from typing import Final

from directives.errors import StoreError

LOOK_EVERY: Final = 0.5
RECENT: Final = 2.0


class SqliteFollowing:
    """Looks twice a second whether anything was marked, in a thread of its own; see ``Following``.

    Args:
        generation: Gives a number that changes with every mark.
        times: Gives when each of some tags was marked last.
        watched: Gives the tags that anybody asked for.
        told: Is told of marks.
    """

    def __init__(
        self,
        generation: Callable[[], int],
        times: Callable[[Collection[str]], Mapping[str, float]],
        watched: Callable[[], Collection[str]],
        told: Callable[[Collection[str]], None],
    ) -> None:
        self._generation = generation
        self._times = times
        self._watched = watched
        self._told = told
        self._known: dict[str, float] = {}
        self._wanted = threading.Event()
        self._stopped = False
        self._seen = -1
        self._works = True
        threading.Thread(target=self._follow, name="directives tags", daemon=True).start()

    def marked(self) -> bool:
        """See ``Following``: looks at once."""
        self._wanted.set()
        return self._works

    def close(self) -> None:
        """See ``Following``; the thread ends soon after."""
        self._stopped = True
        self._wanted.set()

    def _follow(self) -> None:
        while not self._stopped:
            try:
                self._look()
                self._works = True
            except (StoreError, OSError):
                self._works = False
            self._wanted.wait(LOOK_EVERY)
            self._wanted.clear()

    def _look(self) -> None:
        generation, watched = self._generation(), self._watched()
        if generation == self._seen and self._known.keys() >= set(watched):
            return
        times = self._times(watched)
        # Of a tag that nobody had asked for, what was marked just now may be news.
        since = time.time() - RECENT
        news = [tag for tag, at in times.items() if at > self._known.get(tag, since)]
        self._known = dict(times)
        self._seen = generation
        if news:
            self._told(news)
