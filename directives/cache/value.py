"""A result as it is kept: given out as a copy of the caller's own, written as bytes for a shared store."""

from __future__ import annotations

from typing import Any
from typing import Self


class CachedValue:
    """A result as it is kept; a caller's change of what it got never reaches it.

    Args:
        data: The result in the trusted codec.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @classmethod
    def of(cls, value: Any) -> Self:
        """Keep a result.

        Raises:
            EncodeError: It holds something that cannot be kept; names its path and type.
        """
        from directives.wire.trusted import dumps

        return cls(dumps(value))

    def copy(self) -> Any:
        """The result, as an object of the caller's own wherever that can be changed."""
        from directives.wire.trusted import loads

        return loads(self._data)

    def to_bytes(self) -> bytes:
        """The result in the trusted codec."""
        return self._data

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The result that ``to_bytes`` wrote; it is decoded when it is asked for."""
        return cls(data)
