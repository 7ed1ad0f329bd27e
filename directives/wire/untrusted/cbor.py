"""The network format in CBOR (RFC 8949): tag 27 around ``[tag, payload]`` says what CBOR itself cannot."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import cbor2

from directives.errors import DecodeError
from directives.errors import DirectivesError
from directives.errors import EncodeError
from directives.errors import LimitExceeded
from directives.errors import own_error
from directives.wire.arriving import RAISE
from directives.wire.arriving import Raise
from directives.wire.arriving import items
from directives.wire.arriving import raise_tagged
from directives.wire.arriving import with_markup
from directives.wire.budget import Budget
from directives.wire.leaving import LOWER
from directives.wire.lowering import Format
from directives.wire.lowering import Look
from directives.wire.lowering import Special
from directives.wire.lowering import lower
from directives.wire.lowering import lower_texts
from directives.wire.references import FunctionReference
from directives.wire.untrusted.scan import OUR_TAG
from directives.wire.untrusted.scan import may_hold_tags
from directives.wire.untrusted.scan import scan

PAIR = b"\x82"
MARK = os.urandom(16)
MARK_ITEM = b"\x50" + MARK

FORMAT = Format(
    plain=frozenset({type(None), bool, int, float, str, bytes}),
    lower=LOWER,
    tagged=lambda tag, payload: cbor2.CBORTag(OUR_TAG, [tag, payload]),
)


def encode_cbor(
    value: Any, *, special: Special | None = None, where: str = "", look: Look | None = None
) -> bytes:
    """Encode a value for the network as CBOR.

    Args:
        value: What to send.
        special: Gives the tag and payload of a value whose type the format does not know, or ``None``.
        where: What the path in an error begins with.
        look: Is shown every part of it; what it raises is raised, and nothing is sent.

    Raises:
        EncodeError: A part of the value cannot travel; names its path and type.
    """
    try:
        return cbor2.dumps(lower(value, FORMAT, special, where, look))
    except UnicodeEncodeError:
        lower(value, lower_texts(FORMAT), special, where)
        raise EncodeError(f"{where or 'value'}: changed while it was read") from None


def decode_cbor(
    data: bytes,
    budget: Budget,
    *,
    reference: Callable[[FunctionReference], Any] | None = None,
    markup: Callable[[str], Any] | None = None,
) -> Any:
    """Decode a value that came off the network as CBOR.

    Args:
        data: The message, all of it.
        budget: What it may cost.
        reference: Makes something of each server function among the values; what it raises is
            raised if it is one of this project's errors. Without it they stay references.
        markup: Makes something of the text of each piece of markup. Without it markup is refused.

    Raises:
        DecodeError: The bytes are not exactly one value of the format.
        LimitExceeded: They cost more than ``budget`` has left.
    """
    budget.spend_bytes(len(data))
    budget.spend_nodes(scan(data, budget.nodes))
    hooks = _hooks(budget, reference, with_markup(RAISE, markup)) if may_hold_tags(data) else None
    try:
        # `loads` ignores what follows a value. As the first of two items, the second of which nobody
        # outside can know, the message has to be exactly one.
        value, mark = cbor2.loads(
            b"".join((PAIR, data, MARK_ITEM)),
            tag_hook=_foreign_tag,
            semantic_decoders=hooks,
            max_depth=budget.depth + 1,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        )
    except (cbor2.CBORDecodeError, ValueError, OverflowError) as error:
        raise _own_error(error) from None
    if mark != MARK:
        raise DecodeError("the body is not exactly one value")
    return value


def _hooks(
    budget: Budget, reference: Callable[[FunctionReference], Any] | None, table: Mapping[str, Raise]
) -> dict[int, Callable[[Any, bool], Any]]:
    """What makes values of the three tags that the format uses."""

    def tagged(content: Any, immutable: bool) -> Any:
        tag, payload = items(content)
        value = raise_tagged(table, tag, payload, budget)
        return reference(value) if reference and type(value) is FunctionReference else value

    def natural(payload: Any, immutable: bool) -> int:
        if type(payload) is not bytes:
            raise DecodeError("a big integer needs bytes")
        budget.check_bits(len(payload) * 8)
        return int.from_bytes(payload, "big")

    def negative(payload: Any, immutable: bool) -> int:
        return -1 - natural(payload, immutable)

    return {OUR_TAG: tagged, 2: natural, 3: negative}


def _foreign_tag(tag: cbor2.CBORTag, immutable: bool) -> Any:
    raise DecodeError("the body holds a tag that is not the format's")


def _own_error(error: BaseException) -> DirectivesError:
    """Our own error if a hook raised one, else one that tells nothing of the library's state."""
    if own := own_error(error):
        return own
    if "nesting depth" in str(error):
        return LimitExceeded("the body is nested too deep")
    return DecodeError("the body is not valid CBOR")
