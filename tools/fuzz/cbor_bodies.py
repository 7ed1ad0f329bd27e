"""Hostile bodies in CBOR."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any
from typing import Final

import cbor2
from words import WORDS

Named = Iterator[tuple[str, bytes]]

GOOD: Final = {
    "args": [{"sku": "sencha", "kind": "tea"}],
    "kwargs": {"quantity": 2, "note": "a longer text than others"},
}
OUR_TAG: Final = 27
# What each tag takes; everything else is refused.
PAYLOADS: Final[dict[str, Any]] = {
    "null": None,
    "true": True,
    "number": 7,
    "negative": -1,
    "huge": 2**900,
    "float": 1.5,
    "nan": float("nan"),
    "word": "__class__",
    "path": "../../etc/passwd",
    "bytes": b"\x00\xff",
    "empty-list": [],
    "list-of-lists": [[1], [2]],
    "list-of-words": ["os", "system"],
    "map": {"__class__": "x"},
}
TAGS: Final = [
    "tuple",
    "set",
    "frozenset",
    "dict",
    "bytearray",
    "date",
    "time",
    "datetime",
    "timedelta",
    "zone",
    "decimal",
    "uuid",
    "complex",
    "range",
    "ip",
    "ip-network",
    "ip-interface",
    "path",
    "array",
    "memoryview",
    "function",
]
FOREIGN_TAGS: Final = (
    0, 1, 4, 5, 16, 17, 18, 21, 22, 23, 24, 25, 26, 28, 29, 30, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 61, 64, 72, 85,
    96, 100, 104, 256, 257, 258, 259, 260, 261, 262, 263, 264, 1001, 1004, 1040, 25441, 43000, 55799, 65535, 2**32, 2**64 - 1,
)  # fmt: skip
# A prime: integers that are multiples of it have the hash 0 in CPython.
MODULUS: Final = 2**61 - 1


def tagged(name: Any, payload: Any) -> Any:
    """A value of the format's own tag."""
    return cbor2.CBORTag(OUR_TAG, [name, payload])


def call(value: Any, **kwargs: Any) -> bytes:
    """A call with a value where ``order`` takes a number."""
    return cbor2.dumps({"args": [{"sku": "x", "kind": "tea"}, value], "kwargs": kwargs})


def around(inner: bytes) -> bytes:
    """The same for a value that is written already."""
    return call(0)[: -len(b"\x00\x66kwargs\xa0")] + inner + b"\x66kwargs\xa0"


def head(major: int, argument: bytes, info: int) -> bytes:
    return bytes([major << 5 | info]) + argument


def bodies() -> Named:
    """Every body, with what it tries."""
    yield from truncated()
    yield from malformed()
    yield from tags()
    yield from payloads()
    yield from look_alikes()
    yield from shapes()
    yield from numbers()
    yield from collisions()


def truncated() -> Named:
    whole = cbor2.dumps(GOOD)
    for size in range(0, len(whole), 2):
        yield f"truncated-at-{size:02}", whole[:size]
    yield "goes-on-with-zero", whole + b"\x00"
    yield "goes-on-with-itself", whole * 2
    yield "goes-on-with-break", whole + b"\xff"
    yield "starts-with-byte-order-mark", b"\xef\xbb\xbf" + whole
    yield "gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + whole
    yield "self-described", b"\xd9\xd9\xf7" + whole
    yield "encoded-twice", cbor2.dumps(whole)
    yield "in-a-list", cbor2.dumps([GOOD])


