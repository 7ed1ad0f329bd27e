"""The wide codec for what this project wrote itself: sealed captures, stores, keys.

It keeps exact types where the network format settles for equal values. Never give it bytes that were
not authenticated or read from a store of one's own. It imports nothing and pickles nothing either: a user's class
is found by its exact name among those that were registered or that loaded modules define, and only if it is a value by
its shape; what else a caller knows goes through ``special`` hooks.
"""

from __future__ import annotations

import datetime
import io
from array import array
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
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
from directives.errors import own_error
from directives.wire.arriving import RAISE
from directives.wire.budget import Budget
from directives.wire.classes import Classes
from directives.wire.classes import Types
from directives.wire.kinds import Kind
from directives.wire.leaving import LOWER
from directives.wire.lowering import MAX_DEPTH
from directives.wire.lowering import Format
from directives.wire.lowering import Look
from directives.wire.lowering import Lower
from directives.wire.lowering import Special
from directives.wire.lowering import Tagged
from directives.wire.lowering import lower
from directives.wire.numbers import TYPE_CODES
from directives.wire.refused import Refused

OUR_TAG = 27
SPECIAL = "special"
SHAPED = "shaped"
REGISTERED = "registered"
PATHS: Mapping[str, type[PurePath]] = {
    kind.__name__: kind for kind in (PosixPath, PurePosixPath, WindowsPath, PureWindowsPath)
}
UNBOUNDED = 1 << 62

Named = Callable[[Any], tuple[str, Any] | None]


def dumps(
    value: Any, *, types: Types | None = None, special: Named | None = None, look: Look | None = None
) -> bytes:
    """Encode a value for our own later use.

    Args:
        value: What to keep.
        types: The classes that were registered as values.
        special: Gives a name and payload for a value whose type the codec does not know, or ``None``.
        look: Is shown every part of it; what it raises is raised.

    Raises:
        EncodeError: A part of the value cannot be kept; names its path and type.
    """
    form = replace(FORMAT, shaped=_shaped(Classes()))
    hook = _hook(types or Types(), special)
    try:
        return cbor2.dumps(lower(value, form, hook, look=look))
    except UnicodeEncodeError:
        texts = {**form.lower, str: lambda text: ("text", text.encode("utf-8", "surrogatepass"))}
        return cbor2.dumps(lower(value, replace(form, plain=form.plain - {str}, lower=texts), hook))


def loads(
    data: bytes, *, types: Types | None = None, special: Callable[[str, Any], Any] | None = None
) -> Any:
    """Decode what ``dumps`` made.

    Args:
        data: What ``dumps`` returned.
        types: The classes that were registered as values.
        special: Makes the value from the name and payload that the ``special`` of ``dumps`` gave; an error of
            this project that it raises is raised.

    Raises:
        DecodeError: The bytes are not of this codec.
        UnknownTypeError: They hold a value of a class that this process does not know.
    """
    budget = Budget(references=UNBOUNDED, digits=UNBOUNDED)
    registered = types or Types()
    classes = Classes()

    def tagged(content: Any, immutable: bool) -> Any:
        tag, payload = content
        if tag == SHAPED:
            return classes.kind(payload[0]).build(payload[1])
        if tag == REGISTERED:
            return registered.named(payload[0]).build(payload[1])
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
        raise own_error(error) or DecodeError("the bytes are not of the trusted codec") from error
    if stream.tell() != len(data):
        raise DecodeError("the bytes go on after their value")
    return value


def _hook(types: Types, special: Named | None) -> Special:
    """What is asked about values that the codec does not know: who calls it, then what was registered."""

    def hook(value: Any) -> Tagged | None:
        found = None if special is None else special(value)
        if found is not None:
            return SPECIAL, list(found)
        kind = types.registered(type(value))
        return None if kind is None else (REGISTERED, [kind.name, kind.state(value)])

    return hook


def _shaped(classes: Classes) -> Callable[[Kind, Any], Tagged]:
    def shaped(kind: Kind, value: Any) -> Tagged:
        classes.check(kind)
        return SHAPED, [kind.name, kind.state(value)]

    return shaped


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
