"""A result as it is kept: given out as a copy of the caller's own, written as bytes for a shared store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import Self

from directives.cache.copies import SHARED
from directives.cache.copies import Foreign
from directives.cache.copies import Planner
from directives.cache.copies import own
from directives.cache.copies import size_of
from directives.cache.process import registered_types


class CachedValue:
    """A result as it is kept; a caller's change of what it got never reaches it.

    It is held as a live object where its containers are Python's own, and as bytes of the trusted codec elsewhere: where
    a part is of another type, or is found in it more than once.

    Attributes:
        live: What is held.
        copier: What makes the caller's object of it; ``None`` if it cannot change and is given out itself.
    """

    __slots__ = ("copier", "live")

    def __init__(self, live: Any, copier: Callable[[Any], Any] | None) -> None:
        self.live = live
        self.copier = copier

    @classmethod
    def of(cls, value: Any) -> Self:
        """Keep a result.

        Raises:
            EncodeError: It holds something that cannot be kept; names its path and type.
        """
        if type(value) in SHARED:
            return cls(value, None)
        try:
            live = own(value)
        except Foreign:
            return cls.from_bytes(_encode(value))
        return cls(live, None if live is value else _copy_once)

    def copy(self) -> Any:
        """The result, as an object of the caller's own wherever that can be changed."""
        copier = self.copier
        if copier is None:
            return self.live
        if copier is _copy_once:
            self.copier = _copy_again
        elif copier is _copy_again:
            self.copier = copier = Planner().plan(self.live) or own
        return copier(self.live)

    def parts(self) -> tuple[Any, Self | None]:
        """What is given out itself, or itself for what gives out copies."""
        return (self.live, None) if self.copier is None else (None, self)

    def open(self) -> None:
        """See that it can be given out: what is held as bytes is decoded, for whoever asks for it next.

        Raises:
            DecodeError: The bytes are no result.
        """
        if self.copier is _decode:
            self.copier = Opened(_decode(self.live))

    def size(self) -> int:
        """The bytes it takes in memory."""
        return size_of(self.live)

    def to_bytes(self) -> bytes:
        """The result in the trusted codec.

        Raises:
            EncodeError: It holds something that cannot be written; names its path and type.
        """
        is_written = self.copier is _decode or type(self.copier) is Opened
        data: bytes = self.live if is_written else _encode(self.live)
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The result that ``to_bytes`` wrote; it is decoded each time it is asked for."""
        return cls(data, _decode)


class Opened:
    """Gives out what was decoded already; decodes again for whoever comes after that.

    Args:
        value: What was decoded.
    """

    __slots__ = ("_values",)

    def __init__(self, value: Any) -> None:
        self._values = [value]

    def __call__(self, data: bytes) -> Any:
        """The value, nobody else's."""
        try:
            return self._values.pop()
        except IndexError:
            return _decode(data)


def _copy_once(live: Any) -> Any:
    """Copy for the caller that has computed it: many a result is never asked for again, so a plan has to wait."""
    return own(live)


def _copy_again(live: Any) -> Any:
    """Mark a result that was given out once; the next copy makes the plan."""
    return own(live)


def _encode(value: Any) -> bytes:
    from directives.wire.trusted import dumps

    return dumps(value, types=registered_types())


def _decode(data: bytes) -> Any:
    from directives.wire.trusted import loads

    return loads(data, types=registered_types())
