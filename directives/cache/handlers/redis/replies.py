"""How a conversation with a server goes wrong, whichever library carries it."""

from __future__ import annotations

from typing import Final

from directives.cache.handlers.redis.address import Node

UNAVAILABLE: Final = "CLUSTERDOWN"
OUTAGES: Final = (UNAVAILABLE, "LOADING", "MASTERDOWN", "NOAUTH", "READONLY")


class LostError(Exception):
    """The connection is gone before the reply came, or could not be made."""


class RefusedError(Exception):
    """The server's reply is an error; the message begins with its code."""

    @property
    def is_unknown_script(self) -> bool:
        """Whether the server has not run this script since it started."""
        return str(self).startswith("NOSCRIPT")

    @property
    def is_outage(self) -> bool:
        """Whether this server would refuse anything just now."""
        return str(self).startswith(OUTAGES)

    def moved(self, asked: Node) -> Node | None:
        """Where the keys are in a cluster, if this server says so; with no host, beside itself."""
        words = str(self).split()
        if len(words) != 3 or words[0] != "MOVED":
            return None
        host, _, port = words[2].rpartition(":")
        return Node(host or asked.host, int(port)) if port.isdecimal() else None
