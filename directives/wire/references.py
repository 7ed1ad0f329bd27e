"""What stands in a message for something that is elsewhere: a server function, a file, a form."""

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


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file among decoded values: another part of the body has it.

    Attributes:
        part: The name of that part, as the message has it.
    """

    part: str


@dataclass(slots=True)
class FormReference:
    """A form among decoded values, its files not yet put in; mutable as the form is, so no member of a set.

    Attributes:
        pairs: Names, each with a text or a file.
    """

    pairs: list[tuple[str, str | FileReference]]
