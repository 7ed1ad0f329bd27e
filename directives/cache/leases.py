"""Leases: of all processes that share a store, one at a time computes an entry."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from typing import Final

from directives.cache.forked import renew_in_children
from directives.cache.handler import AsyncCacheHandler
from directives.cache.handler import SharedCacheHandler

LEASE: Final = 10.0  # seconds after which a process that died is replaced
BEAT: Final = LEASE / 4
# Seconds; a store that cannot wait on an event loop is looked at again, ever more seldom.
FIRST_LOOK: Final = 0.005
LAST_LOOK: Final = 0.25
UNGUARDED: Final = ""  # in place of a token: the store failed, so go on without a lease

Failed = Callable[[str, Exception], None]


class Leases:
    """The leases that this process holds in one store.

    Args:
        handler: The store's handler.
        asynchronous: Gives the same for the running event loop, if there is one.
        failed: Is told of what the handler raises; a store that fails holds nobody up.
    """

    def __init__(
        self,
        handler: SharedCacheHandler,
        asynchronous: Callable[[], AsyncCacheHandler | None],
        failed: Failed,
    ) -> None:
        self._handler = handler
        self._asynchronous = asynchronous
        self._failed = failed
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """In a child: what its parent holds is the parent's, and the thread that extends it does not exist there."""
        self._held: dict[bytes, str] = {}
        self._changed = threading.Condition()
        self._beating = False

    def take(self, key: bytes) -> str | None:
        """Take the lease of a key; ``None`` if another process has it."""
        try:
            token = self._handler.acquire(key, LEASE)
        except Exception as error:  # noqa: BLE001 -- a handler may raise anything
            return self._unguarded(error)
        return self._hold(key, token)

    async def take_async(self, key: bytes) -> str | None:
        """See ``take``."""
        asynchronous = self._with("acquire")
        if asynchronous is None:
            return self.take(key)
        try:
            token = await asynchronous.acquire(key, LEASE)
        except Exception as error:  # noqa: BLE001 -- as above
            return self._unguarded(error)
        return self._hold(key, token)

    def give_back(self, key: bytes, token: str) -> None:
        """Let others compute the entry, or find it."""
        if self._drop(key, token):
            try:
                self._handler.release(key, token)
            except Exception as error:  # noqa: BLE001 -- as above
                self._failed("release a lease", error)

    async def give_back_async(self, key: bytes, token: str) -> None:
        """See ``give_back``."""
        asynchronous = self._with("release")
        if asynchronous is None:
            self.give_back(key, token)
        elif self._drop(key, token):
            try:
                await asynchronous.release(key, token)
            except Exception as error:  # noqa: BLE001 -- as above
                self._failed("release a lease", error)

    def wait(self, key: bytes, seconds: float) -> bool:
        """Wait until a lease may be free; ``False`` if the store fails."""
        try:
            self._handler.wait(key, min(seconds, LEASE))
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed("wait for a lease", error)
            return False
        return True

    async def wait_async(self, key: bytes, seconds: float, turn: int) -> bool:
        """See ``wait``.

        Args:
            key: The key.
            seconds: How long at most.
            turn: How many times the caller has waited for it already.
        """
        asynchronous = self._with("wait")
        if asynchronous is None:
            await asyncio.sleep(min(seconds, FIRST_LOOK * 2**turn, LAST_LOOK))
            return True
        try:
            await asynchronous.wait(key, min(seconds, LEASE))
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed("wait for a lease", error)
            return False
        return True

    def _with(self, operation: str) -> Any:
        asynchronous = self._asynchronous()
        return asynchronous if hasattr(asynchronous, operation) else None

    def _unguarded(self, error: Exception) -> str:
        self._failed("take a lease", error)
        return UNGUARDED

    def _hold(self, key: bytes, token: str | None) -> str | None:
        if not token:
            return None
        with self._changed:
            self._held[key] = token
            if not self._beating:
                self._beating = True
                threading.Thread(target=self._beat, name="directives-leases", daemon=True).start()
        return token

    def _drop(self, key: bytes, token: str) -> bool:
        with self._changed:
            return token != UNGUARDED and self._held.pop(key, None) == token

    def _beat(self) -> None:
        """Extend what is held, so that only a process that died loses a lease."""
        while True:
            with self._changed:
                self._changed.wait(BEAT)
                held = list(self._held.items())
                if not held:
                    self._beating = False
                    return
            for key, token in held:
                try:
                    self._handler.extend(key, token, LEASE)
                except Exception as error:  # noqa: BLE001 -- as above
                    self._failed("extend a lease", error)
