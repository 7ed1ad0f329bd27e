"""What shows that the bytes in a row are those that were kept under its key, and by whom."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final

from blake3 import blake3

LENGTH: Final = 16


class Seals:
    """Checksums; signatures, if there are keys.

    Args:
        sign_keys: Keys of 32 bytes. The first one signs, any of them may have.
    """

    def __init__(self, sign_keys: Sequence[bytes] = ()) -> None:
        self._keys: Sequence[bytes | None] = sign_keys or (None,)

    def make(self, key: bytes, data: bytes) -> bytes:
        """The seal of what is kept under a key."""
        return _seal(self._keys[0], key, data)

    def hold(self, seal: bytes, key: bytes, data: bytes) -> bool:
        """Whether a row's seal is that of its key and data."""
        return any(hmac.compare_digest(seal, _seal(sign, key, data)) for sign in self._keys)


def _seal(sign_key: bytes | None, key: bytes, data: bytes) -> bytes:
    if sign_key is None:
        return blake3(data).update(key).digest(LENGTH)
    # With its length, so that a signature holds for one key alone, wherever it could be cut.
    size = len(key).to_bytes(8, "big")
    return blake3(data, key=sign_key).update(key).update(size).digest(LENGTH)
