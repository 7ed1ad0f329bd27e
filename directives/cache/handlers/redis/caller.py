"""What the connections of threads and those of event loops have in common: where they lead, and what follows a failure."""

from __future__ import annotations

from typing import Final

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.breaker import Breaker
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.command import Command
from directives.cache.handlers.redis.place import Place
from directives.errors import StoreError

MOVES: Final = 3  # how often a cluster may say that the keys are elsewhere


class Caller:
    """Sends commands to the server of a store.

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

    def _lost(self, node: Node, command: Command, reason: Exception) -> StoreError:
        """What to raise for a server that gave no answer; the next connection goes to the next one."""
        failure = self._place.error(command, reason)
        self._place.give_up(node)
        self._breaker.failed()
        return failure
