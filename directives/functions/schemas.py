"""What is changed in pydantic's schema of a function's parameters before it judges what callers send.

A core schema is a tree of dicts, each with a ``type``; see https://docs.pydantic.dev/latest/api/pydantic_core_schema.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from enum import StrEnum
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from directives.wire.kinds import Kind

# What a `decode` of a user's stumbles over when it was sent something else.
UNFIT = (TypeError, LookupError, ArithmeticError, AttributeError)


class Format(StrEnum):
    """How the arguments came: what a format can say itself is not converted from something else."""

    CBOR = "cbor"
    JSON = "json"
    FORM = "form"


SCALARS = frozenset({"int", "float", "bool", "str", "bytes"})
STRICT: Mapping[Format, frozenset[str]] = {
    Format.CBOR: SCALARS | {"date", "time", "datetime", "timedelta", "uuid", "decimal", "complex"},
    Format.JSON: SCALARS,
    Format.FORM: frozenset(),
}
COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset"})


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change.

    Attributes:
        registered: Gives the kind of a class that was registered as a value.
        strict: The types of schema that take nothing but their own values.
        fail_fast: Whether collections stop at their first fault.
    """

    registered: Callable[[type], Kind | None]
    strict: frozenset[str]
    fail_fast: bool

    def made(self, schema: Any) -> Any:
        """A changed copy of a core schema."""
        if type(schema) is list:
            return [self.made(item) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        kind, cls = schema.get("type"), schema.get("cls")
        registered = self.registered(cls) if isinstance(cls, type) else None
        if registered is not None:
            return decoded(registered, schema)
        if kind == "model":
            # It decides for itself, by a validator that it has already.
            return schema
        copied = {key: self.made(value) for key, value in schema.items()}
        if kind in self.strict:
            copied["strict"] = True
        if self.fail_fast and kind in COLLECTIONS:
            copied["fail_fast"] = True
        return with_members(copied) if kind == "literal" else copied


def decoded(kind: Kind, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that makes instances of a registered class of what was sent."""
    from pydantic_core import PydanticCustomError

    def decode(sent: Any) -> Any:
        try:
            return kind.build(sent)
        except UNFIT:
            context = {"name": kind.cls.__name__}
            raise PydanticCustomError("registered", "Input should be a valid {name}", context) from None

    plain: dict[str, Any] = {
        "type": "function-plain",
        "function": {"type": "no-info", "function": decode},
    }
    # What refers to the class elsewhere in the schema refers to this.
    return plain | ({"ref": schema["ref"]} if "ref" in schema else {})


def with_members(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of a ``Literal`` that takes the values of its enum members for the members, as an enum does."""
    members = {
        (type(member.value), member.value): member
        for member in schema["expected"]
        if isinstance(member, Enum) and type(member.value) in (str, int, bytes, bool)
    }
    if not members:
        return schema

    def member(sent: Any) -> Any:
        return members.get((type(sent), sent), sent) if type(sent) in (str, int, bytes, bool) else sent

    return {"type": "function-before", "function": {"type": "no-info", "function": member}, "schema": schema}
