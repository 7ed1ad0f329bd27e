"""The network codec, CBOR and JSON alike: what goes in comes out; what cannot travel is named."""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import json
import math
import pathlib
import socket
import threading
import uuid
import zoneinfo
from array import array
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from directives.errors import DecodeError
from directives.errors import EncodeError
from directives.wire.budget import Budget
from directives.wire.references import FunctionReference
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json

Encode = Callable[..., bytes]
Decode = Callable[..., Any]

CODECS = [
    pytest.param((encode_cbor, decode_cbor), id="cbor"),
    pytest.param((encode_json, decode_json), id="json"),
]
VIENNA = zoneinfo.ZoneInfo("Europe/Vienna")

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ZONES = st.sampled_from(
    [None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=-3, minutes=-30)), VIENNA]
)
# Years in which every zone stays within what datetime can say in UTC.
DATETIMES = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1), timezones=ZONES)
HASHABLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**299), 10**299),
    st.floats(allow_nan=False),
    TEXT,
    st.binary(),
    st.dates(),
    st.times(),
    DATETIMES,
    st.timedeltas(),
    st.decimals(allow_nan=False, min_value=-(10**200), max_value=10**200),
    st.uuids(),
    st.complex_numbers(allow_nan=False),
    st.ip_addresses(),
    st.just(pathlib.PurePosixPath("/a/b c/ä")),
    st.builds(range, st.integers(-9, 9), st.integers(), st.integers(1, 5)),
    st.builds(FunctionReference, st.text("0123456789abcdef"), st.none() | st.just("sealed")),
)
MUTABLE = st.one_of(
    st.binary().map(bytearray),
    st.binary().map(memoryview),
    st.lists(st.floats(allow_nan=False)).map(lambda items: array("d", items)),
    st.lists(st.integers(-(2**63), 2**63 - 1)).map(lambda items: array("q", items)),
)
KEYS = HASHABLE | st.tuples(HASHABLE, HASHABLE) | st.frozensets(HASHABLE, max_size=3)
VALUES = st.recursive(
    HASHABLE | MUTABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(TEXT | st.just("$"), inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """A value with its exact types spelled out, so that 1, 1.0 and True differ; also 0.0 and -0.0."""
    kind = type(value)
    if kind in (list, tuple):
        return kind, [shape(item) for item in value]
    if kind in (set, frozenset):
        return kind, sorted(repr(shape(item)) for item in value)
    if kind is dict:
        return kind, [(shape(key), shape(item)) for key, item in value.items()]
    if kind in (datetime.datetime, datetime.time):
        # A zone's offset tells what a fold would; without a zone a fold means nothing and stays behind.
        return kind, value.isoformat(), str(value.tzinfo)
    if kind in (float, complex, decimal.Decimal):
        return kind, repr(value)
    if kind is array:
        return kind, value.itemsize, value.tolist()
    if kind is memoryview:
        return kind, value.tolist()
    return kind, value


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_round_trip(codec: tuple[Encode, Decode], value: Any) -> None:
    """Every value comes back equal, with its exact types and in its order."""
    encode, decode = codec
    assert shape(decode(encode(value), Budget())) == shape(value)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=repr(value).partition(" at 0x")[0][:30])
        for value in (
            math.nan, math.inf, -math.inf, -0.0, 2**53, -(2**53), 2**64, -(2**64) - 1, 10**299, "", b"", "\x00", "😀",
            [], (), {}, set(), frozenset(), {"$": 1}, {"$": ["int", "5"]}, {"$": {"$": []}, "x": 1}, {1: 2, "1": 3},
            {(): {None: [()]}}, datetime.UTC, datetime.timezone(datetime.timedelta(seconds=3661)), VIENNA,
            datetime.time(1, 2, 3, 4, tzinfo=VIENNA), decimal.Decimal("-0.00"), decimal.Decimal("NaN"),
            decimal.Decimal("-Infinity"), uuid.UUID(int=0), ipaddress.ip_network("10.0.0.0/8"),
            ipaddress.ip_interface("fe80::1/64"), array("f", [1.5]), memoryview(array("i", [1, -2])), 1 - 0j,
        )
    ],
)  # fmt: skip
def test_edge_values(codec: tuple[Encode, Decode], value: Any) -> None:
    """The values that other formats lose arrive as they are."""
    encode, decode = codec
    assert shape(decode(encode([value]), Budget())) == shape([value])


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_happens_twice_keeps_its_turn(codec: tuple[Encode, Decode], fold: int) -> None:
    """The zone's name and the offset travel together, so both 02:30 of an autumn night are told apart."""
    encode, decode = codec
    moment = datetime.datetime(2024, 10, 27, 2, 30, tzinfo=VIENNA, fold=fold)
    back = decode(encode(moment), Budget())
    assert (back.fold, back.utcoffset(), back.tzinfo) == (fold, moment.utcoffset(), VIENNA)


