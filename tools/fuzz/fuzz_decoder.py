#!/usr/bin/env python3
"""Fuzz the two decoders of what comes off the network.

    python3 tools/fuzz/fuzz_decoder.py [--seconds 60] [--plain] [--findings FOLDER]

Each input goes through both. It is a value of plain types that can be encoded again, or a ``DecodeError``; never
another exception, and never a matter of seconds. (A value can be too deep for the encoder's longer notation: that is its
``EncodeError``.)
"""

from __future__ import annotations

import datetime
import ipaddress
import sys
import time
import uuid
from array import array
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from pathlib import PurePosixPath
from typing import Any
from typing import Final
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import driver
from words import WORDS

with driver.instrumented():
    from directives.errors import DecodeError
    from directives.errors import EncodeError
    from directives.wire.budget import Budget
    from directives.wire.references import FunctionReference
    from directives.wire.untrusted import decode_cbor
    from directives.wire.untrusted import decode_json
    from directives.wire.untrusted import encode_cbor
    from directives.wire.untrusted import encode_json
from tests.security.bodies import bodies

MAX_SECONDS: Final = 1.0
PLAIN: Final = frozenset({
    type(None), bool, int, float, str, bytes, bytearray, datetime.date, datetime.time, datetime.datetime,
    datetime.timedelta, datetime.timezone, ZoneInfo, Decimal, uuid.UUID, complex, range, array, memoryview, PurePosixPath,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network, ipaddress.IPv4Interface,
    ipaddress.IPv6Interface, FunctionReference,
})  # fmt: skip
TAGS: Final = (
    b"tuple", b"set", b"frozenset", b"dict", b"bytearray", b"date", b"time", b"datetime", b"timedelta", b"zone", b"decimal",
    b"uuid", b"complex", b"range", b"ip", b"ip-network", b"ip-interface", b"path", b"array", b"memoryview", b"function", b"markup",
    b'{"$":["', b"\xd8\x1b\x82", b"\xc2\x41", b"\\ud800", b"Europe/Vienna", b"2024-01-01T00:00:00+00:00",
)  # fmt: skip


def target(data: bytes) -> None:
    """Decode with both decoders; raise for what neither may do."""
    for decode, encode in ((decode_cbor, encode_cbor), (decode_json, encode_json)):
        start = time.thread_time()
        try:
            value = decode(data, Budget())
        except DecodeError:
            pass
        else:
            check(value)
            decode_again(value, decode, encode)
        seconds = time.thread_time() - start
        if seconds > MAX_SECONDS:
            raise driver.Finding(f"{decode.__name__} took {seconds:.1f} s")


def decode_again(value: Any, decode: Callable[..., Any], encode: Callable[[Any], bytes]) -> None:
    """Encode a decoded value and decode it once more, unless the encoder's own notation nests it too deep."""
    try:
        encoded = encode(value)
    except EncodeError as refused:
        # A map with other keys than texts is one level in a message, and three as the encoder writes it.
        if "nested deeper" not in str(refused):
            raise
    else:
        decode(encoded, Budget(bytes=1 << 24))


def check(value: Any) -> None:
    """Raise unless a value is made of the format's types alone."""
    pending = [value]
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind is dict:
            pending += [*part.keys(), *part.values()]
        elif kind in (list, tuple, set, frozenset):
            pending += part
        elif kind not in PLAIN:
            raise driver.Finding(f"a message became a {kind}")


if __name__ == "__main__":
    seeds = [body.data for body in bodies("cbor", "json", huge=False)]
    sys.exit(driver.main(target, seeds, [*TAGS, *(word.encode() for word in WORDS.values())]))
