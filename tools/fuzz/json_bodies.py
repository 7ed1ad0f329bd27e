"""Hostile bodies in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from typing import Final

from words import WORDS

Named = Iterator[tuple[str, bytes]]

ITEM: Final = '{"sku":"x","kind":"tea"}'
GOOD: Final = f'{{"args":[{ITEM}],"kwargs":{{"quantity":2,"note":"a text"}}}}'
MODULUS: Final = 2**61 - 1

ODD: Final = {
    "nan": "NaN",
    "infinity": "Infinity",
    "minus-infinity": "-Infinity",
    "leading-zero": "01",
    "plus": "+1",
    "hexadecimal": "0x10",
    "point-alone": "1.",
    "single-quotes": "'x'",
    "trailing-comma": "[1,]",
    "comment": "1/* */",
    "undefined": "undefined",
    "python-none": "None",
    "python-true": "True",
    "control-character": '"\x01"',
    "bad-escape": '"\\x41"',
    "cut-escape": '"\\u12"',
    "lone-high-surrogate": '"\\ud800"',
    "lone-low-surrogate": '"\\uDFFF"',
    "surrogates-reversed": '"\\udc00\\ud800"',
    "surrogate-as-key": '{"\\ud800":1}',
    "duplicate-key": '{"a":1,"a":2}',
    "duplicate-key-escaped": '{"a":1,"\\u0061":2}',
    "huge-float": "1e400",
    "tag-no-list": '{"$":"tuple"}',
    "tag-of-one": '{"$":["tuple"]}',
    "tag-of-three": '{"$":["tuple",[],1]}',
    "tag-beside-keys": '{"$":["tuple",[]],"x":1}',
    "tag-twice": '{"$":["tuple",[]],"$":["set",[]]}',
    "tag-escaped": '{"\\u0024":["tuple",5]}',
    "tag-name-number": '{"$":[1,[]]}',
    "tag-name-list": '{"$":[["tuple"],[]]}',
    "tag-name-tagged": '{"$":[{"$":["tuple",[]]},[]]}',
    "int-of-number": '{"$":["int",5]}',
    "int-of-words": '{"$":["int","five"]}',
    "int-underscores": '{"$":["int","1_0"]}',
    "int-other-digits": '{"$":["int","\u0661"]}',
    "int-many-digits": '{"$":["int","' + "9" * 5000 + '"]}',
    "int-empty": '{"$":["int",""]}',
    "float-of-words": '{"$":["float","one"]}',
    "float-nan": '{"$":["float","nan"]}',
    "bytes-of-number": '{"$":["bytes",5]}',
    "bytes-not-base64": '{"$":["bytes","***"]}',
    "digits-302": "9" * 302,
    "digits-5000": "-" + "9" * 5000,
    "digits-of-a-fraction": "0." + "9" * 5000,
    "text-for-number": '"2"',
    "true-for-number": "true",
    "null-for-number": "null",
    "float-for-number": "2.5",
}
SHAPES: Final = {
    "null": "null",
    "true": "true",
    "number": "1",
    "text": '"args"',
    "list": "[[1]]",
    "map": '{"__class__":"x"}',
    "tuple": '{"$":["tuple",[1]]}',
}


def call(value: str) -> bytes:
    """A call with a value where ``order`` takes a number."""
    return f'{{"args":[{ITEM},{value}]}}'.encode()


def tagged(name: str, payload: Any) -> bytes:
    return call(json.dumps({"$": [name, payload]}))


def bodies() -> Named:
    """Every body, with what it tries."""
    for size in range(0, len(GOOD), 2):
        yield f"truncated-at-{size:02}", GOOD[:size].encode()
    yield "goes-on-with-brace", GOOD.encode() + b"}"
    yield "goes-on-with-itself", GOOD.encode() * 2
    yield "goes-on-with-nul", GOOD.encode() + b"\x00"
    yield "lines", GOOD.encode() + b"\n" + GOOD.encode()
    yield "starts-with-byte-order-mark", b"\xef\xbb\xbf" + GOOD.encode()
    yield "anti-hijacking-prefix", b")]}',\n" + GOOD.encode()
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        text = GOOD.replace("x", "\u00e9")
        yield f"in-{encoding}", text.encode(encoding)
    yield "not-utf8", call('"?"').replace(b"?", b"\xff")
    yield "not-utf8-surrogate", call('"?"').replace(b"?", b"\xed\xa0\x80")
    yield "not-utf8-overlong", call('"?"').replace(b"?", b"\xc0\xaf")
    for name, written in ODD.items():
        yield name, call(written)
    for name, written in SHAPES.items():
        yield f"body-is-{name}", written.encode()
        if name != "list":
            yield f"args-is-{name}", f'{{"args":{written}}}'.encode()
        yield f"kwargs-is-{name}", f'{{"kwargs":{written}}}'.encode()
        yield f"item-is-{name}", f'{{"args":[{written}]}}'.encode()
        yield f"bound-is-{name}", f'{{"args":[{ITEM}],"bound":[{written}]}}'.encode()
    for name, word in WORDS.items():
        quoted = json.dumps(word)
        yield f"keyword-{name}", f'{{"args":[{ITEM}],"kwargs":{{{quoted}:1}}}}'.encode()
        yield f"tag-named-{name}", tagged(word, ["x"])
        yield f"reference-{name}", tagged("function", [word, None])
        yield f"sealed-{name}", f'{{"args":[{ITEM}],"bound":{quoted}}}'.encode()
    multiples = [MODULUS * factor for factor in range(1, 60)]
    yield "collision-in-set", tagged("set", multiples)
    yield "collision-in-dict", tagged("dict", [[number, 0] for number in multiples])
    yield "collision-of-tagged-ints", tagged("set", [{"$": ["int", str(number)]} for number in multiples])
    yield (
        "collision-of-decimals",
        tagged("frozenset", [{"$": ["decimal", str(number)]} for number in multiples]),
    )
    yield "references-65", tagged("tuple", [{"$": ["function", ["then", None]]}] * 65)


def recipes() -> Iterator[tuple[str, str]]:
    """Bodies too large to keep."""
    begin, end = call("?").split(b"?")

    def recipe(*parts: tuple[int, str]) -> str:
        return "\n".join(f"{count} {text.encode().hex()}" for count, text in parts)

    def inside(*parts: tuple[int, str]) -> str:
        return recipe((1, begin.decode()), *parts, (1, end.decode()))

    for depth in (63, 65, 20_000, 400_000):
        yield f"nested-lists-{depth}", inside((depth, "["), (depth, "]"))
    for depth in (63, 65, 20_000, 150_000):
        yield f"nested-maps-{depth}", inside((depth, '{"":'), (1, "0"), (depth, "}"))
    yield "nested-tuples", inside((20_000, '{"$":["tuple",['), (20_000, "]]}"))
    yield "nested-behind-a-text", inside((1, '["]]]\\"[[",'), (400_000, "["), (400_000, "]"), (1, "]"))
    yield "nested-cut-short", inside((1_000_000, "["))
    yield "nested-quotes", inside((1, '"'), (500_000, '\\"'))
    yield "many-lists", inside((1, "["), (300_000, "[],"), (1, "[]]"))
    yield "many-maps", inside((1, "["), (300_000, "{},"), (1, "{}]"))
    yield "many-tuples", inside((1, "["), (50_000, '{"$":["tuple",[]]},'), (1, "0]"))
    yield "many-references", inside((1, "["), (25_000, '{"$":["function",["x",null]]},'), (1, "0]"))
    yield "many-equal-keys", inside((1, "{"), (100_000, '"a":1,'), (1, '"a":1}'))
    yield "many-arguments", recipe((1, '{"args":[0'), (450_000, ",0"), (1, "]}"))
    yield "many-digits", inside((1_000_000, "9"))
    yield "many-fraction-digits", inside((1, "0."), (1_000_000, "9"))
    yield "many-exponent-digits", inside((1, "1e"), (1_000_000, "9"))
    yield "many-spaces", inside((900_000, " "), (1, "NaN"))
    yield "many-surrogates", inside((1, '"'), (150_000, "\\ud800"), (1, '"'))
    yield "many-backslashes", inside((1, '"'), (900_001, "\\"), (1, '"'))
    yield "body-over-the-limit", inside((1, '"'), (2_097_152, "x"), (1, '"'))
