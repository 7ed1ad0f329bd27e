"""Bodies made to hurt: each is refused at once, and nothing is built on its word."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import cbor2
import pytest

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor


def tag(number: int, content: bytes) -> bytes:
    """A CBOR tag around encoded content."""
    head = cbor2.dumps(cbor2.CBORTag(number, 0))[:-1]
    return head + content


def tagged(name: Any, payload: Any) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(27, [name, payload]))


MALFORMED_CBOR = {
    "nothing": b"",
    "cut short": encode_cbor({"args": [1, "x" * 40]})[:-1],
    "cut within a head": b"\x9b\x00\x00",
    "goes on": encode_cbor(1) + b"\x00",
    "two values": encode_cbor([1]) * 2,
    "indefinite list": b"\x9f\x01\xff",
    "indefinite map": b"\xbf\x61a\x01\xff",
    "indefinite text": b"\x7f\x61a\xff",
    "indefinite bytes": b"\x5f\x41a\xff",
    "break alone": b"\xff",
    "undefined": b"\xf7",
    "undefined in a list": b"\x81\xf7",
    "simple value": b"\xe5",
    "simple value in a map": b"\xa1\x61a\xf8\xc8",
    "reserved": b"\x1c",
    "duplicate key": b"\xa2\x61a\x01\x61a\x02",
    "number as key": b"\xa1\x01\x02",
    "list as key": b"\xa1\x80\x02",
    "text that is not UTF-8": b"\x61\xff",
    "half a surrogate pair": b"\x63\xed\xa0\x80",
    "regular expression": tag(35, b"\x63(a+"),
    "MIME message": tag(36, b"\x61a"),
    "shared value": tag(28, b"\x81\x01"),
    "shared reference": b"\x82" + tag(28, b"\x81\x01") + tag(29, b"\x00"),
    "cycle": tag(28, b"\x81" + tag(29, b"\x00")),
    "string reference": tag(256, b"\x82\x61a" + tag(25, b"\x00")),
    "decimal fraction": tag(4, b"\x82\x1a\x7f\xff\xff\xff\x01"),
    "bigfloat": tag(5, b"\x82\x1a\x7f\xff\xff\xff\x01"),
    "rational": tag(30, b"\x82\x01\x02"),
    "date text": tag(0, b"\x74" + b"2013-03-21T20:04:00Z"),
    "date number": tag(1, b"\x1a\x51\x4b\x67\xb0"),
    "set": tag(258, b"\x81\x01"),
    "self-described": tag(55799, b"\x01"),
    "unknown tag": tag(4711, b"\x01"),
    "huge tag number": b"\xdb" + b"\xff" * 8 + b"\x01",
    "our tag, written long": b"\xd9\x00\x1b\x82\x65tuple\x80",
    "big integer of text": tag(2, b"\x61a"),
    "big integer of a list": tag(3, b"\x80"),
}
MALFORMED_TAGGED = {
    "no list": cbor2.dumps(cbor2.CBORTag(27, "tuple")),
    "empty list": cbor2.dumps(cbor2.CBORTag(27, [])),
    "three items": cbor2.dumps(cbor2.CBORTag(27, ["tuple", [], 1])),
    "unknown name": tagged("socket", []),
    "name of an attribute": tagged("__class__", []),
    "name of a module": tagged("os.system", ["true"]),
    "name that is no text": tagged(["tuple"], []),
    "name that is a number": tagged(1, []),
    "tuple of text": tagged("tuple", "abc"),
    "set of lists": tagged("set", [[1]]),
    "set with a member twice": tagged("set", [1, 1]),
    "set with equal members": tagged("frozenset", [1, True]),
    "dict with a key twice": tagged("dict", [[1, 2], [1, 3]]),
    "dict of triples": tagged("dict", [[1, 2, 3]]),
    "dict of texts": tagged("dict", ["ab"]),
    "dict with a list as key": tagged("dict", [[[], 3]]),
    "uuid of a number": tagged("uuid", 5),
    "uuid too long": tagged("uuid", "0" * 200),
    "date that is none": tagged("date", "2024-13-01"),
    "datetime with a foreign zone": tagged("datetime", "2024-01-01T00:00:00+00:00[../../etc/passwd]"),
    "datetime with an unknown zone": tagged("datetime", "2024-01-01T00:00:00+00:00[Mars/Olympus]"),
    "datetime with a zone and no offset": tagged("datetime", "2024-01-01T00:00:00[UTC]"),
    "datetime at the end of time": tagged("datetime", "9999-12-31T23:59:59-23:59[Asia/Tokyo]"),
    "zone out of a file": tagged("zone", "/etc/passwd"),
    "zone that is a folder": tagged("zone", "Europe"),
    "timedelta of floats": tagged("timedelta", [1.5, 0, 0]),
    "timedelta too long": tagged("timedelta", [10**12, 0, 0]),
    "timedelta of booleans": tagged("timedelta", [True, 0, 0]),
    "decimal of many digits": tagged("decimal", "1" * 301),
    "decimal with a huge exponent": tagged("decimal", "1E+999999"),
    "decimal that is none": tagged("decimal", "one"),
    "complex of texts": tagged("complex", ["1", "2"]),
    "complex out of range": tagged("complex", [10**308 * 10, 0]),
    "range without a step": tagged("range", [1, 2, 0]),
    "range of floats": tagged("range", [1.0, 2, 1]),
    "address that is none": tagged("ip", "1.2.3.4.5"),
    "network with host bits": tagged("ip-network", "10.0.0.1/8"),
    "path of bytes": tagged("path", b"/etc"),
    "array of another format": tagged("array", ["O8", b"x" * 8]),
    "array of half a number": tagged("array", ["i8", b"x" * 7]),
    "array of texts": tagged("array", ["i8", "x"]),
    "memoryview of a list": tagged("memoryview", ["u1", [1]]),
    "bytearray of a size": tagged("bytearray", 1 << 40),
    "function without an ID": tagged("function", [None, None]),
    "function with a long ID": tagged("function", ["x" * 200, None]),
    "function bound to a list": tagged("function", ["x", []]),
    "function of three": tagged("function", ["x", None, None]),
    "JSON's bytes": tagged("bytes", "eA=="),
}
MALFORMED_JSON = {
    "nothing": b"",
    "no JSON": b"{",
    "two values": b"1 2",
    "NaN": b"[NaN]",
    "Infinity": b"[-Infinity]",
    "not UTF-8": b'"\xff"',
    "UTF-16": '"x"'.encode("utf-16"),
    "duplicate key": b'{"a":1,"a":2}',
    "duplicate key, escaped": b'{"a":1,"\\u0061":2}',
    "half a surrogate pair": b'"\\ud800"',
    "half a surrogate pair as key": b'{"x":[{"\\uDFFF":1}]}',
    "tag beside keys": b'{"$":["tuple",[]],"x":1}',
    "tag that is no list": b'{"$":"tuple"}',
    "tag of one item": b'{"$":["tuple"]}',
    "unknown tag": b'{"$":["__import__","os"]}',
    "tag that is no text": b'{"$":[{"a":1},[]]}',
    "bytes that are not base64": b'{"$":["bytes","***"]}',
    "bytes of a number": b'{"$":["bytes",5]}',
    "int of words": b'{"$":["int","five"]}',
    "int with underscores": b'{"$":["int","1_0"]}',
    "int in other digits": '{"$":["int","١"]}'.encode(),
    "float of words": b'{"$":["float","one"]}',
    "control character": b'"\x00"',
}


@pytest.mark.parametrize(
    "data", [*MALFORMED_CBOR.values(), *MALFORMED_TAGGED.values()], ids=[*MALFORMED_CBOR, *MALFORMED_TAGGED]
)
def test_malformed_cbor(data: bytes) -> None:
    """Everything of CBOR that the format does not use is a DecodeError; so is each look-alike value."""
    with pytest.raises(DecodeError):
        decode_cbor(data, Budget())


@pytest.mark.parametrize("data", MALFORMED_JSON.values(), ids=MALFORMED_JSON)
def test_malformed_json(data: bytes) -> None:
    """Everything that is not exactly one value of the format is a DecodeError."""
    with pytest.raises(DecodeError):
        decode_json(data, Budget())


@pytest.mark.parametrize(
    "number",
    [
        0,
        1,
        *range(4, 40),
        *range(50, 60),
        100,
        256,
        258,
        260,
        261,
        1004,
        1040,
        25441,
        43000,
        55799,
        55800,
        2**16,
        2**32,
        2**64 - 1,
    ],
)
def test_no_tag_but_the_formats_own_reaches_the_library(number: int) -> None:
    """Tags are refused by the bytes, so a later version of the library with more of them changes nothing."""
    for content in (b"\x00", b"\x41a", b"\x61a", b"\x80", b"\x82\x01\x02", b"\xa0"):
        with pytest.raises(DecodeError):
            decode_cbor(tag(number, content), Budget())


def test_big_integers_up_to_the_digits_allowed() -> None:
    """300 digits arrive, more are refused, in both notations and however they are written."""
    most, more = 10**300 - 1, 10**310
    assert decode_cbor(cbor2.dumps([most, -most]), Budget()) == [most, -most]
    assert decode_json(f"[{most}, -{most}]".encode(), Budget()) == [most, -most]
    for decode, data in (
        (decode_cbor, cbor2.dumps(more)),
        (decode_cbor, cbor2.dumps(-more)),
        (decode_cbor, cbor2.dumps(2 ** (8 * 500_000))),
        (decode_json, str(more).encode()),
        (decode_json, b"-" + b"9" * 500_000),
        (decode_json, b"[0." + b"9" * 500_000 + b"]"),
        (decode_json, b'{"$":["int","' + b"9" * 310 + b'"]}'),
    ):
        with pytest.raises(DecodeError):
            decode(data, Budget())
    assert decode_json(b'"' + b"9" * 1000 + b'"', Budget()) == "9" * 1000


NESTED = {
    "cbor lists": (decode_cbor, b"\x81" * 500_000 + b"\x00"),
    "cbor maps": (decode_cbor, b"\xa1\x60" * 250_000 + b"\x00"),
    "cbor tags": (decode_cbor, b"\xd8\x1b\x82\x65tuple\x81" * 90_000 + b"\x00"),
    "cbor big integers": (decode_cbor, b"\xc2" * 500_000 + b"\x41a"),
    "json lists": (decode_json, b"[" * 500_000),
    "json maps": (decode_json, b'{"":' * 200_000 + b"1" + b"}" * 200_000),
    "json tags": (decode_json, b'{"$":["tuple",[' * 60_000),
    "json behind a string": (decode_json, b'["]]]\\"[[", ' + b"[" * 65 + b"]" * 65 + b"]"),
}


@pytest.mark.parametrize(("decode", "data"), NESTED.values(), ids=NESTED)
def test_nesting_without_end_is_refused_before_anything_is_built(decode: Any, data: bytes) -> None:
    """Neither a RecursionError nor a crash: a limit, and the next good body is read."""
    with pytest.raises(DecodeError):
        decode(data, Budget())
    assert decode_cbor(encode_cbor([1]), Budget()) == [1]


AMPLIFIED = {
    "cbor empty lists": (decode_cbor, b"\x9a\x00\x01\x86\xa0" + b"\x80" * 100_000),
    "cbor empty maps": (decode_cbor, b"\x9a\x00\x01\x86\xa0" + b"\xa0" * 100_000),
    "cbor references": (decode_cbor, cbor2.dumps([cbor2.CBORTag(27, ["function", ["x", None]])] * 1000)),
    "cbor list of 4 billion": (decode_cbor, b"\x9a\xff\xff\xff\xff"),
    "cbor text of an exabyte": (decode_cbor, b"\x7b\x0f\xff\xff\xff\xff\xff\xff\xff"),
    "json empty lists": (decode_json, b"[" + b"[]," * 33_000 + b"[]]"),
    "json references": (decode_json, b"[" + b",".join([b'{"$":["function",["x",null]]}'] * 1000) + b"]"),
}


@pytest.mark.parametrize(("decode", "data"), AMPLIFIED.values(), ids=AMPLIFIED)
def test_small_bodies_do_not_grow(decode: Any, data: bytes) -> None:
    """What costs a byte and would take many is counted before it is built."""
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError):
            decode(data, Budget(nodes=20_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_members_made_to_collide_are_refused() -> None:
    """Integers that share one hash would make a set of them take quadratic time."""
    modulus = 2**61 - 1
    colliding = [modulus * factor for factor in range(1, 30_000)]
    start = time.process_time()
    for name, payload in (
        ("set", colliding),
        ("frozenset", colliding),
        ("dict", [[key, 0] for key in colliding]),
    ):
        with pytest.raises(DecodeError):
            decode_cbor(tagged(name, payload), Budget())
    assert time.process_time() - start < 2
    assert len(decode_cbor(tagged("set", list(range(30_000))), Budget())) == 30_000


def test_a_budget_is_spent_not_reset() -> None:
    """Two parts of one message share one allowance."""
    budget = Budget(bytes=10)
    decode_json(b'"12345"', budget)
    with pytest.raises(LimitExceeded):
        decode_json(b'"12345"', budget)


@pytest.mark.parametrize(
    ("budget", "value"),
    [
        (Budget(bytes=5), "123456"),
        (Budget(nodes=3), [[], [], []]),
        (Budget(depth=2), [[[1]]]),
        (Budget(digits=30), 10**40),
    ],
)
def test_each_limit_holds(budget: Budget, value: Any) -> None:
    """Whichever allowance runs out, it is LimitExceeded rather than a value."""
    with pytest.raises(LimitExceeded):
        decode_cbor(encode_cbor(value), budget)


def test_texts_full_of_brackets_are_no_containers() -> None:
    """What stands in strings counts neither as depth nor as containers."""
    text = '[{\\"' * 5000
    assert decode_json(b'["' + b'[{\\"' * 5000 + b'"]', Budget(nodes=10)) == [text.replace("\\", "")]
    blob = bytes(range(256)) * 2000
    assert decode_cbor(encode_cbor([blob, "é" * 5000]), Budget(nodes=10)) == [blob, "é" * 5000]


def test_errors_tell_nothing_of_the_body() -> None:
    """A decode error repeats no value of the message and has no cause that does."""
    with pytest.raises(DecodeError) as caught:
        decode_cbor(tagged("uuid", "the-password"), Budget())
    assert "the-password" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
