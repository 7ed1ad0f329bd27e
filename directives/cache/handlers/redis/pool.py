"""The connections for threads of one process."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.breaker import Breaker
from directives.cache.handlers.redis.caller import MOVES
from directives.cache.handlers.redis.caller import Caller
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.command import Command
from directives.cache.handlers.redis.command import NoScript
from directives.cache.handlers.redis.command import Reply
from directives.cache.handlers.redis.connection import Connection
from directives.cache.handlers.redis.place import Place
from directives.cache.handlers.redis.replies import LostError
from directives.cache.handlers.redis.replies import RefusedError

MOST_IDLE: Final = 64


class Pool(Caller):
    """Connections, each used by one thread at a time; see ``Caller``."""

    def __init__(self, address: RedisAddress, place: Place, breaker: Breaker, clock: ServerClock) -> None:
        super().__init__(address, place, breaker, clock)
        self._idle: deque[Connection] = deque(maxlen=MOST_IDLE)

    def call(self, command: Command) -> Reply:
        """Send a command and wait for the reply.

        Raises:
            StoreError: There is no answer in time, or it is an error.
        """
        self._breaker.check()
        node = self._place.node
        try:
            reply = self._ask(command)
        except RefusedError as error:
            if error.is_outage:
                raise self._lost(node, command, error) from error
            self._breaker.worked()
            if error.is_unknown_script:
                return NoScript()
            raise self._place.error(command, error) from error
        except (LostError, OSError) as error:
            raise self._lost(node, command, error) from error
        self._breaker.worked()
        return reply if command.read is None else (reply[0], reply[1:])

    def close(self) -> None:
        """Close what is idle; what is in use is closed by the next ``close``."""
        while (connection := self._take()) is not None:
            connection.close()

    def _ask(self, command: Command) -> Reply:
        for _ in range(MOVES):
            try:
                return self._ask_here(command)
            except RefusedError as error:
                moved = error.moved(self._place.node)
                if moved is None:
                    raise
                self._place.move(moved)
        raise LostError("the servers of the cluster send us round in circles")

    def _ask_here(self, command: Command) -> Reply:
        connection = self._take()
        while connection is not None:
            try:
                return self._talk(connection, command)
            except (
                LostError
            ):  # closed while it was idle, as when the server restarts: only a new one can tell
                connection = self._take()
        return self._talk(Connection(self._address, self._place.node), command)

    def _take(self) -> Connection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if connection.node == self._place.node:
                return connection
            connection.close()
        return None

    def _talk(self, connection: Connection, command: Command) -> Reply:
        try:
            if self._clock.is_due():
                self._set_clock(connection)
            reply = connection.ask(*command.parts, block=command.block)
        except RefusedError:
            self._idle.append(connection)
            raise
        except BaseException:  # whatever it was, a reply may still be on its way
            connection.close()
            raise
        self._idle.append(connection)
        return reply

    def _set_clock(self, connection: Connection) -> None:
        self._clock.postpone()
        sent = time.monotonic()
        seconds, microseconds = connection.ask(b"TIME")
        self._clock.learn(seconds, microseconds, sent, time.monotonic())