def malformed() -> Named:
    for major in range(8):
        for info in (28, 29, 30):
            yield f"reserved-head-{major}-{info}", around(head(major, b"", info))
        if major not in (0, 1, 6, 7):
            for size, info in ((1, 24), (2, 25), (4, 26), (8, 27)):
                claimed = b"\x7f" + b"\xff" * (size - 1)
                yield f"claims-too-much-{major}-in-{size}-bytes", around(head(major, claimed, info))
    for major, name in ((2, "bytes"), (3, "text"), (4, "list"), (5, "map")):
        yield f"indefinite-{name}", around(head(major, b"", 31) + b"\xff")
        yield f"indefinite-{name}-without-end", around(head(major, b"", 31))
    yield "indefinite-chunks-nested", around(b"\x5f\x5f\x41a\xff\xff")
    yield "indefinite-whole-body", b"\xbf" + cbor2.dumps(GOOD)[1:] + b"\xff"
    yield "break-as-value", around(b"\xff")
    yield "break-as-key", around(b"\xa1\xff\x01")
    for simple in (*range(20), 23):
        yield f"simple-value-{simple:02}", around(bytes([0xE0 + simple]))
    for simple in (0, 24, 31, 32, 255):
        yield f"simple-value-long-{simple:03}", around(bytes([0xF8, simple]))
    for name, written in (
        ("overlong-byte", b"\x61\xff"),
        ("overlong-slash", b"\x62\xc0\xaf"),
        ("surrogate", b"\x63\xed\xa0\x80"),
        ("beyond-unicode", b"\x64\xf4\x90\x80\x80"),
        ("cut-character", b"\x62\xe2\x82"),
    ):
        yield f"not-utf8-{name}", around(written)
        yield f"not-utf8-key-{name}", around(b"\xa1" + written + b"\x00")
    for name, key in (
        ("number", b"\x01"), ("null", b"\xf6"), ("true", b"\xf5"), ("float", b"\xf9\x3c\x00"), ("nan", b"\xf9\x7e\x00"),
        ("list", b"\x80"), ("map", b"\xa0"), ("bignum", b"\xc2\x41a"), ("tagged", cbor2.dumps(tagged("tuple", []))),
    ):  # fmt: skip
        yield f"key-is-{name}", around(b"\xa1" + key + b"\x00")
    yield "duplicate-key", around(b"\xa2\x61a\x01\x61a\x02")
    yield "duplicate-key-written-longer", around(b"\xa2\x61a\x01\x78\x01a\x02")
    yield "duplicate-args", b"\xa2" + b"\x64args\x80" * 2
    yield "duplicate-kwargs-name", b"\xa1\x66kwargs\xa2" + b"\x68quantity\x01" * 2
    for byte in (0x00, 0x20, 0x40, 0x60, 0x80, 0xF4, 0xF6, 0xF7, 0xFF):
        yield f"only-{byte:02x}", bytes([byte])


def tags() -> Named:
    for number in FOREIGN_TAGS:
        yield f"foreign-tag-{number}", around(cbor2.dumps(cbor2.CBORTag(number, [1, 2])))
    yield "foreign-tag-regex-bomb", around(b"\xd8\x23" + cbor2.dumps("(a+)+$" * 40))
    yield "foreign-tag-mime", around(b"\xd8\x24" + cbor2.dumps("Content-Type: text/plain\n\nx"))
    yield "foreign-tag-decimal-exponent", around(b"\xc4\x82\x1a\x7f\xff\xff\xff\x01")
    yield "foreign-tag-bigfloat-exponent", around(b"\xc5\x82\x1a\x7f\xff\xff\xff\x01")
    yield "cycle", around(b"\xd8\x1c\x81\xd8\x1d\x00")
    yield "cycle-of-two", around(b"\xd8\x1c\x81\xd8\x1c\x82\xd8\x1d\x00\xd8\x1d\x01")
    yield "shared-value-never-made", around(b"\xd8\x1d\x18\x63")
    yield "shared-value-doubling", around(b"\xd8\x1c\x82" * 30 + b"\x01" + b"\xd8\x1d\x00" * 30)
    yield "string-references", around(b"\xd9\x01\x00\x82\x63abc\xd8\x19\x00")
    yield "our-tag-written-longer", around(b"\xd9\x00\x1b\x82\x65tuple\x80")
    yield "our-tag-around-nothing", around(b"\xd8\x1b")
    for name, payload in (
        ("text", "tuple"),
        ("empty-list", []),
        ("one", ["tuple"]),
        ("three", ["tuple", [], 1]),
        ("map", {}),
    ):
        yield f"our-tag-around-{name}", call(cbor2.CBORTag(OUR_TAG, payload))
    for name, odd in (
        ("number", 1),
        ("list", ["tuple"]),
        ("bytes", b"tuple"),
        ("null", None),
        ("map", {"tuple": 1}),
    ):
        yield f"tag-name-is-{name}", call(tagged(odd, []))
    for tag in (
        "special",
        "fraction",
        "text",
        "int",
        "float",
        "bytes",
        "module",
        "class",
        "object",
        "Tuple",
        "tuple_",
    ):
        yield f"tag-unknown-{tag}", call(tagged(tag, ["x", "y"]))


