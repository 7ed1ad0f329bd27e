"""How a server function travels as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A server function among decoded values, not yet looked up.

    Attributes:
        id: The function's ID as the message has it; any text.
        bound: Its sealed captured values, or ``None``.
    """

    id: str
    bound: str | None = None