@pytest.mark.parametrize("codec", CODECS)
def test_paths_travel_as_pure_paths(codec: tuple[Encode, Decode]) -> None:
    """What arrives is no handle on this machine's files."""
    encode, decode = codec
    assert decode(encode(pathlib.Path("/tmp/x")), Budget()) == pathlib.PurePosixPath("/tmp/x")
    assert type(decode(encode(pathlib.Path("/tmp/x")), Budget())) is pathlib.PurePosixPath
    assert decode(encode(pathlib.PureWindowsPath(r"c:\x")), Budget()) == pathlib.PurePosixPath("c:/x")


class Text(str):
    pass


class Items(list[int]):
    pass


@pytest.mark.parametrize("encode", [encode_cbor, encode_json])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"args": [{"items": [1, 2, 3, socket.socket]}]}, r"^args\[0\]\.items\[3\]: type cannot travel$"),
        ({"a b": object()}, r"^\['a b'\]: object cannot travel$"),
        (object(), "^value: object cannot travel$"),
        ({1: (2, {object()})}, r"^\[1\]\[1\]\{member\}: object cannot travel$"),
        ({(object(),): 1}, r"^\{key\}\[0\]: object cannot travel$"),
        ([Text("x")], r"^\[0\]: Text cannot travel$"),
        ([Items()], r"^\[0\]: Items cannot travel$"),
        ([OrderedDict()], r"^\[0\]: OrderedDict cannot travel$"),
        ([len], r"^\[0\]: builtin_function_or_method cannot travel$"),
        ([json], r"^\[0\]: module cannot travel$"),
        ([threading.Lock()], r"^\[0\]: lock cannot travel$"),
        ([(n for n in ())], r"^\[0\]: generator cannot travel$"),
        ({"x": ["\ud800"]}, r"^x\[0\]: str holds half a surrogate pair$"),
        ({"\ud800": 1}, r"^\{key\}: str holds half a surrogate pair$"),
        ([memoryview(b"abcd").cast("B", (2, 2))], r"^\[0\]: memoryview cannot travel unless"),
    ],
)
def test_what_cannot_travel_is_named(encode: Encode, value: Any, message: str) -> None:
    """The error names the path of the innermost part that cannot travel, and its type."""
    with pytest.raises(EncodeError, match=message):
        encode(value)


def test_a_file_or_time_zone_of_ones_own_is_named() -> None:
    """Open files and foreign time zones are refused with their types."""
    with pytest.raises(EncodeError, match=r"^\[0\]: TextIOWrapper cannot travel$"), open(__file__) as file:
        encode_json([file])

    class Zone(datetime.tzinfo):
        pass

    with pytest.raises(
        EncodeError, match=r"^value: datetime has a time zone of type .*Zone, which cannot travel$"
    ):
        encode_cbor(datetime.datetime(2024, 1, 1, tzinfo=Zone()))


@pytest.mark.parametrize("encode", [encode_cbor, encode_json])
def test_cycles_are_refused(encode: Encode) -> None:
    """A value that holds itself is refused: no endless loop."""
    cycle: list[Any] = [{}]
    cycle[0]["again"] = cycle
    with pytest.raises(EncodeError, match="contains itself"):
        encode(cycle)


