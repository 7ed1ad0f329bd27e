"""How each tag arrives: its payload, checked, to a value.

Nothing here imports, reads an attribute or calls anything by a word of the message: a tag is looked
up in ``RAISE`` and its payload is checked by exact type before a constructor sees it.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import uuid
from array import array
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo
from zoneinfo import available_timezones

from directives.errors import DecodeError
from directives.wire.budget import Budget
from directives.wire.numbers import CODE_OF_FORMAT
from directives.wire.numbers import little_endian
from directives.wire.references import FileReference
from directives.wire.references import FormReference
from directives.wire.references import FunctionReference

Raise = Callable[[Any, Budget], Any]

MAX_TEXT = 128
MAX_EXPONENT = 6144  # decimal128's; int() of a Decimal takes time with its exponent
MAX_EQUAL_HASHES = 8

# RFC 9557: "2024-07-01T12:00:00+02:00[Europe/Vienna]"
ZONED = re.compile(r"([0-9TZ:.,+\-]{1,64})(?:\[([A-Za-z0-9_+\-/]{1,64})\])?")


def raise_tagged(table: Mapping[str, Raise], tag: Any, payload: Any, budget: Budget) -> Any:
    """The value that ``tag`` and ``payload`` stand for.

    Raises:
        DecodeError: There is no such tag, or the payload is not one of its.
    """
    raising = table.get(tag) if type(tag) is str else None
    if raising is None:
        raise DecodeError("a tagged value has an unknown tag")
    try:
        return raising(payload, budget)
    except (ValueError, ArithmeticError, TypeError, LookupError) as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(f"a tagged value {tag!r} is malformed") from None


def text(payload: Any, limit: int = MAX_TEXT) -> str:
    """``payload`` if it is a text of at most ``limit`` characters."""
    if type(payload) is not str or len(payload) > limit:
        raise DecodeError("a tagged value needs a short text")
    return payload


def items(payload: Any, *kinds: type) -> list[Any]:
    """``payload`` if it is a list, of exactly ``kinds`` when any are given."""
    if type(payload) is not list or (kinds and tuple(map(type, payload)) != kinds):
        raise DecodeError("a tagged value needs a list of other values")
    return payload


def with_markup(table: Mapping[str, Raise], markup: Callable[[str], Any] | None) -> Mapping[str, Raise]:
    """``table`` for a message that may hold markup, which ``markup`` makes of its text."""

    def raising(payload: Any, budget: Budget) -> Any:
        if type(payload) is not str or markup is None:
            raise DecodeError("markup needs a text")
        return markup(payload)

    return table if markup is None else {**table, "markup": raising}


def _refuse_markup(payload: Any, budget: Budget) -> Any:
    raise DecodeError("markup is no argument")


def _text_of(make: Callable[[str], Any]) -> Raise:
    return lambda payload, budget: make(text(payload))


def _hashable(members: Iterable[Any]) -> None:
    """Refuse members made to collide: building a set of them would take quadratic time."""
    hashes = sorted(map(hash, members))
    if any(map(int.__eq__, hashes, hashes[MAX_EQUAL_HASHES:])):
        raise DecodeError("a set or dict has too many members with one hash")


def _raise_set(make: Callable[[list[Any]], Any]) -> Raise:
    def raising(payload: Any, budget: Budget) -> Any:
        members = items(payload)
        _hashable(members)
        made = make(members)
        if len(made) != len(members):
            raise DecodeError("a set has a member twice")
        return made

    return raising


def raise_dict(payload: Any, budget: Budget) -> dict[Any, Any]:
    """A dict from its pairs."""
    pairs = [items(pair) for pair in items(payload)]
    _hashable([key for key, _ in pairs])
    made = dict(pairs)
    if len(made) != len(pairs):
        raise DecodeError("a dict has a key twice")
    return made


def _known_zone(key: str) -> ZoneInfo:
    # ZoneInfo() opens files by its key, so only names that are known to exist get there.
    if key not in _zone_names():
        raise DecodeError("a time zone is unknown")
    return ZoneInfo(key)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def _split_zone(payload: Any) -> tuple[str, ZoneInfo | None]:
    match = ZONED.fullmatch(text(payload))
    if match is None:
        raise DecodeError("a date or time is malformed")
    return match[1], None if match[2] is None else _known_zone(match[2])


def _raise_datetime(payload: Any, budget: Budget) -> datetime.datetime:
    written, zone = _split_zone(payload)
    moment = datetime.datetime.fromisoformat(written)
    if zone is None:
        return moment
    offset = moment.utcoffset()
    if offset is None:
        raise DecodeError("a datetime with a zone needs its offset")
    for fold in (0, 1):
        local = moment.replace(tzinfo=zone, fold=fold)
        if local.utcoffset() == offset:
            return local
    return moment.astimezone(zone)


def _raise_time(payload: Any, budget: Budget) -> datetime.time:
    written, zone = _split_zone(payload)
    moment = datetime.time.fromisoformat(written)
    return moment if zone is None else moment.replace(tzinfo=zone)


def _raise_zone(payload: Any, budget: Budget) -> datetime.tzinfo:
    written = text(payload)
    if not written.startswith(("+", "-")):
        return _known_zone(written)
    zone = datetime.time.fromisoformat(f"00:00:00{written}").tzinfo
    if zone is None:
        raise DecodeError("a time zone is malformed")
    return zone


def _raise_timedelta(payload: Any, budget: Budget) -> datetime.timedelta:
    days, seconds, microseconds = items(payload, int, int, int)
    return datetime.timedelta(days, seconds, microseconds)


def _raise_decimal(payload: Any, budget: Budget) -> Decimal:
    written = text(payload, budget.digits + 16)
    value = Decimal(written)
    if not value.is_finite():
        return value
    if len(value.as_tuple().digits) > budget.digits or abs(value.adjusted()) > MAX_EXPONENT:
        raise DecodeError("a decimal is out of range")
    return value


def _raise_complex(payload: Any, budget: Budget) -> complex:
    real, imaginary = items(payload)
    if type(real) not in (int, float) or type(imaginary) not in (int, float):
        raise DecodeError("a complex number needs two numbers")
    return complex(real, imaginary)


def _raise_range(payload: Any, budget: Budget) -> range:
    return range(*items(payload, int, int, int))


def _raise_array(payload: Any, budget: Budget) -> array[Any]:
    name, data = items(payload, str, bytes)
    code = CODE_OF_FORMAT.get(name)
    if code is None:
        raise DecodeError("an array has an unknown number format")
    return little_endian(array(code, data))


def _raise_memoryview(payload: Any, budget: Budget) -> memoryview[Any]:
    numbers = _raise_array(payload, budget)
    code: Any = numbers.typecode
    view: memoryview[Any] = memoryview(numbers.tobytes()).cast(code)
    return view


def _raise_bytearray(payload: Any, budget: Budget) -> bytearray:
    if type(payload) is not bytes:
        raise DecodeError("a bytearray needs bytes")
    return bytearray(payload)


def _raise_function(payload: Any, budget: Budget) -> FunctionReference:
    budget.spend_reference()
    function_id, bound = items(payload)
    if type(bound) not in (str, type(None)):
        raise DecodeError("a server function's captured values must be text")
    return FunctionReference(text(function_id), bound)


def _raise_file(payload: Any, budget: Budget) -> FileReference:
    budget.spend_reference()
    return FileReference(text(payload))


def _raise_form(payload: Any, budget: Budget) -> FormReference:
    budget.spend_reference()
    pairs = [tuple(items(pair)) for pair in items(payload)]
    if not all(type(name) is str and type(value) in (str, FileReference) for name, value in pairs):
        raise DecodeError("a form needs pairs of a name and a text or file")
    return FormReference(pairs)


RAISE: Mapping[str, Raise] = {
    "tuple": lambda payload, budget: tuple(items(payload)),
    "set": _raise_set(set),
    "frozenset": _raise_set(frozenset),
    "dict": raise_dict,
    "bytearray": _raise_bytearray,
    "date": _text_of(datetime.date.fromisoformat),
    "time": _raise_time,
    "datetime": _raise_datetime,
    "timedelta": _raise_timedelta,
    "zone": _raise_zone,
    "decimal": _raise_decimal,
    "uuid": _text_of(uuid.UUID),
    "complex": _raise_complex,
    "range": _raise_range,
    "ip": _text_of(ipaddress.ip_address),
    "ip-network": _text_of(ipaddress.ip_network),
    "ip-interface": _text_of(ipaddress.ip_interface),
    "path": lambda payload, budget: PurePosixPath(text(payload, 4096)),
    "array": _raise_array,
    "memoryview": _raise_memoryview,
    "function": _raise_function,
    "file": _raise_file,
    "form": _raise_form,
    "markup": _refuse_markup,
}