def payloads() -> Named:
    for tag in TAGS:
        for name, payload in PAYLOADS.items():
            yield f"tag-{tag}-of-{name}", call(tagged(tag, payload))
    yield "tag-set-of-unhashable", call(tagged("set", [[1]]))
    yield "tag-set-equal-members", call(tagged("set", [1, True, 1.0]))
    yield "tag-dict-of-texts", call(tagged("dict", ["ab", "cd"]))
    yield "tag-dict-key-twice", call(tagged("dict", [[1, 2], [1, 3]]))
    for number, text in enumerate((
        "2024-01-01T00:00:00+00:00[../../etc/passwd]", "2024-01-01T00:00:00+00:00[Mars/Olympus]",
        "2024-01-01T00:00:00[UTC]", "9999-12-31T23:59:59-23:59[Asia/Tokyo]", "0001-01-01T00:00:00+23:59[Asia/Tokyo]",
        "2024-01-01T00:00:00+99:99", "\u0662\u0660\u0662\u0664-01-01T00:00:00", "2024-01-01T00:00:00+00:00[" + "A" * 100,
    )):  # fmt: skip
        yield f"tag-datetime-hostile-{number}", call(tagged("datetime", text))
    for number, text in enumerate(
        ("1" * 301, "1E+999999", "1E-999999", "NaN" + "1" * 400, "sNaN", "1" + "_1" * 200)
    ):
        yield f"tag-decimal-hostile-{number}", call(tagged("decimal", text))
    for number, text in enumerate(
        ("Europe", "/etc/passwd", "../UTC", "UTC\x00", "+99:00", "-", "localtime/..", "posixrules" * 9)
    ):
        yield f"tag-zone-hostile-{number}", call(tagged("zone", text))
    yield "tag-timedelta-too-long", call(tagged("timedelta", [10**12, 0, 0]))
    yield "tag-range-without-step", call(tagged("range", [0, 1, 0]))
    yield "tag-range-huge", call(tagged("range", [0, 2**900, 1]))
    yield "tag-array-of-objects", call(tagged("array", ["O8", b"x" * 8]))
    yield "tag-array-half-a-number", call(tagged("array", ["i8", b"x" * 7]))
    yield "tag-memoryview-of-pointers", call(tagged("memoryview", ["P8", b"x" * 8]))
    yield "tag-bytearray-of-size", call(tagged("bytearray", 1 << 40))
    yield "tag-path-of-nuls", call(tagged("path", "\x00" * 5000))


def look_alikes() -> Named:
    for name, word in WORDS.items():
        yield f"keyword-{name}", cbor2.dumps({"args": [{"sku": "x", "kind": "tea"}], "kwargs": {word: 1}})
        yield f"call-key-{name}", cbor2.dumps({**GOOD, word: 1})
        yield f"field-{name}", cbor2.dumps({"args": [{"sku": "x", "kind": word}]})
        yield f"tag-named-{name}", call(tagged(word, ["x"]))
        yield f"reference-{name}", call(tagged("function", [word, None]))


def shapes() -> Named:
    for name, value in PAYLOADS.items():
        yield f"body-is-{name}", cbor2.dumps(value)
        yield f"args-is-{name}", cbor2.dumps({"args": value})
        yield f"kwargs-is-{name}", cbor2.dumps({"kwargs": value})
        if value is not None:
            yield f"bound-is-{name}", cbor2.dumps({**GOOD, "bound": value})
        yield f"item-is-{name}", cbor2.dumps({"args": [value]})
        yield (
            f"sku-is-{name}",
            cbor2.dumps({"args": [{"sku": value if type(value) is not str else 1, "kind": "tea"}]}),
        )
        if name not in ("number", "negative", "huge"):
            yield f"quantity-is-{name}", call(value)
    yield "too-many-arguments", cbor2.dumps({"args": [GOOD["args"], 1, 2, 3]})
    yield "given-twice", cbor2.dumps({"args": [{"sku": "x", "kind": "tea"}, 1], "kwargs": {"quantity": 1}})
    yield "bytes-as-keyword", cbor2.dumps({"args": [{"sku": "x", "kind": "tea"}], "kwargs": {b"quantity": 1}})
    yield "bytes-as-call-key", cbor2.dumps({b"args": []})
    yield (
        "more-fields-than-the-item-has",
        cbor2.dumps({"args": [{"sku": 1, "kind": "tea", "__class__": "x", "admin": True}]}),
    )


def numbers() -> Named:
    for bits in (1100, 8 * 1000, 8 * 20_000):
        yield f"bignum-of-{bits}-bits", call(2**bits)
        yield f"bignum-negative-of-{bits}-bits", call(-(2**bits))
    yield "bignum-of-text", around(b"\xc2\x61a")
    yield "bignum-of-list", around(b"\xc3\x80")
    yield "bignum-of-bignum", around(b"\xc2\xc2\x41a")
    yield "bignum-indefinite", around(b"\xc2\x5f\x41a\xff")
    for name, value in (
        ("nan", float("nan")),
        ("infinity", float("inf")),
        ("minus-infinity", float("-inf")),
        ("half", 0.5),
    ):
        yield f"float-{name}-as-quantity", around(b"\xfb" + struct.pack(">d", value))
    yield "float-signalling-nan", around(b"\xf9\x7c\x01")


