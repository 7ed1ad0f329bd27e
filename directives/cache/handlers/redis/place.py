"""Which of the servers is talked to: the one that answers, in a cluster the one that holds the store's keys."""

from __future__ import annotations

from collections.abc import Callable

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.operations import Command
from directives.errors import StoreError


class Place:
    """The server that connections go to; one for all connections of a process.

    Args:
        nodes: The servers of the address.
        moved: Is called when it has become another: what the one before told holds no longer.

    Attributes:
        node: The server.
    """

    def __init__(self, nodes: tuple[Node, ...], moved: Callable[[], None]) -> None:
        self._nodes = nodes
        self._moved = moved
        self.node = nodes[0]

    def move(self, node: Node) -> None:
        """The store is at this server."""
        if node != self.node:
            self.node = node
            self._moved()

    def give_up(self, node: Node) -> None:
        """This server does not answer: the next connection goes to the next of the address."""
        if node == self.node:
            following = self._nodes.index(node) + 1 if node in self._nodes else 0
            self.move(self._nodes[following % len(self._nodes)])

    def error(self, command: Command, reason: Exception) -> StoreError:
        """What to raise for a command that failed; names the server and the command, nothing that was stored."""
        verb = command.parts[0]
        shown = verb.decode() if isinstance(verb, bytes) else verb
        return StoreError(f"the Redis at {self.node} did not answer {shown}: {str(reason).rstrip('.')}")
