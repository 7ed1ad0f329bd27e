"""The small, strict codec for what comes off the network: CBOR and tagged JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from directives.wire.untrusted.cbor import decode_cbor
from directives.wire.untrusted.cbor import encode_cbor

if TYPE_CHECKING:
    from directives.wire.untrusted.tagged_json import decode_json
    from directives.wire.untrusted.tagged_json import encode_json

__all__ = ["decode_cbor", "decode_json", "encode_cbor", "encode_json"]


def __getattr__(name: str) -> Any:
    # A client says everything in CBOR, and may be without what JSON is written with.
    if name not in ("decode_json", "encode_json"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from directives.wire.untrusted import tagged_json

    return tagged_json.decode_json if name == "decode_json" else tagged_json.encode_json
