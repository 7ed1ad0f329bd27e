"""The shells that a process serves: found by path, rendered anew when they are out of date, once among all processes."""

from __future__ import annotations

import logging
import os
import threading
from abc import ABC
from abc import abstractmethod
from collections.abc import Awaitable
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Final
from typing import Generic
from typing import TypeVar

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handler import TellsChanges
from directives.cache.kept import PAST
from directives.errors import DecodeError
from directives.errors import StoreError
from directives.shell.near import Near
from directives.shell.verdict import NotStatic

if TYPE_CHECKING:
    from directives.runtime import Runtime
    from directives.shell.page import Shell
    from directives.shell.shelf import Index
    from directives.shell.shelf import Shelf
    from directives.shell.target import Target

LOOK_EVERY: Final = 1.0  # seconds between two looks whether a build has put other shells in the store
# Seconds after which a shell at hand is looked up: the store has to know that it is used.
LONGEST: Final = 10.0
QUIET: Final = 10.0  # seconds for which a page that cannot be rendered ahead is left to the application
READING: Final = frozenset({"GET", "HEAD"})

R = TypeVar("R")

log = logging.getLogger("directives.shell")


class Shells(ABC, Generic[R]):
    """The shells that a process serves.

    Only pages that a build has rendered are ever looked for: what else is asked, by whatever host and query, costs a look
    into a dictionary and puts nothing into the store.

    Args:
        runtime: The runtime.

    Attributes:
        monotonic: The clock by which they are fresh.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._process = os.getpid()
        self._looking = threading.Lock()
        self._begin_again()

    def _begin_again(self) -> None:
        self._in_force = self._runtime.in_force
        self.monotonic = self._runtime.caches.clock.monotonic
        self._shelf: Shelf | None = None
        self._changes: Callable[[], object] | None = None
        self._look_at = PAST
        self._use(None)

    def _use(self, index: Index | None) -> None:
        self._index = index
        self._targets = {} if index is None else index.targets
        self._for_hosts = any(target.host is not None for target in self._targets.values())
        self._near: dict[str, Near] = {}
        self._refused: dict[str, float] = {}

    @abstractmethod
    def host_of(self, request: R) -> str | None:
        """The host that a request names."""

    @abstractmethod
    def fits(self, request: R) -> bool:
        """Whether a request asks for a page as it is rendered ahead.

        It reads; and it has no query and is not for a place below another path, for these make another page.
        """

    def target(self, request: R, path: str) -> Target | None:
        """The page that a request asks for, if it was rendered ahead.

        Args:
            request: The request.
            path: Its path, decoded, below where the application is mounted.
        """
        monotonic = self.monotonic  # called as a method, it would be looked for in the class first
        if monotonic() >= self._look_at or self._in_force is not self._runtime.in_force:
            self._look()
        targets = self._targets
        if not targets:
            return None
        target = targets.get(path)
        if target is None and self._for_hosts:
            target = targets.get((self.host_of(request) or "").lower() + path)
        return target if target is not None and self.fits(request) else None

    def find(self, target: Target, render: Callable[[Target], Shell]) -> Near | None:
        """The shell of a page; rendered here if it is gone, in the background if it is only stale.

        Args:
            target: The page.
            render: Renders it.

        Returns:
            ``None`` if it cannot be had now: then the application answers.
        """
        near, epoch = self._at_hand(target)
        if near is not None or self._is_refused(target):
            return near
        shelf, index = self._shelf, self._index
        if shelf is None or index is None:  # another thread has just found that there are none any more
            return None
        key = shelf.key(index, target)

        def stamped() -> bytes:
            try:
                return shelf.stamped(render(target), key)
            except NotStatic as error:
                self._drop(shelf, key, error)
                raise

        try:
            found = self._checked(shelf, shelf.cached.handler.get(key))
            if found is not None and is_fresh(shelf, found):
                return self._take(shelf, key, target, found.entry, epoch)
            from directives.cache.fill import get_or_fill

            entry = get_or_fill(shelf.cached, key, stamped)
            return self._take(shelf, key, target, entry, epoch, stale=found)
        except Exception as error:  # noqa: BLE001 -- whatever the store or the application raises, it answers itself
            self._refuse(target, error)
            return None

    async def find_async(self, target: Target, render: Callable[[Target], Awaitable[Shell]]) -> Near | None:
        """See ``find``."""
        near, epoch = self._at_hand(target)
        if near is not None or self._is_refused(target):
            return near
        shelf, index = self._shelf, self._index
        if shelf is None or index is None:  # another thread has just found that there are none any more
            return None
        key = shelf.key(index, target)

        async def stamped() -> bytes:
            try:
                return shelf.stamped(await render(target), key)
            except NotStatic as error:
                self._drop(shelf, key, error)
                raise

        try:
            handler = shelf.cached.store.asynchronous()
            found = self._checked(shelf, await handler.get(key) if handler else shelf.cached.handler.get(key))
            if found is not None and is_fresh(shelf, found):
                return self._take(shelf, key, target, found.entry, epoch)
            from directives.cache.fill import aget_or_fill

            entry = await aget_or_fill(shelf.cached, key, stamped)
            return self._take(shelf, key, target, entry, epoch, stale=found)
        except Exception as error:  # noqa: BLE001 -- as above
            self._refuse(target, error)
            return None

    def _at_hand(self, target: Target) -> tuple[Near | None, object]:
        """The shell at hand, if nothing in the store has changed since it was looked up; and the store's epoch."""
        if self._changes is None:
            return None, None
        try:
            epoch = self._changes()
        except StoreError:
            return None, None
        near = self._near.get(target.place)
        if near is not None and near.epoch is epoch and self.monotonic() < near.until:
            return near, epoch
        return None, epoch

    def _is_refused(self, target: Target) -> bool:
        return self._refused.get(target.place, PAST) > self.monotonic()

    def _refuse(self, target: Target, error: Exception) -> None:
        """Leave a page to the application for a while."""
        self._refused[target.place] = self.monotonic() + QUIET
        if isinstance(error, NotStatic) and not error.failed:
            log.info("%s is not static any more: %s", target, error.what)
        else:
            log.warning("%s could not be rendered ahead; the application answers", target, exc_info=error)

    def _drop(self, shelf: Shelf, key: bytes, error: NotStatic) -> None:
        """A page that was static, and is not now, is nobody's shell any more; one that fails stays what it was."""
        if not error.failed:
            shelf.cached.handler.delete(key)

    def _take(
        self,
        shelf: Shelf,
        key: bytes,
        target: Target,
        entry: CacheEntry,
        epoch: object,
        *,
        stale: Found | None = None,
    ) -> Near:
        """Have a shell at hand.

        Args:
            shelf: Where it comes from.
            key: Its key there.
            target: Its page.
            entry: Its entry.
            epoch: What the store said of changes before it was looked up.
            stale: What was found and is not fresh; if that is the entry, it is served this once.

        Raises:
            DecodeError: Somebody else put it there.
        """
        near = self._near.get(target.place)
        if near is None or near.key != key or near.created != entry.created:
            try:
                near = Near(shelf.shell_in(entry, key), key, entry.created, entry.life)
            except DecodeError as error:
                shelf.cached.store.discard(key, error)
                raise
        now = self.monotonic()
        near.fresh_until = now + entry.created + entry.life.revalidate - shelf.cached.store.now()
        is_stale = stale is not None and stale.entry.created == entry.created
        near.until = PAST if is_stale else min(near.fresh_until, now + LONGEST)
        near.epoch = epoch
        self._near[target.place] = near
        return near

    def _checked(self, shelf: Shelf, found: Found | None) -> Found | None:
        """What was found; the marks that make it out of date are told to the memory of this process."""
        if found is None or not found.marks:
            return found
        entry = found.entry
        now = shelf.cached.store.now()
        marks = [mark for mark in found.marks if mark.dates(entry.created) or mark.takes(entry.created, now)]
        if marks and shelf.cached.store.leases is not None:
            self._pass_on(entry.tags, marks)
        return found

    def _pass_on(self, tags: tuple[str, ...], marks: list[TagMark]) -> None:
        """Another process has invalidated what the page uses: what is kept of that in memory here is as old."""
        from directives.cache.handlers.memory import MemoryHandler

        mark = TagMark(
            max(each.expired for each in marks),
            max(each.stale for each in marks),
            min(each.due for each in marks),
        )
        for store in self._runtime.caches.reachable_stores():
            if isinstance(store.handler, MemoryHandler):
                store.handler.mark_tags(tags, mark)

    def _look(self) -> None:
        """See which shells there are; where none are known, all who ask wait for that."""
        if self._process != os.getpid():  # who holds the lock does not exist in a forked child
            self._process, self._looking = os.getpid(), threading.Lock()
        if not self._looking.acquire(blocking=self._index is None):
            return
        try:
            if self._in_force is not self._runtime.in_force:
                self._begin_again()
            if self.monotonic() >= self._look_at:
                self._use_current()
                self._look_at = self.monotonic() + LOOK_EVERY
        finally:
            self._looking.release()

    def _use_current(self) -> None:
        runtime = self._runtime
        if not runtime.caches.is_there(runtime.settings.prerender_store):
            self._use(None)
            return
        try:
            if self._shelf is None:
                from directives.shell.shelf import Shelf

                self._shelf = Shelf(runtime)
                handler = self._shelf.cached.handler
                self._changes = handler.changes if isinstance(handler, TellsChanges) else None
            index = self._shelf.current()
        except Exception:
            log.warning("the store of the shells does not answer; those known are served", exc_info=True)
            return
        if index is None or self._index is None or index.generation != self._index.generation:
            self._use(index)


def is_fresh(shelf: Shelf, found: Found) -> bool:
    """Whether what was found need not be rendered anew."""
    now = shelf.cached.store.now()
    return not found.is_gone(now) and not found.is_stale(now)
