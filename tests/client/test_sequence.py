"""Cutting a stream of CBOR items into its items."""

from __future__ import annotations

import cbor2
import pytest

from directives.client.sequence import ItemCutter
from directives.errors import DecodeError
from directives.errors import LimitExceeded

VALUES = [
    None,
    7,
    2**40,
    -(2**70),
    1.5,
    "text",
    "x" * 300,
    b"y" * 70_000,
    [],
    {},
    [[], {"a": [1, {"b": [b"", ""]}]}],
    {"ok": list(range(400))},
    cbor2.CBORTag(27, ["tuple", [1, 2]]),
]
ITEMS = [cbor2.dumps(value) for value in VALUES]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1 << 20])
def test_items_are_found_however_the_bytes_arrive(size: int) -> None:
    """Whatever the chunks, the items come out one by one, as they were sent."""
    stream = b"".join(ITEMS)
    cutter = ItemCutter(1 << 20)
    found = [item for at in range(0, len(stream), size) for item in cutter.feed(stream[at : at + size])]
    cutter.finish()
    assert found == ITEMS


def test_an_item_is_given_out_when_its_last_byte_arrives() -> None:
    """An item does not wait for the next one."""
    cutter = ItemCutter(1000)
    item = cbor2.dumps({"ok": "text"})
    assert list(cutter.feed(item[:-1])) == []
    assert list(cutter.feed(item[-1:])) == [item]


@pytest.mark.parametrize("item", [item for item in ITEMS if len(item) > 1], ids=len)
def test_a_stream_that_ends_within_an_item_is_an_error(item: bytes) -> None:
    """A connection that broke is not mistaken for the end."""
    cutter = ItemCutter(1 << 20)
    assert list(cutter.feed(item[:-1])) == []
    with pytest.raises(DecodeError, match="ended within an item"):
        cutter.finish()


@pytest.mark.parametrize(
    "start",
    [
        b"\x5b" + b"\xff" * 8,
        b"\x81" * 1001,
        b"\xa1\x61a" * 500,
        b"\x59\x03\xe9",
        b"\x9b" + b"\xff" * 8 + b"\x00" * 1000,
    ],
    ids=["huge text", "deep", "deep maps", "one byte too long", "huge list"],
)
def test_an_item_over_the_limit_is_an_error(start: bytes) -> None:
    """The buffer never grows past the limit, whatever lengths the server claims."""
    with pytest.raises(LimitExceeded):
        list(ItemCutter(1000).feed(start))


@pytest.mark.parametrize("head", [0x5F, 0x7F, 0x9F, 0xBF, 0xFF, 0x1C])
def test_indefinite_and_reserved_lengths_are_errors(head: int) -> None:
    """What the wire format does not use is refused at its first byte."""
    with pytest.raises(DecodeError, match="not this format's"):
        list(ItemCutter(1000).feed(bytes([head])))
