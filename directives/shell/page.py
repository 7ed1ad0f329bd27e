"""A page that was rendered ahead, as a store keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from directives.errors import DecodeError
from directives.shell.parts import Part

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shell:
    """A page that was rendered ahead.

    Attributes:
        headers: The headers of its response that hold for everybody.
        body: The page; of one with deferred parts, all of it but its end.
        parts: What is deferred.
        end: What follows when all of that is there.
    """

    headers: Headers
    body: bytes
    parts: tuple[Part, ...] = ()
    end: bytes = b""

    def to_bytes(self) -> bytes:
        """The shell in the trusted codec."""
        from directives.wire.trusted import dumps

        parts = [[part.slot, part.module, part.name, part.given] for part in self.parts]
        return dumps([list(map(list, self.headers)), self.body, parts, self.end])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The shell that ``to_bytes`` wrote.

        Raises:
            DecodeError: These bytes are none of this version.
        """
        from directives.wire.trusted import loads

        match loads(data):
            case [[*headers], bytes(body), [*parts], bytes(end)]:
                try:
                    return cls(
                        tuple((str(name), str(value)) for name, value in headers),
                        body,
                        tuple(Part(*part) for part in parts),
                        end,
                    )
                except (TypeError, ValueError) as error:
                    raise DecodeError(f"the bytes are no shell of this version: {error}") from None
        raise DecodeError("the bytes are no shell of this version")
