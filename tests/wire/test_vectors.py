"""The vectors that another implementation can be checked against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from directives.errors import DecodeError
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS["values"], ids=lambda vector: vector["value"][:40])
def test_both_notations_mean_one_value(vector: dict[str, str]) -> None:
    """The bytes of either notation decode to one value, which is written as exactly those bytes."""
    cbor, text = bytes.fromhex(vector["cbor"]), vector["json"].encode()
    for value in (decode_cbor(cbor, Budget()), decode_json(text, Budget())):
        assert (encode_cbor(value), encode_json(value)) == (cbor, text)
        if not vector["value"].startswith(("memoryview", "<memory")):
            assert repr(value) == vector["value"]


@pytest.mark.parametrize("data", VECTORS["refused"]["cbor"])
def test_refused_cbor(data: str) -> None:
    """What a decoder must not take."""
    with pytest.raises(DecodeError):
        decode_cbor(bytes.fromhex(data), Budget())


@pytest.mark.parametrize("data", VECTORS["refused"]["json"])
def test_refused_json(data: str) -> None:
    """What a decoder must not take."""
    with pytest.raises(DecodeError):
        decode_json(data.encode(), Budget())
