"""How each type leaves: exact type to tag and payload."""

from __future__ import annotations

import datetime
import ipaddress
import uuid
from array import array
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PosixPath
from pathlib import PurePath
from pathlib import PurePosixPath
from pathlib import PureWindowsPath
from pathlib import WindowsPath
from typing import Any
from zoneinfo import ZoneInfo

from directives.wire.lowering import Lower
from directives.wire.lowering import Tagged
from directives.wire.numbers import little_endian
from directives.wire.numbers import number_format
from directives.wire.references import FileReference
from directives.wire.references import FormReference
from directives.wire.references import FunctionReference
from directives.wire.refused import Refused


def _lower_zoned(tag: str) -> Lower:
    def lower(value: datetime.datetime | datetime.time) -> Tagged:
        zone = value.tzinfo
        if zone is None or type(zone) is datetime.timezone:
            return tag, value.isoformat()
        key = _zone_key(zone)
        return tag, f"{value.isoformat()}[{key}]"

    return lower


def _zone_key(zone: datetime.tzinfo) -> str:
    if type(zone) is not ZoneInfo:
        raise Refused(f"has a time zone of type {type(zone).__qualname__}, which cannot travel")
    if zone.key is None:
        raise Refused("has a time zone without a name")
    return zone.key


def _lower_timezone(value: datetime.timezone) -> Tagged:
    return "zone", datetime.time(tzinfo=value).isoformat()[8:]


def _lower_array(value: array[Any]) -> Tagged:
    name = number_format(value.typecode)
    if name is None:
        raise Refused(f"with type code {value.typecode!r} cannot travel")
    return "array", [name, little_endian(value).tobytes()]


def _lower_memoryview(value: memoryview) -> Tagged:
    try:
        code, flat = value.format, value.ndim == 1 and value.c_contiguous
    except ValueError:
        raise Refused("has been released") from None
    name = number_format(code)
    if name is None or not flat:
        raise Refused("cannot travel unless it is flat and of numbers")
    return "memoryview", [name, little_endian(array(code, value.tobytes())).tobytes()]


def _lower_text(tag: str) -> Lower:
    return lambda value: (tag, str(value))


def _lower_items(tag: str) -> Lower:
    return lambda value: (tag, list(value))


def _lower_path(value: PurePath) -> Tagged:
    return "path", value.as_posix()


LOWER: Mapping[type, Lower] = {
    tuple: _lower_items("tuple"),
    set: _lower_items("set"),
    frozenset: _lower_items("frozenset"),
    bytearray: lambda value: ("bytearray", bytes(value)),
    datetime.date: lambda value: ("date", value.isoformat()),
    datetime.time: _lower_zoned("time"),
    datetime.datetime: _lower_zoned("datetime"),
    datetime.timedelta: lambda value: ("timedelta", [value.days, value.seconds, value.microseconds]),
    datetime.timezone: _lower_timezone,
    ZoneInfo: lambda value: ("zone", _zone_key(value)),
    Decimal: _lower_text("decimal"),
    uuid.UUID: _lower_text("uuid"),
    complex: lambda value: ("complex", [value.real, value.imag]),
    range: lambda value: ("range", [value.start, value.stop, value.step]),
    ipaddress.IPv4Address: _lower_text("ip"),
    ipaddress.IPv6Address: _lower_text("ip"),
    ipaddress.IPv4Network: _lower_text("ip-network"),
    ipaddress.IPv6Network: _lower_text("ip-network"),
    ipaddress.IPv4Interface: _lower_text("ip-interface"),
    ipaddress.IPv6Interface: _lower_text("ip-interface"),
    PurePosixPath: _lower_path,
    PosixPath: _lower_path,
    PureWindowsPath: _lower_path,
    WindowsPath: _lower_path,
    array: _lower_array,
    memoryview: _lower_memoryview,
    FileReference: lambda value: ("file", value.part),
    FormReference: lambda value: ("form", [list(pair) for pair in value.pairs]),
    FunctionReference: lambda value: ("function", [value.id, value.bound]),
}
