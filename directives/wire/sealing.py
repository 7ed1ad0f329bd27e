"""Sealed values: they travel through other people's hands and come back unread and unchanged.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. Each secret gives a key by HKDF-SHA256
(RFC 5869). What is sealed is bound to what it is for by ``associated``: a value sealed for one
function opens for no other. Sealing hides and authenticates; it grants nothing and stops no replay.

A sealed text is base64url without padding of: version (1 byte), key fingerprint (4 bytes),
nonce (12 bytes), ciphertext with its 16-byte tag. What is encrypted begins with the time of sealing
(5 bytes, seconds since 1970, big-endian); in version 1 it does not.
"""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from directives.errors import ExpiredPageError
from directives.errors import SealError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x02"
TIMELESS_VERSION = b"\x01"
TIME_SIZE = 5
PURPOSE = b"directives sealed value v1"
NONCE_SIZE = 12
FINGERPRINT_SIZE = 4
HEADER_SIZE = len(VERSION) + FINGERPRINT_SIZE
MINIMUM_SIZE = HEADER_SIZE + NONCE_SIZE + 16


def seal(
    keys: Sequence[bytes], plaintext: bytes, associated: bytes, *, clock: Callable[[], float] = time.time
) -> str:
    """Seal bytes with the first key.

    Args:
        keys: The secrets; the first one seals.
        plaintext: What to seal.
        associated: What it is for; opening needs the same bytes.
        clock: The time, in seconds since 1970.

    Returns:
        URL-safe text.

    Raises:
        SealError: There is no key.
    """
    if not keys:
        raise SealError("there is no secret key to seal with")
    key = _derive(keys[0])
    header = VERSION + key.fingerprint
    nonce = os.urandom(NONCE_SIZE)
    made = int(clock()).to_bytes(TIME_SIZE, "big")
    sealed = header + nonce + key.cipher.encrypt(nonce, made + plaintext, header + associated)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_sealed(
    keys: Sequence[bytes],
    text: str,
    associated: bytes,
    *,
    max_age: float | None = None,
    clock: Callable[[], float] = time.time,
) -> bytes:
    """Open what ``seal`` made, with whichever key made it.

    Args:
        keys: The secrets; any of them may have sealed.
        text: What ``seal`` returned.
        associated: What ``seal`` was told it is for.
        max_age: How many seconds ago it may have been sealed, if that matters.
        clock: The time, in seconds since 1970.

    Raises:
        SealError: It was changed, sealed for something else, or no key opens it; the error does not
            say which.
        ExpiredPageError: It was sealed too long ago, or in version 1, which does not tell.
    """
    content, made = _decrypt(keys, text, associated)
    if max_age is not None and (made is None or made + max_age < clock()):
        raise ExpiredPageError(f"a sealed value is older than {max_age:g} seconds")
    return content


def _decrypt(keys: Sequence[bytes], text: str, associated: bytes) -> tuple[bytes, int | None]:
    """What was sealed, and when, if it tells."""
    data = _decode(text)
    header, nonce, body = (
        data[:HEADER_SIZE],
        data[HEADER_SIZE:][:NONCE_SIZE],
        data[HEADER_SIZE + NONCE_SIZE :],
    )
    from cryptography.exceptions import InvalidTag

    if len(data) >= MINIMUM_SIZE and header[:1] in (VERSION, TIMELESS_VERSION):
        for key in map(_derive, keys):
            if key.fingerprint == header[1:]:
                try:
                    content = key.cipher.decrypt(nonce, body, header + associated)
                except InvalidTag:
                    continue
                if header[:1] == TIMELESS_VERSION:
                    return content, None
                return content[TIME_SIZE:], int.from_bytes(content[:TIME_SIZE], "big")
    raise SealError("a sealed value does not open")


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    fingerprint: bytes
    cipher: AESGCM


@lru_cache(maxsize=32)
def _derive(secret: bytes) -> _Key:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    size = 32 + FINGERPRINT_SIZE
    material = HKDF(algorithm=SHA256(), length=size, salt=None, info=PURPOSE).derive(secret)
    return _Key(fingerprint=material[32:], cipher=AESGCM(material[:32]))


def _decode(text: str) -> bytes:
    """The bytes of a sealed text; none for a text that ``seal`` would not have written."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    # Base64 has several spellings of one value; only ours counts.
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text else b""
