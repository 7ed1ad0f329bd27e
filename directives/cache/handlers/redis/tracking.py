"""The connection on which Redis tells what changes, for the entries that a process keeps near."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any
from typing import Final
from typing import Protocol

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.connection import Connection
from directives.cache.handlers.redis.layout import Layout
from directives.cache.handlers.redis.place import Place
from directives.cache.handlers.redis.replies import LostError
from directives.cache.handlers.redis.replies import RefusedError

BEAT: Final = 1.0
SHORTLY: Final = 0.02
CHANNEL: Final = b"__redis__:invalidate"

log = logging.getLogger("directives.cache")


class Hearing(Protocol):
    """Who is told of changes: a ``Near``, or who follows tags."""

    def drop(self, names: Iterable[bytes], /) -> None:
        """These names in the store have changed."""
        ...

    def start(self) -> None:
        """From now on every change is told."""
        ...

    def stop(self) -> None:
        """Changes are not told any more."""
        ...

    def empty(self) -> None:
        """Everything has changed."""
        ...


class Tracker:
    """Keeps a ``Near`` honest, from a thread of its own.

    See Redis, "Client-side caching in Redis", broadcasting mode. While the connection stands every change of the
    store's keys is told on it; when it is gone, the entries are too. A server that stops answering without closing
    is found out by a ping each second.

    Args:
        address: Where to, and how to sign in.
        place: Which server.
        layout: The names of the store.
        near: What to keep honest, or else to tell of changes.
    """

    def __init__(self, address: RedisAddress, place: Place, layout: Layout, near: Hearing) -> None:
        self._address = address
        self._place = place
        self._layout = layout
        self._near = near
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._has_warned = False

    def start(self) -> None:
        """Begin to listen, if nobody does."""
        with self._lock:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._listen, name="directives near", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Listen no more; the thread ends within a second."""
        self._stopped.set()
        self._near.stop()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            node = self._place.node
            try:
                self._listen_at(node)
            except RefusedError as error:
                self._refused(node, error)
            except (LostError, OSError):
                self._stopped.wait(BEAT)

    def _listen_at(self, node: Node) -> None:
        connection = self._connect(node)
        try:
            connection.ask(b"MGET", self._layout.entries)  # a server of a cluster that has other keys refuses
            self._subscribe(connection)
            self._near.start()
            while node == self._place.node and not self._stopped.is_set():
                message = connection.hear(BEAT)
                if message is None:
                    message = connection.ask(b"PING")
                self._take(message)
        finally:
            self._near.stop()
            connection.close()

    def _connect(self, node: Node) -> Connection:
        try:
            return Connection(self._address, node)
        except (LostError, OSError):
            self._place.give_up(node)
            raise

    def _refused(self, node: Node, error: RefusedError) -> None:
        moved = error.moved(node)
        if moved is not None:
            self._place.move(moved)
            self._stopped.wait(SHORTLY)
            return
        if not error.is_outage and not self._has_warned:
            self._has_warned = True
            log.warning(
                "the Redis at %s does not tell of changes (%s): nothing is kept near, and pages do not follow other processes",
                node,
                error,
            )
        self._stopped.wait(BEAT)

    def _subscribe(self, connection: Connection) -> None:
        """Have changes told to this same connection, as messages: that needs no other protocol version."""
        number = connection.ask(b"CLIENT", b"ID")
        prefixes = [part for root in (self._layout.entries, self._layout.marks) for part in (b"PREFIX", root)]
        connection.ask(b"CLIENT", b"TRACKING", b"ON", b"REDIRECT", number, b"BCAST", *prefixes)
        connection.ask(b"SUBSCRIBE", CHANNEL)

    def _take(self, message: Any) -> None:
        match message:
            case [b"message", channel, [*names]] if channel == CHANNEL:
                self._near.drop(names)
            case [b"message", *_]:  # with nothing named: the whole database has been emptied
                self._near.empty()