@pytest.mark.slow
@pytest.mark.parametrize("encode", [encode_cbor, encode_json])
def test_growing_references_end(encode: Encode) -> None:
    """A value that holds the same values over and over is refused after a while."""
    bomb: list[Any] = []
    for _ in range(50):
        bomb = [bomb, bomb]
    with pytest.raises(EncodeError, match="the same ones over and over"):
        encode(bomb)


@pytest.mark.parametrize("codec", CODECS)
def test_one_value_in_two_places_is_two(codec: tuple[Encode, Decode]) -> None:
    """Shared references arrive as equal copies."""
    encode, decode = codec
    shared = [1]
    back = decode(encode([shared, shared]), Budget())
    assert back == [[1], [1]]
    assert back[0] is not back[1]


@pytest.mark.parametrize("encode", [encode_cbor, encode_json])
def test_deep_values_are_refused_before_they_reach_the_c_stack(encode: Encode) -> None:
    """Depth is checked first, on a thread with a small stack too."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    outcome: list[BaseException] = []

    def work() -> None:
        try:
            encode(deep)
        except EncodeError as error:
            outcome.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert "nested deeper" in str(outcome[0])


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_encoded_is_not_too_deep_to_decode(codec: tuple[Encode, Decode]) -> None:
    """The deepest lists and tuples that can be sent can also be read."""
    encode, decode = codec
    deepest = {list: 64, tuple: 21}
    for kind, levels in deepest.items():
        value: Any = kind()
        for _ in range(levels - 1):
            value = kind([value])
        assert decode(encode(value), Budget()) == value


@pytest.mark.parametrize("codec", CODECS)
def test_a_special_type_travels_by_its_hook(codec: tuple[Encode, Decode]) -> None:
    """The hook gives tag and payload of a type that the format does not know."""
    encode, decode = codec

    class Function:
        pass

    def special(value: Any) -> tuple[str, Any] | None:
        return ("function", ["an id", None]) if type(value) is Function else None

    assert decode(encode({"f": [Function()]}, special=special), Budget()) == {
        "f": [FunctionReference("an id")]
    }
    with pytest.raises(EncodeError, match=r"^f: object cannot travel$"):
        encode({"f": object()}, special=special)


@pytest.mark.parametrize("codec", CODECS)
def test_a_reference_is_made_into_what_the_caller_says(codec: tuple[Encode, Decode]) -> None:
    """The decoder hands each server function to its caller, and looks nothing up itself."""
    encode, decode = codec
    data = encode([FunctionReference("one"), {"x": (FunctionReference("two", "sealed"),)}])
    assert decode(data, Budget(), reference=lambda found: f"<{found.id}>") == ["<one>", {"x": ("<two>",)}]


def test_json_says_plain_values_plainly() -> None:
    """What JSON can say itself is written as any other program would."""
    value = {"a": [1, 1.5, "ä", None, True]}
    assert json.loads(encode_json(value)) == value
    assert (
        encode_json({"n": 2**53, "f": math.nan})
        == b'{"n":{"$":["int","9007199254740992"]},"f":{"$":["float","nan"]}}'
    )


def test_cbor_says_plain_values_plainly() -> None:
    """What CBOR can say itself is written as any other program would."""
    value = {"a": [1, 1.5, "ä", None, True, b"x", 2**64, math.inf]}
    assert cbor2.loads(encode_cbor(value)) == value


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=60))
def test_random_bytes_are_a_value_or_a_decode_error(data: bytes) -> None:
    """Nothing but DecodeError comes out of bytes that mean nothing."""
    for decode in (decode_cbor, decode_json):
        try:
            decode(data, Budget())
        except DecodeError:
            continue


@settings(max_examples=80, deadline=None)
@given(value=VALUES, data=st.data())
def test_changed_bytes_are_a_value_or_a_decode_error(value: Any, data: st.DataObject) -> None:
    """One byte changed, or the end cut off, never does anything else."""
    for encode, decode in ((encode_cbor, decode_cbor), (encode_json, decode_json)):
        good = encode(value)
        place = data.draw(st.integers(0, len(good) - 1))
        for bad in (
            good[:place],
            good[:place] + data.draw(st.binary(min_size=1, max_size=1)) + good[place + 1 :],
        ):
            try:
                decode(bad, Budget())
            except DecodeError:
                continue
