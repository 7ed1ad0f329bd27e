"""Hostile calls with files: the boundary is "hostile", the message a part of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from typing import Final

from http_bodies import CALL
from http_bodies import END
from http_bodies import recipe
from words import WORDS

Named = Iterator[tuple[str, bytes]]

JSON: Final = "application/json"


def bodies() -> Named:
    """Messages and files that do not fit together, and parts that are neither."""
    good = message({"$": ["file", "a"]}) + file("a") + END
    for size in range(0, len(good) - len(b"--\r\n"), 16):
        yield f"truncated-at-{size:03}", good[:size]
    yield "no-message", file("a") + END
    yield "nothing", END
    yield "message-without-type", part('name="call"', CALL) + END
    yield "message-of-text", part('name="call"', CALL, "text/plain") + END
    yield "message-of-parts", part('name="call"', CALL, "multipart/form-data; boundary=hostile") + END
    yield "message-twice", message({}) + message({}) + END
    yield "message-twice-once-as-file", message({}) + file("call") + END
    yield "message-nested", part('name="call"', b'{"args":' + b"[" * 99, JSON) + END
    yield "message-of-another-notation", part('name="call"', CALL, "application/cbor") + END
    yield "message-in-capitals", part('name="CALL"', CALL, JSON) + END
    yield "field-beside", message({}) + part('name="a"', b"1") + END
    yield "two-files-of-one-name", message({"$": ["file", "a"]}) + file("a") * 2 + END
    yield "file-without-name", message({}) + part('filename="x"', b"1") + END
    yield (
        "file-with-the-name-of-a-path",
        message({}) + part('name="a"; filename="../../etc/passwd"', b"1") + END,
    )
    yield (
        "file-with-many-headers",
        message({}) + part('name="a"; filename="x"', b"1", "x\r\nX: y" * 500) + END,
    )
    for name, word in WORDS.items():
        yield f"asks-for-{name}", message({"$": ["file", word]}) + file("a") + END
    for name, value in ODD.items():
        yield f"asks-for-{name}", message(value) + file("a") + END


def recipes() -> Iterator[tuple[str, str]]:
    """Those too large to keep."""
    asked = message([{"$": ["file", "a"]}] * 65)
    yield "asks-for-one-file-too-often", recipe((1, asked + file("a") + END))
    yield "many-files", recipe((1, message({})), (101, file("a")), (1, END))
    yield "message-over-the-limit", recipe((1, message({})[:-4]), (1_048_577, b" "), (1, b"}]}\r\n" + END))
    head = part('name="call"; filename="blob"', b"", JSON)[:-2]
    yield "message-over-the-limit-as-file", recipe((1, head), (2_097_152, b" "), (1, b"\r\n" + END))
    yield "file-without-end", recipe((1, message({}) + file("a")[:-3]), (2_097_152, b"x"))
    yield "file-of-line-breaks-without-end", recipe((1, file("a")[:-3]), (1_000_000, b"\r\n"))
    yield "file-of-nearly-boundaries", recipe((1, file("a")[:-3]), (200_000, b"\r\n--hostil"))
    yield "file-of-boundaries-that-go-on", recipe((1, file("a")[:-3]), (150_000, b"\r\n--hostilex"))


ODD: Final[dict[str, Any]] = {
    "a-number": {"$": ["file", 1]},
    "nothing": {"$": ["file", None]},
    "a-file-by-file": {"$": ["file", {"$": ["file", "a"]}]},
    "a-long-name": {"$": ["file", "a" * 129]},
    "a-file-in-a-set": {"$": ["set", [{"$": ["file", "a"]}, {"$": ["file", "a"]}]]},
    "a-file-as-key": {"$": ["dict", [[{"$": ["file", "b"]}, 1]]]},
    "a-form-in-a-set": {"$": ["set", [{"$": ["form", []]}]]},
    "a-form-as-key": {"$": ["dict", [[{"$": ["form", []]}, 1]]]},
    "a-form-of-one": {"$": ["form", [["a"]]]},
    "a-form-of-three": {"$": ["form", [["a", "b", "c"]]]},
    "a-form-of-numbers": {"$": ["form", [[1, 2]]]},
    "a-form-of-forms": {"$": ["form", [["a", {"$": ["form", []]}]]]},
    "a-form-of-an-object": {"$": ["form", {"a": "b"}]},
    "a-form-with-a-file-that-did-not-come": {"$": ["form", [["a", {"$": ["file", "b"]}]]]},
}


def message(argument: object) -> bytes:
    """The part that is the message; a function of one item does not take the argument."""
    return part('name="call"', json.dumps({"args": [argument]}).encode(), JSON)


def file(name: str) -> bytes:
    """A file with little in it."""
    return part(f'name="{name}"; filename="{name}.txt"', b"1", "text/plain")


def part(disposition: str, data: bytes, kind: str | None = None) -> bytes:
    """A part, with a type if there is one."""
    head = f"--hostile\r\nContent-Disposition: form-data; {disposition}\r\n"
    typed = f"Content-Type: {kind}\r\n" if kind else ""
    return (head + typed + "\r\n").encode() + data + b"\r\n"
