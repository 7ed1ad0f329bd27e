"""Records as constants: how bytecode carries what the compiler knows, and how a running module reads it."""

from __future__ import annotations

from dataclasses import astuple
from dataclasses import fields
from typing import Any

from directives.compiler.model import Capture
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Parameter

# The parameter of the lambda that applies a nested function's decorators again; marks its code.
WRAPPED = "__function__"
# A module's bytecode knows its own name and file.
LEFT_OUT = ("module", "file")
NAMES = tuple(field.name for field in fields(FunctionRecord) if field.name not in LEFT_OUT)
POLICY = NAMES.index("policy")


def pack_record(record: FunctionRecord) -> tuple[Any, ...]:
    """A record as a constant; its first item is the ID."""
    values = zip((field.name for field in fields(record)), astuple(record), strict=True)
    return tuple(value for name, value in values if name not in LEFT_OUT)


def policy_of(constant: tuple[Any, ...]) -> tuple[str, ...]:
    """The policy in a packed record; the rest stays packed."""
    policy: tuple[str, ...] = constant[POLICY]
    return policy


def unpack_record(module: str, filename: str, constant: tuple[Any, ...]) -> FunctionRecord:
    """The record that ``pack_record`` made ``constant`` of."""
    values = dict(zip(NAMES, constant, strict=True))
    values["parameters"] = tuple(Parameter(*parameter) for parameter in values["parameters"])
    values["captures"] = tuple(Capture(*capture) for capture in values["captures"])
    return FunctionRecord(module=module, file=filename, **values)
