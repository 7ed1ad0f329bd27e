"""A stream of CBOR items, cut into its items as the bytes arrive (RFC 8742)."""

from __future__ import annotations

from collections.abc import Iterator

from directives.errors import DecodeError
from directives.errors import LimitExceeded

BYTES, TEXT, ARRAY, MAP, TAG = 2, 3, 4, 5, 6


class ItemCutter:
    """Finds where items end without building them; each byte of a head is looked at once.

    Args:
        limit: The size of the largest item, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._restart()

    def _restart(self) -> None:
        self._position = 0
        self._pending = 1

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The items that are complete with ``chunk``.

        Raises:
            DecodeError: The bytes use indefinite lengths, which the format does not.
            LimitExceeded: An item is larger than the limit.
        """
        self._buffer += chunk
        while self._advance():
            item = bytes(self._buffer[: self._position])
            del self._buffer[: self._position]
            self._restart()
            yield item

    def finish(self) -> None:
        """Raise ``DecodeError`` if the stream ended within an item."""
        if self._buffer:
            raise DecodeError("the stream ended within an item")

    def _advance(self) -> bool:
        """Go on to the end of the item; false if it has not arrived yet."""
        while self._pending:
            head = self._head()
            if head is None:
                break
            major, number, size = head
            self._position += size + (number if major in (BYTES, TEXT) else 0)
            self._pending += {ARRAY: number, MAP: 2 * number, TAG: 1}.get(major, 0) - 1
        if self._position > self._limit or (self._pending and len(self._buffer) > self._limit):
            raise LimitExceeded(f"an item of the stream is larger than {self._limit} bytes")
        return not self._pending and self._position <= len(self._buffer)

    def _head(self) -> tuple[int, int, int] | None:
        """Major type, number and size of the head at the position, if it has arrived."""
        if self._position >= len(self._buffer):
            return None
        first = self._buffer[self._position]
        info = first & 31
        if info < 24:
            return first >> 5, info, 1
        if info > 27:
            raise DecodeError("the stream uses a part of CBOR that is not this format's")
        size = 1 << (info - 24)
        number = self._buffer[self._position + 1 : self._position + 1 + size]
        return (first >> 5, int.from_bytes(number, "big"), size + 1) if len(number) == size else None
