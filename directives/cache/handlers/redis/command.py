"""What is said to Redis, and what comes back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any
from typing import TypeAlias
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        parts: Its words.
        block: How long the server may wait before it answers, in seconds.
        read: If it reads values and so may travel with other reads, the names of the first and of the others. The
            reply is the first value, and a list of the others, which may be somebody else's too.
    """

    parts: tuple[bytes | int, ...]
    block: float = 0.0
    read: tuple[bytes, tuple[bytes, ...]] | None = None

    @classmethod
    def reading(cls, first: bytes, others: tuple[bytes, ...] = ()) -> Command:
        """What reads values."""
        return cls((b"MGET", first, *others), read=(first, others))


class NoScript:
    """The reply to a script that this server has not run since it started."""


Reply: TypeAlias = Any
Talk: TypeAlias = Generator[Command, Reply, T]
