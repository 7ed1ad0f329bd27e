"""A deferred part: a function to be called when somebody asks for the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A deferred part of a page that was rendered ahead.

    Attributes:
        slot: The name of its place in the page.
        module: The module of its function.
        name: The function's name there.
        given: Its arguments, in the trusted codec.
    """

    slot: str
    module: str
    name: str
    given: bytes
