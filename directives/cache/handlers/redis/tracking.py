"""The connection on which Redis tells what changes, for the entries that a process keeps near."""

from __future__ import annotations

import contextlib
import threading
from typing import Any
from typing import Final

from redis.exceptions import RedisError

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.layout import Layout
from directives.cache.handlers.redis.near import Near
from directives.cache.handlers.redis.place import Place
from directives.cache.handlers.redis.pool import Connection
from directives.cache.handlers.redis.pool import connect

BEAT: Final = 1.0
CHANNEL: Final = b"__redis__:invalidate"


class Tracker:
    """Keeps a ``Near`` honest, from a thread of its own.

    See Redis, "Client-side caching in Redis", broadcasting mode. While the connection stands every change of the
    store's keys is told on it; when it is gone, the entries are too. A server that stops answering without closing
    is found out by a ping each second.

    Args:
        address: Where to, and how to sign in.
        place: Which server.
        layout: The names of the store.
        near: What to keep honest.
    """

    def __init__(self, address: RedisAddress, place: Place, layout: Layout, near: Near) -> None:
        self._address = address
        self._place = place
        self._layout = layout
        self._near = near
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to listen, if nobody does."""
        with self._lock:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._listen, name="directives near", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Listen no more; returns when the thread has ended."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(BEAT + 2 * self._address.timeout)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            node = self._place.node
            with contextlib.suppress(RedisError, OSError):
                self._listen_at(node)
            self._near.stop()
            self._stopped.wait(BEAT)

    def _listen_at(self, node: Node) -> None:
        connection = connect(self._address, node)
        try:
            self._subscribe(connection)
            self._near.start()
            while node == self._place.node and not self._stopped.is_set():
                if connection.can_read(BEAT):
                    self._take(connection.read_response())
                    continue
                connection.send_packed_command(connection.pack_command(b"PING"), check_health=False)
                if not connection.can_read(self._address.timeout):
                    return
        finally:
            connection.disconnect()

    def _subscribe(self, connection: Connection) -> None:
        """Have changes told to this same connection, as messages: that needs no other protocol version."""
        number = _ask(connection, b"CLIENT", b"ID")
        prefixes = [part for root in (self._layout.entries, self._layout.marks) for part in (b"PREFIX", root)]
        _ask(connection, b"CLIENT", b"TRACKING", b"ON", b"REDIRECT", number, b"BCAST", *prefixes)
        _ask(connection, b"SUBSCRIBE", CHANNEL)

    def _take(self, message: Any) -> None:
        match message:
            case [b"message", channel, [*names]] if channel == CHANNEL:
                self._near.drop(names)
            case [b"message", *_]:  # with nothing named: the whole database has been emptied
                self._near.empty()


def _ask(connection: Connection, *parts: bytes | int) -> Any:
    connection.send_packed_command(connection.pack_command(*parts), check_health=False)
    return connection.read_response()
