"""The keys that sign entries in stores which others can write to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# A key for this purpose alone: whoever learns a signature learns nothing of what seals captured values.
PURPOSE: Final = "directives 2026-11-22 signatures of cache entries"


def signing_keys(secret_keys: Iterable[bytes], purpose: str = PURPOSE) -> tuple[bytes, ...]:
    """A key of 32 bytes for each secret, in the same order: the first signs, what any of them signed is accepted.

    See the BLAKE3 paper, section 2.3, on its mode for the derivation of keys.
    """
    from blake3 import blake3

    return tuple(blake3(secret, derive_key_context=purpose).digest() for secret in secret_keys)
