"""Connections for threads: redis-py's, each used by one thread at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from typing import Any
from typing import Final
from typing import NamedTuple
from typing import Protocol

import redis.connection
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import MovedError
from redis.exceptions import NoScriptError
from redis.exceptions import ReadOnlyError
from redis.exceptions import RedisError
from redis.exceptions import ResponseError
from redis.retry import Retry

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.breaker import Breaker
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.operations import Command
from directives.cache.handlers.redis.operations import NoScript
from directives.cache.handlers.redis.operations import Reply
from directives.cache.handlers.redis.place import Place
from directives.errors import StoreError

MOST_IDLE: Final = 64
MOVES: Final = 3


class Connection(Protocol):
    """What is used of redis-py's connections."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def pack_command(self, *args: Any) -> Iterable[bytes]: ...
    def send_packed_command(self, command: Iterable[bytes], check_health: bool = True) -> None: ...
    def can_read(self, timeout: float = 0) -> bool: ...
    def read_response(self) -> Any: ...


class Line(NamedTuple):
    """A connection, and where it leads."""

    node: Node
    connection: Connection


def connect(address: RedisAddress, node: Node) -> Connection:
    """A new connection, signed in.

    Raises:
        redis.RedisError: There is no server, or it refuses.
    """
    options: dict[str, Any] = {
        "db": address.db,
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": address.timeout,
        "socket_connect_timeout": address.timeout,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if node.path:
        options["path"] = node.path
    else:
        options.update(host=node.host, port=node.port)
    if address.tls:
        options.update(address.certificates, ssl_check_hostname=True)
    made: Connection = _kind(address, node)(**options)
    made.connect()
    return made


def _kind(address: RedisAddress, node: Node) -> Any:
    if node.path:
        return redis.connection.UnixDomainSocketConnection
    return redis.connection.SSLConnection if address.tls else redis.connection.Connection


class Pool:
    """The connections of one process.

    Args:
        address: Where to, and how to sign in.
        place: Which server.
        breaker: What to ask before, and to tell afterwards.
        clock: What to set by the server's.
    """

    def __init__(self, address: RedisAddress, place: Place, breaker: Breaker, clock: ServerClock) -> None:
        self._address = address
        self._place = place
        self._breaker = breaker
        self._clock = clock
        self._idle: deque[Line] = deque(maxlen=MOST_IDLE)

    def call(self, command: Command) -> Reply:
        """Send a command and wait for the reply.

        Raises:
            StoreError: There is no answer in time, or it is an error.
        """
        self._breaker.check()
        node = self._place.node
        try:
            reply = self._ask(command)
        except (ResponseError, RedisError, OSError) as error:
            if isinstance(error, ReadOnlyError | LostError) or not isinstance(error, ResponseError):
                self._place.give_up(node)
                self._breaker.failed()
            raise StoreError(f"the Redis at {node} did not do {command.parts[0]!r}: {error}") from error
        self._breaker.worked()
        return reply

    def close(self) -> None:
        """Close what is idle; what is in use is closed by the next ``close``."""
        while (line := self._take()) is not None:
            line.connection.disconnect()

    def _ask(self, command: Command) -> Reply:
        for _ in range(MOVES):
            try:
                return self._ask_here(command)
            except MovedError as moved:
                self._place.move(moved.host, moved.port, self._place.node)
        return self._ask_here(command)

    def _ask_here(self, command: Command) -> Reply:
        line = self._take()
        while line is not None:
            try:
                return self._talk(line, command)
            except (
                LostError
            ):  # closed while it was idle, as when the server restarts: only a new one can tell
                line = self._take()
        node = self._place.node
        return self._talk(Line(node, connect(self._address, node)), command)

    def _take(self) -> Line | None:
        while self._idle:
            try:
                line = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if line.node == self._place.node:
                return line
            line.connection.disconnect()
        return None

    def _talk(self, line: Line, command: Command) -> Reply:
        connection = line.connection
        reply: Reply
        try:
            if self._clock.is_due():
                self._set_clock(connection)
            connection.send_packed_command(connection.pack_command(*command.parts), check_health=False)
            if command.block and not connection.can_read(command.block + self._address.timeout):
                raise TimeoutError(f"no answer within {command.block + self._address.timeout:.2f} s")
            reply = connection.read_response()
        except NoScriptError:
            reply = NoScript()
        except BaseException:  # whatever it was, a reply may still be on its way
            connection.disconnect()
            raise
        self._idle.append(line)
        return reply

    def _set_clock(self, connection: Connection) -> None:
        self._clock.postpone()
        sent = time.monotonic()
        connection.send_packed_command(connection.pack_command(b"TIME"), check_health=False)
        seconds, microseconds = connection.read_response()
        self._clock.learn(seconds, microseconds, sent, time.monotonic())
