"""The network format in JSON (RFC 8259): ``{"$": [tag, payload]}`` says what JSON itself cannot."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import NoReturn

from pydantic_core import to_json

from directives.errors import DecodeError
from directives.errors import DirectivesError
from directives.errors import EncodeError
from directives.errors import LimitExceeded
from directives.wire.arriving import RAISE
from directives.wire.arriving import Raise
from directives.wire.arriving import items
from directives.wire.arriving import raise_tagged
from directives.wire.arriving import text
from directives.wire.arriving import with_markup
from directives.wire.budget import Budget
from directives.wire.leaving import LOWER
from directives.wire.lowering import Format
from directives.wire.lowering import Look
from directives.wire.lowering import Special
from directives.wire.lowering import Tagged
from directives.wire.lowering import lower
from directives.wire.lowering import lower_texts
from directives.wire.references import FunctionReference
from directives.wire.refused import Refused

ESCAPE = "$"
MAX_SAFE_INTEGER = 2**53 - 1  # what a JavaScript number holds exactly
ODD_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

WHITESPACE = " \t\n\r"

# A string, or one bracket; strings come first so that brackets within them do not count.
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
LONE_SURROGATE_MAYBE = re.compile(r"\\u[dD][89a-fA-F]")


def encode_json(
    value: Any, *, special: Special | None = None, where: str = "", look: Look | None = None
) -> bytes:
    """Encode a value for the network as JSON.

    Args:
        value: What to send.
        special: Gives the tag and payload of a value whose type the format does not know, or ``None``.
        where: What the path in an error begins with.
        look: Is shown every part of it; what it raises is raised, and nothing is sent.

    Raises:
        EncodeError: A part of the value cannot travel; names its path and type.
    """
    plain = lower(value, FORMAT, special, where, look)
    try:
        return to_json(plain)
    except ValueError:
        lower(value, lower_texts(FORMAT), special, where)
        raise EncodeError(f"{where or 'value'}: changed while it was read") from None


def decode_json(
    data: bytes,
    budget: Budget,
    *,
    reference: Callable[[FunctionReference], Any] | None = None,
    markup: Callable[[str], Any] | None = None,
) -> Any:
    """Decode a value that came off the network as JSON.

    Args:
        data: The message, all of it.
        budget: What it may cost.
        reference: Makes something of each server function among the values; what it raises is
            raised. Without it they stay references.
        markup: Makes something of the text of each piece of markup. Without it markup is refused.

    Raises:
        DecodeError: The bytes are not exactly one value of the format.
        LimitExceeded: They cost more than ``budget`` has left.
    """
    budget.spend_bytes(len(data))
    try:
        document = data.decode()
    except UnicodeDecodeError:
        raise DecodeError("the body is not UTF-8") from None
    budget.spend_nodes(_containers(document, budget.depth))
    numbers = _numbers(document, budget)
    if not numbers and ESCAPE not in document and "\\" not in document:
        return _plain(document)
    table = with_markup(ARRIVING, markup)

    def pairs(found: list[tuple[str, Any]]) -> Any:
        made = _object(found)
        if ESCAPE not in made:
            return made
        if len(made) != 1:
            raise DecodeError('an object has the key "$" beside others')
        tag, payload = items(made[ESCAPE])
        value = raise_tagged(table, tag, payload, budget)
        return reference(value) if reference and type(value) is FunctionReference else value

    try:
        value = json.loads(document, object_pairs_hook=pairs, parse_constant=_constant, **numbers)
    except DirectivesError:
        raise
    except ValueError:
        raise DecodeError("the body is not valid JSON") from None
    if LONE_SURROGATE_MAYBE.search(document):
        _refuse_lone_surrogates(document)
    return value


def _plain(document: str) -> Any:
    """The value of a document that holds no tag and no escape, by a decoder that is there already."""
    written = document.strip(WHITESPACE)
    try:
        value, end = PLAIN.raw_decode(written)
    except DirectivesError:
        raise
    except ValueError:
        raise DecodeError("the body is not valid JSON") from None
    if end != len(written):
        raise DecodeError("the body is not valid JSON")
    return value


def _object(found: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(found)
    if len(made) != len(found):
        raise DecodeError("an object has a key twice")
    return made


def _containers(document: str, depth: int) -> int:
    """How many containers the document holds at most; refuses one that is nested too deep."""
    count = document.count("[") + document.count("{")
    if count <= depth:
        return count
    level = count = 0
    for token in STRING_OR_BRACKET.finditer(document):
        bracket = token[0]
        if bracket in ("[", "{"):
            level += 1
            count += 1
            if level > depth:
                raise LimitExceeded("the body is nested too deep")
        elif bracket in ("]", "}"):
            level -= 1
    return count


def _numbers(document: str, budget: Budget) -> dict[str, Any]:
    """Slow but bounded number parsers, only for a document with a long run of digits somewhere."""
    if (
        len(document) <= budget.digits
        or re.search(rf"(?<![0-9])[0-9]{{{budget.digits + 1}}}", document) is None
    ):
        return {}

    def integer(written: str) -> int:
        budget.check_digits(written)
        return int(written)

    def real(written: str) -> float:
        budget.check_digits(written)
        return float(written)

    return {"parse_int": integer, "parse_float": real}


def _constant(name: str) -> NoReturn:
    raise DecodeError("NaN and Infinity are no JSON")


PLAIN = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _refuse_lone_surrogates(document: str) -> None:
    try:
        json.dumps(json.loads(document), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DecodeError("a text holds half a surrogate pair") from None


def _lower_int(value: int) -> Tagged | None:
    if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return None
    try:
        return "int", str(value)
    except ValueError:
        raise Refused("has more digits than Python turns into text") from None


def _lower_float(value: float) -> Tagged | None:
    return None if math.isfinite(value) else ("float", repr(value))


def _raise_int(payload: Any, budget: Budget) -> int:
    if type(payload) is not str:
        raise DecodeError("an integer needs text")
    written: str = payload
    budget.check_digits(written)
    if re.fullmatch(r"-?[0-9]+", written) is None:
        raise DecodeError("an integer is malformed")
    return int(written)


def _raise_bytes(payload: Any, budget: Budget) -> bytes:
    if type(payload) is not str:
        raise DecodeError("bytes need base64 text")
    try:
        return base64.b64decode(payload, validate=True)
    except binascii.Error:
        raise DecodeError("bytes are not base64") from None


ARRIVING: Mapping[str, Raise] = {
    **RAISE,
    "int": _raise_int,
    "float": lambda payload, budget: ODD_FLOATS[text(payload)],
    "bytes": _raise_bytes,
}

FORMAT = Format(
    plain=frozenset({type(None), bool, str}),
    lower={
        **LOWER,
        int: _lower_int,
        float: _lower_float,
        bytes: lambda value: ("bytes", base64.b64encode(value).decode()),
    },
    tagged=lambda tag, payload: {ESCAPE: [tag, payload]},
    escape=ESCAPE,
)
