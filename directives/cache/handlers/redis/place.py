"""Which of the servers is talked to: the one that answers, in a cluster the one that holds the store's keys."""

from __future__ import annotations

from collections.abc import Callable

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.command import Command
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
        self._sent_by: Node | None = None
        self.node = nodes[0]

    def move(self, node: Node) -> None:
        """The server that is talked to says that the store is at this one."""
        if node != self.node:
            self._sent_by = self.node
            self._go(node)

    def give_up(self, node: Node) -> None:
        """This server, or the one that it has sent us to, does not answer: the next of the address is asked."""
        if node in (self.node, self._sent_by):
            self._sent_by = None
            following = self._nodes.index(node) + 1 if node in self._nodes else 0
            self._go(self._nodes[following % len(self._nodes)])

    def _go(self, node: Node) -> None:
        if node != self.node:
            self.node = node
            self._moved()

    def error(self, command: Command, reason: Exception) -> StoreError:
        """What to raise for a command that failed; names the server and the command, nothing that was stored."""
        verb = command.parts[0]
        shown = verb.decode() if isinstance(verb, bytes) else verb
        return StoreError(f"the Redis at {self.node} did not answer {shown}: {str(reason).rstrip('.')}")