def collisions() -> Named:
    multiples = [MODULUS * factor for factor in range(1, 60)]
    near = [factor << 50 for factor in range(1, 60)]
    for tag in ("set", "frozenset"):
        yield f"collision-in-{tag}", call(tagged(tag, multiples))
        yield (
            f"collision-of-minus-ones-in-{tag}",
            call(tagged(tag, [-1, -2, *(-number for number in multiples)])),
        )
        yield (
            f"collision-of-uuids-in-{tag}",
            call(tagged(tag, [tagged("uuid", f"{number:032x}") for number in multiples])),
        )
        yield f"collision-nearly-in-{tag}", call(tagged(tag, near))
        yield (
            f"collision-of-floats-in-{tag}",
            call(tagged(tag, [float(number) * 2.0**61 for number in range(1, 60)])),
        )
    yield "collision-in-dict", call(tagged("dict", [[number, 0] for number in multiples]))
    yield (
        "collision-of-ranges",
        call(tagged("set", [tagged("range", [number, 0, 1]) for number in multiples])),
    )
    yield (
        "collision-of-complexes",
        call(tagged("set", [tagged("complex", [float(n), 0.0]) for n in multiples])),
    )
    yield "references-65", call([tagged("function", [word, None]) for word in [WORDS["then"]] * 65])
    yield (
        "references-tampered",
        call(tagged("function", ["f105f75c25c79e9305f241a685062bb4e6a3e6b5", "AQ" + "A" * 80])),
    )


def recipes() -> Iterator[tuple[str, str]]:
    """Bodies too large to keep: lines of a count, bytes and perhaps a step."""
    before, after = around(b"")[: -len(b"\x66kwargs\xa0")].hex(), b"\x66kwargs\xa0".hex()

    def inside(*lines: str) -> str:
        return "\n".join([f"1 {before}", *lines, f"1 {after}"])

    for depth in (63, 65, 200, 20_000, 1_000_000):
        yield f"nested-lists-{depth}", inside(f"{depth} 81", "1 00")
    for depth in (63, 65, 20_000, 500_000):
        yield f"nested-maps-{depth}", inside(f"{depth} a160", "1 00")
    for depth in (25, 20_000, 90_000):
        yield f"nested-tuples-{depth}", inside(f"{depth} d81b82657475706c6581", "1 00")
    yield "nested-bignums", inside("500000 c2", "1 4161")
    yield "nested-foreign-tags", inside("500000 d818", "1 00")
    yield "nested-indefinite", inside("500000 9f", "500000 ff")
    yield "nested-lists-cut-short", "1 a16461726773\n900000 81"
    for name, item in (
        ("lists", "80"),
        ("maps", "a0"),
        ("tuples", "d81b82657475706c6580"),
        ("bignums", "c24101"),
        ("sets", "d81b826373657480"),
    ):
        count = 1_000_000 // (len(item) // 2)
        yield f"many-{name}", inside(f"1 9a{count:08x}", f"{count} {item}")
    yield "many-references", inside("1 9a00009c40", "40000 d81b826866756e6374696f6e826178f6")
    yield "many-arguments", f"1 a164617267739a{900_000:08x}\n900000 00"
    yield "many-keywords", f"1 a1666b7761726773b9{60_000:04x}\n60000 6630303030303000 digits"
    yield "many-equal-keys", inside(f"1 b9{60_000:04x}", "60000 616100")
    ints = f"9a{60_000:08x}"
    yield (
        "collision-at-scale-in-set",
        inside(f"1 d81b8263736574{ints}", f"60000 c24a00000000000000000000 {MODULUS:x}"),
    )
    yield (
        "collision-nearly-at-scale-in-set",
        inside(f"1 d81b8263736574{ints}", f"60000 1b0000000000000000 {1 << 44:x}"),
    )
    pairs = f"d81b826464696374{ints}"
    yield (
        "collision-at-scale-in-dict",
        inside(f"1 {pairs}", f"60000 82c24a0000000000000000000000 {MODULUS << 8:x}"),
    )
    yield "list-of-4-billion", inside("1 9affffffff")
    yield "text-of-an-exabyte", inside("1 7b0fffffffffffffff")
    yield "bignum-of-a-megabyte", inside("1 c25a000f0000", "983040 ff")
    yield "body-over-the-limit", inside("1 5a00200000", "2097152 00")
    yield "body-far-over-the-limit", "8388608 80"
    yield "zeros", "1000000 00"
    yield "ones", "1000000 ff"
