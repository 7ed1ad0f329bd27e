"""The page around the Python: what its JavaScript does for islands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Protocol

    class Page(Protocol):
        """What ``islands.js`` hands in. Texts and small numbers alone cross, for all else costs or is cut to 32 bits."""

        def render(self, number: int, html: str) -> None:
            """Show the markup of an island."""
            ...

        def fail(self, number: int, phase: str, text: str) -> None:
            """Say in the console, and by an event, that an island has failed."""
            ...

        def ask(self, id: str, body: str, concurrent: int) -> Awaitable[str]:
            """Call a server function, in its turn unless ``concurrent``; gives ``[status, reply]`` as JSON."""
            ...

        def open(self, id: str, body: str) -> int:
            """Begin a stream; gives its number."""
            ...

        def item(self, number: int) -> Awaitable[str]:
            """The next item of a stream, as ``ask`` gives a reply; empty at its end."""
            ...

        def go(self, address: str) -> None:
            """Go to another page."""
            ...


class Host:
    """The page that this Python runs in.

    Attributes:
        current: Set once, when it starts.
    """

    current: Page
