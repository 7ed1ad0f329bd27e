"""The two notations of a reply, and which of them a caller wants."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from directives.errors import EncodeError
from directives.functions import Format
from directives.wire.lowering import Look
from directives.wire.lowering import Special
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json


class Unserializable(Exception):
    """A result cannot be sent; a function's own ``EncodeError`` is a failure like any other."""


@dataclass(frozen=True, slots=True)
class Media:
    """One notation.

    Attributes:
        format: How its values are told apart from what they have to be converted from.
        type: Its media type.
        stream_type: The media type of a stream of its values.
        encode: A value to bytes.
        decode: Bytes to a value.
        around: What stands around an encoded value to make it ``{"ok": value}``.
        separator: What follows each value of a stream.
    """

    format: Format
    type: str
    stream_type: str
    encode: Callable[..., bytes]
    decode: Callable[..., Any]
    around: tuple[bytes, bytes]
    separator: bytes

    def success(self, value: Any, special: Special | None, look: Look | None = None) -> bytes:
        """``{"ok": value}``.

        Raises:
            Unserializable: The value cannot be sent; names its path from ``result`` on.
            TaintError: It must not be sent.
        """
        before, after = self.around
        try:
            return before + self.encode(value, special=special, where="result", look=look) + after
        except EncodeError as error:
            raise Unserializable(str(error)) from error


CBOR = Media(
    Format.CBOR,
    "application/cbor",
    "application/cbor-seq",
    encode_cbor,
    decode_cbor,
    (b"\xa1\x62ok", b""),
    b"",
)
JSON = Media(
    Format.JSON, "application/json", "application/jsonl", encode_json, decode_json, (b'{"ok":', b"}"), b"\n"
)

MEDIA: Mapping[str, Media] = {media.type: media for media in (CBOR, JSON)}
ACCEPTED: Mapping[str, Media] = {**MEDIA, **{media.stream_type: media for media in (CBOR, JSON)}}
MAX_ACCEPT = 512
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


def mimetype(content_type: str | None) -> str:
    """A media type without its parameters."""
    if content_type is None:
        return ""
    return content_type if content_type in MEDIA else content_type.partition(";")[0].strip().lower()


def wanted(accept: str | None) -> Media | None:
    """The notation that an ``Accept`` header names, if it names one before a page."""
    if accept is None or accept == "*/*" or len(accept) > MAX_ACCEPT:
        return None
    return ACCEPTED.get(accept) or _negotiated(accept)


@lru_cache(maxsize=256)
def _negotiated(accept: str) -> Media | None:
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header

    for named, quality in parse_accept_header(accept, MIMEAccept):
        kind = named.partition(";")[0].lower()
        if quality > 0 and (kind in ACCEPTED or kind in PAGE_TYPES):
            return ACCEPTED.get(kind)
    return None
