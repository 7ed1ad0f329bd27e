"""Stamps: what shows that a shell in a store was put there by us, and under that very key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from directives.cache.signing import signing_keys
from directives.errors import DecodeError

PURPOSE: Final = "directives 2026-11-22 stamps of static shells"
LENGTH: Final = 32


class Stamps:
    """Stamps bytes, and takes the stamp off again.

    A store may be written to by others: what they put there never becomes a page.

    Args:
        secret_keys: The first stamps, what any of them stamped is accepted.
    """

    def __init__(self, secret_keys: Sequence[bytes]) -> None:
        self._keys = signing_keys(secret_keys, PURPOSE)

    def put(self, data: bytes, place: bytes) -> bytes:
        """The bytes with a stamp before them, good for one place in the store alone."""
        return _stamp(self._keys[0], data, place) + data

    def take(self, stamped: object, place: bytes) -> bytes:
        """The bytes behind a stamp.

        Raises:
            DecodeError: Nobody with one of the keys put it there.
        """
        from hmac import compare_digest

        if type(stamped) is bytes:
            stamp, data = stamped[:LENGTH], stamped[LENGTH:]
            if any(compare_digest(stamp, _stamp(key, data, place)) for key in self._keys):
                return data
        raise DecodeError(
            "what the store holds in the place of a shell was not put there by this application"
        )


def _stamp(key: bytes, data: bytes, place: bytes) -> bytes:
    from blake3 import blake3

    # The places are all of one length.
    return blake3(place, key=key).update(data).digest(LENGTH)
