"""News of tags: who wants to know that results were dropped, in this process or by another one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from typing import TYPE_CHECKING

from directives.cache.forked import renew_in_children
from directives.cache.handler import Following
from directives.cache.handler import TellsOfTags

if TYPE_CHECKING:
    from directives.cache.store import Store

Told = Callable[[frozenset[str]], None]

log = logging.getLogger("directives.cache")


class News:
    """Tells of marked tags whoever asked for them; for any mix of threads.

    Args:
        stores: Gives the stores that may hold results.
    """

    def __init__(self, stores: Callable[[], Iterable[Store]]) -> None:
        self._stores = stores
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """In a child: whoever reads or listens in its parent does not exist there."""
        self._lock = threading.Lock()
        self._connecting = threading.Lock()
        self._readers: dict[object, tuple[frozenset[str], Told]] = {}
        self._following: list[Following] = []

    def subscribe(self, tags: Collection[str], told: Told) -> Callable[[], None]:
        """Begin to tell somebody what this process marks; what others mark as well, once there was a ``listen``.

        Args:
            tags: The tags.
            told: Called with those of them that were marked, from whatever thread; has to return at once.

        Returns:
            What ends it.
        """
        reader = object()
        self._readers[reader] = frozenset(tags), told

        def end() -> None:
            with self._lock:
                self._readers.pop(reader, None)
                following = self._following if not self._readers else []
                if following:
                    self._following = []
            for each in following:
                each.close()

        return end

    def listen(self) -> None:
        """Listen to the stores that other processes share, for as long as anybody reads; waits for a connection."""
        with self._connecting:
            if self._following or not self._readers:
                return
            made = list(self._follow())
            with self._lock:
                if self._readers:
                    self._following, made = made, []
            for each in made:
                each.close()

    def watched(self) -> frozenset[str]:
        """The tags that anybody asked for."""
        return frozenset().union(*(tags for tags, _ in list(self._readers.values())))

    def marked(self, tags: Collection[str]) -> None:
        """This process has marked tags; a store that tells of its own ones as well leaves nothing to do."""
        if self._readers and not any([each.marked() for each in self._following]):  # noqa: C419 -- all of them are asked
            self.tell(tags)

    def tell(self, tags: Collection[str]) -> None:
        """Tell of tags that somebody has marked."""
        news = frozenset(tags)
        for wanted, told in list(self._readers.values()):
            if found := news & wanted:
                told(found)

    def forget_stores(self) -> None:
        """The stores are closed: listen to those that follow when somebody asks again."""
        with self._lock:
            following, self._following = self._following, []
        for each in following:
            each.close()

    def _follow(self) -> Iterable[Following]:
        for store in self._stores():
            if isinstance(store.handler, TellsOfTags):
                yield store.handler.follow_tags(self.watched, self.tell)
