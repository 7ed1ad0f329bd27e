"""The wide codec for what this project wrote itself: sealed captures, stores, keys.

It keeps exact types where the network format settles for equal values. Never give it bytes that were
not authenticated or read from a store of one's own. It imports nothing and pickles nothing either:
types it does not know go through the ``special`` hooks of whoever calls it.
"""

from __future__ import annotations

import datetime
import io
from array import array
from collections.abc import Callable
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath
from pathlib import PurePath
from pathlib import PurePosixPath
from pathlib import PureWindowsPath
from pathlib import WindowsPath
from typing import Any
from zoneinfo import ZoneInfo

import cbor2

from directives.errors import DecodeError
from directives.wire.arriving import RAISE
from directives.wire.budget import Budget
from directives.wire.leaving import LOWER
from directives.wire.lowering import MAX_DEPTH
from directives.wire.lowering import Format
from directives.wire.lowering import Look
from directives.wire.lowering import Lower
from directives.wire.lowering import Refused
from directives.wire.lowering import Special
from directives.wire.lowering import Tagged
from directives.wire.lowering import lower
from directives.wire.numbers import TYPE_CODES

OUR_TAG = 27
SPECIAL = "special"
PATHS: Mapping[str, type[PurePath]] = {
    kind.__name__: kind for kind in (PosixPath, PurePosixPath, WindowsPath, PureWindowsPath)
}
UNBOUNDED = 1 << 62


def dumps(value: Any, *, special: Special | None = None, look: Look | None = None) -> bytes:
    """Encode a value for our own later use.

    Args:
        value: What to keep.
        special: Gives a name and payload for a value whose type the codec does not know, or ``None``.
        look: Is shown every part of it; what it raises is raised.

    Raises:
        EncodeError: A part of the value cannot be kept; names its path and type.
    """
    wrapped = None if special is None else _wrap(special)
    try:
        return cbor2.dumps(lower(value, FORMAT, wrapped, look=look))
    except UnicodeEncodeError:
        return cbor2.dumps(lower(value, FORMAT_WITH_SURROGATES, wrapped))


def loads(data: bytes, *, special: Callable[[str, Any], Any] | None = None) -> Any:
    """Decode what ``dumps`` made.

    Args:
        data: What ``dumps`` returned.
        special: Makes the value from the name and payload that the ``special`` of ``dumps`` gave.

    Raises:
        DecodeError: The bytes are not of this codec.
    """
    budget = Budget(references=UNBOUNDED, digits=UNBOUNDED)

    def tagged(content: Any, immutable: bool) -> Any:
        tag, payload = content
        if tag != SPECIAL:
            return ARRIVING[tag](payload, budget)
        if special is None:
            raise DecodeError("the bytes hold a special value that nobody here reads")
        return special(*payload)

    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(stream, semantic_decoders={OUR_TAG: tagged}, max_depth=MAX_DEPTH)
    try:
        value = decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, OverflowError) as error:
        raise DecodeError("the bytes are not of the trusted codec") from error
    if stream.tell() != len(data):
        raise DecodeError("the bytes go on after their value")
    return value


def _wrap(special: Special) -> Special:
    def wrapped(value: Any) -> Tagged | None:
        found = special(value)
        return None if found is None else (SPECIAL, list(found))

    return wrapped


def _zone_parts(zone: datetime.tzinfo | None) -> Any:
    if zone is None:
        return None
    if type(zone) is ZoneInfo:
        if zone.key is None:
            raise Refused("has a time zone without a name")
        return zone.key
    if type(zone) is not datetime.timezone:
        raise Refused(f"has a time zone of type {type(zone).__qualname__}, which cannot travel")
    offset = zone.utcoffset(None)
    name = zone.tzname(None)
    given = name if name != datetime.timezone(offset).tzname(None) else None
    return [offset.days, offset.seconds, offset.microseconds, given]


def _zone(parts: Any) -> datetime.tzinfo | None:
    if parts is None or type(parts) is str:
        return None if parts is None else ZoneInfo(parts)
    *offset, name = parts
    delta = datetime.timedelta(*offset)
    if name is None:
        return datetime.timezone(delta) if delta else datetime.UTC
    return datetime.timezone(delta, name)


def _lower_moment(tag: str) -> Lower:
    def lowered(value: datetime.datetime | datetime.time) -> Tagged:
        return tag, [value.replace(tzinfo=None).isoformat(), value.fold, _zone_parts(value.tzinfo)]

    return lowered


def _lower_array(value: array[Any]) -> Tagged:
    if value.typecode not in TYPE_CODES:
        raise Refused(f"with type code {value.typecode!r} cannot be kept")
    return "array", [value.typecode, value.tobytes()]


def _raise_moment(kind: type[datetime.datetime | datetime.time]) -> Callable[[Any, Budget], Any]:
    def raised(payload: Any, budget: Budget) -> Any:
        written, fold, zone = payload
        return kind.fromisoformat(written).replace(tzinfo=_zone(zone), fold=fold)

    return raised


FORMAT = Format(
    plain=frozenset({type(None), bool, int, float, str, bytes}),
    lower={
        **LOWER,
        datetime.datetime: _lower_moment("datetime"),
        datetime.time: _lower_moment("time"),
        datetime.timezone: lambda value: ("zone", _zone_parts(value)),
        ZoneInfo: lambda value: ("zone", _zone_parts(value)),
        Fraction: lambda value: ("fraction", [value.numerator, value.denominator]),
        array: _lower_array,
        **{kind: lambda value: ("path", [type(value).__name__, str(value)]) for kind in PATHS.values()},
    },
    tagged=lambda tag, payload: cbor2.CBORTag(OUR_TAG, [tag, payload]),
)
FORMAT_WITH_SURROGATES = Format(
    plain=FORMAT.plain - {str},
    lower={**FORMAT.lower, str: lambda value: ("text", value.encode("utf-8", "surrogatepass"))},
    tagged=FORMAT.tagged,
)
ARRIVING: Mapping[str, Callable[[Any, Budget], Any]] = {
    **RAISE,
    "datetime": _raise_moment(datetime.datetime),
    "time": _raise_moment(datetime.time),
    "zone": lambda payload, budget: _zone(payload),
    "decimal": lambda payload, budget: Decimal(payload),
    "fraction": lambda payload, budget: Fraction(*payload),
    "array": lambda payload, budget: array(*payload),
    "path": lambda payload, budget: PATHS[payload[0]](payload[1]),
    "text": lambda payload, budget: payload.decode("utf-8", "surrogatepass"),
}
