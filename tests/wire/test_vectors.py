"""The vectors that another implementation can be checked against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markupsafe import Markup

from directives.errors import DecodeError
from directives.functions import special_for
from directives.wire.budget import Budget
from directives.wire.classes import Types
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


@pytest.mark.parametrize("vector", VECTORS["results"], ids=lambda vector: vector["value"][:40])
def test_what_only_a_result_may_hold(vector: dict[str, str]) -> None:
    """Markup: both notations mean one value, where a decoder is told what to make of it."""
    cbor, text = bytes.fromhex(vector["cbor"]), vector["json"].encode()
    special = special_for(Types(), markup=True)
    for value in (decode_cbor(cbor, Budget(), markup=Markup), decode_json(text, Budget(), markup=Markup)):
        assert (encode_cbor(value, special=special), encode_json(value, special=special)) == (cbor, text)
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
