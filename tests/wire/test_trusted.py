"""The codec for what we wrote ourselves: exact types, nothing lost."""

from __future__ import annotations

import datetime
import math
import pathlib
import zoneinfo
from array import array
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings

from directives.errors import DecodeError
from directives.errors import EncodeError
from directives.wire import trusted
from tests.wire.test_untrusted import VALUES
from tests.wire.test_untrusted import shape


@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_round_trip(value: Any) -> None:
    """Every value comes back equal, with its exact types and in its order."""
    assert shape(trusted.loads(trusted.dumps(value))) == shape(value)


@pytest.mark.parametrize(
    "value",
    [
        pathlib.PosixPath("/a"), pathlib.PurePosixPath("a"), pathlib.PureWindowsPath(r"c:\a"), "\ud800", {"\udfff": 1},
        datetime.timezone(datetime.timedelta(hours=1), "Somewhere"), datetime.time(1, fold=1), datetime.datetime(1, 1, 1, fold=1),
        zoneinfo.ZoneInfo("Asia/Tokyo"), Fraction(-1, 3), array("l", [1]), array("L", [1]), bytearray(b"x"),
        -(10**4000), {b"x": 1}, math.inf, -0.0, datetime.datetime(9999, 12, 31, tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo")),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_what_the_network_format_settles_is_kept(value: Any) -> None:
    """Flavours of paths, names of zones, folds, type codes, huge integers and odd texts survive."""
    back = trusted.loads(trusted.dumps([value]))[0]
    assert type(back) is type(value)
    assert repr(back) == repr(value)
    assert getattr(back, "fold", None) == getattr(value, "fold", None)


class Socket:
    """A class of nobody's kind."""


def test_other_types_go_through_the_special_hooks() -> None:
    """What only the caller knows travels by a name and a payload of its own."""

    def special(value: Any) -> tuple[str, Any] | None:
        return ("socket", [1]) if type(value) is Socket else None

    data = trusted.dumps([{"s": (Socket(),)}], special=special)
    back = trusted.loads(data, special=lambda name, payload: (name, payload))
    assert back == [{"s": (("socket", [1]),)}]


def test_a_type_without_a_hook_is_named() -> None:
    """The error names path and type."""
    with pytest.raises(EncodeError, match=r"^items\[0\]: Socket cannot travel$"):
        trusted.dumps({"items": [Socket()]})
    with pytest.raises(EncodeError, match="contains itself"):
        cycle: list[Any] = []
        cycle.append(cycle)
        trusted.dumps(cycle)


def test_a_special_value_needs_a_reader() -> None:
    """Bytes with a special value do not load where nobody knows it."""
    data = trusted.dumps([Socket()], special=lambda value: ("socket", None))
    with pytest.raises(DecodeError, match="nobody here reads"):
        trusted.loads(data)


@pytest.mark.parametrize("data", [b"", b"\xff", trusted.dumps(1) + b"\x00", trusted.dumps([1, 2])[:-1]])
def test_other_bytes_are_a_decode_error(data: bytes) -> None:
    """Bytes that are not of the codec are one clear error."""
    with pytest.raises(DecodeError):
        trusted.loads(data)
