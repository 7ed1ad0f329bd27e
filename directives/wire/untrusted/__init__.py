"""The small, strict codec for what comes off the network: CBOR and tagged JSON."""

from __future__ import annotations

from directives.wire.untrusted.cbor import decode_cbor
from directives.wire.untrusted.cbor import encode_cbor
from directives.wire.untrusted.tagged_json import decode_json
from directives.wire.untrusted.tagged_json import encode_json

__all__ = ["decode_cbor", "decode_json", "encode_cbor", "encode_json"]
