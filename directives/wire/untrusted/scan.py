"""A look at CBOR bytes before anything is built from them (RFC 8949, section 3).

The look is linear and builds nothing. The library behind it meets only the part of CBOR that this
format uses, whatever its version makes of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from directives.errors import DecodeError
from directives.errors import LimitExceeded

OUR_TAG = 27


def _alternatives(*parts: bytes) -> bytes:
    return b"(?:" + b"|".join(parts) + b")"


def _short_strings(sizes: range) -> bytes:
    """Byte and text strings whose head holds their size; guarded, so that others skip all at once."""
    first, last = sizes[0], sizes[-1]
    guard = rb"(?=[\x%02x-\x%02x\x%02x-\x%02x])" % (0x40 + first, 0x40 + last, 0x60 + first, 0x60 + last)
    return guard + _alternatives(*(b"[\\x%02x\\x%02x].{%d}" % (0x40 + n, 0x60 + n, n) for n in sizes))


# Floats come in runs: one step of the engine for all of a run takes half the time of one for each.
NUMBER = rb"(?:[\x1b\x3b\xfb].{8})++|[\x18\x38].|[\x19\x39\xf9]..|[\x1a\x3a\xfa].{4}"
STRING = _alternatives(*(_short_strings(range(n, n + 6)) for n in range(0, 24, 6)))
SCALAR = _alternatives(rb"[\x00-\x17\x20-\x37\xf4-\xf6]", NUMBER, STRING)
LONG_CONTAINER = rb"[\x98\xb8].|[\x99\xb9]..|[\x9a\xba].{4}|[\x9b\xbb].{8}|\xd8[\x02\x03\x1b]"
CONTAINER = _alternatives(rb"[\x80-\x97\xa0-\xb7\xc2\xc3]", LONG_CONTAINER)
ANY = _alternatives(
    rb"[\x00-\x17\x20-\x37\xf4-\xf6\x80-\x97\xa0-\xb7\xc2\xc3]", NUMBER, STRING, LONG_CONTAINER
)

# Possessive runs: the regular expression engine goes through everything but long strings at C speed.
RUN = re.compile(b"(?s:" + ANY + b"*+)")
# One container after any scalars, or the end of the stretch, so that a match never starts anew.
UP_TO_CONTAINER = re.compile(b"(?s:" + SCALAR + b"*+(?:(" + CONTAINER + rb")|\Z))")
LONG_STRING = re.compile(rb"(?s:[\x58\x78](.)|[\x59\x79](..)|[\x5a\x7a](.{4})|[\x5b\x7b](.{8}))")

# Bytes that are harmless wherever they stand: in texts, as numbers, as short numbers' heads ...
QUIET = bytes(range(0x80)) + b"\xf4\xf5\xf6"
# ... and those that are containers, big integers or parts of texts.
QUIET_OR_CONTAINER = QUIET + bytes(range(0x80, 0xC0)) + b"\xc2\xc3"


def scan(data: bytes, nodes: int) -> int:
    """Refuse what the format does not use: other tags, simple values, indefinite lengths.

    Args:
        data: The message.
        nodes: How many containers and tags it may hold.

    Returns:
        How many it holds, at most.

    Raises:
        DecodeError: It uses something that is not the format's, or is cut short.
        LimitExceeded: It holds more than ``nodes``.
    """
    count = len(data.translate(None, QUIET))
    if count <= nodes:
        if data.translate(None, QUIET_OR_CONTAINER):
            for _ in _segments(data):
                pass
        return count
    count = 0
    for start, end in _segments(data):
        for found in UP_TO_CONTAINER.finditer(data, start, end):
            count += found.lastindex or 0
            if count > nodes:
                raise LimitExceeded("the body holds too many containers")
    return count


def may_hold_tags(data: bytes) -> bool:
    """Whether a message that ``scan`` let through can hold one of the format's tags."""
    return b"\xd8" in data or b"\xc2" in data or b"\xc3" in data


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """The stretches between long strings, each found to hold nothing that is not the format's."""
    position, size = 0, len(data)
    while position < size:
        end = RUN.match(data, position).end()  # type: ignore[union-attr]  # it matches the empty run too
        yield position, end
        if end == size:
            return
        head = LONG_STRING.match(data, end)
        if head is None:
            raise DecodeError("the body is cut short or uses a part of CBOR that is not this format's")
        position = head.end() + int.from_bytes(head[head.lastindex or 0], "big")
    if position > size:
        raise DecodeError("the body is cut short")
