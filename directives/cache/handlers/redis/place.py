"""Which of the servers is talked to: the one that answers, in a cluster the one that holds the store's keys."""

from __future__ import annotations

from directives.cache.handlers.redis.address import Node


class Place:
    """The server that connections go to; one for all connections of a process.

    Args:
        nodes: The servers of the address.
    """

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._nodes = nodes
        self.node = nodes[0]

    def give_up(self, node: Node) -> None:
        """This server does not answer: the next connection goes to the next of the address."""
        if node == self.node:
            following = self._nodes.index(node) + 1 if node in self._nodes else 0
            self.node = self._nodes[following % len(self._nodes)]

    def move(self, host: str, port: int, asked: Node) -> None:
        """A server of a cluster says where the keys are: with no host, beside itself."""
        self.node = Node(host or asked.host, port)
