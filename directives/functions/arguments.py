"""Do the arguments of a call fit the function's parameters? Asked before any user code runs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import ArgumentsError

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord

MISSING = "required, but not given"
UNKNOWN = "the function has no such parameter"
TWICE = "given twice, by position and by name"
TOO_MANY = "the function takes fewer positional arguments"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a call of a function may look like.

    Attributes:
        positional: The parameters that can be given by position.
        required_positional: How many of those have no default.
        by_name: The parameters that can be given by name.
        required: Those of all that have no default.
        varargs: Whether more positional arguments are taken.
        varkw: Whether more keyword arguments are taken.
    """

    positional: tuple[str, ...]
    required_positional: int
    by_name: frozenset[str]
    required: tuple[str, ...]
    varargs: bool
    varkw: bool

    def check(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """See that a call can be bound as CPython would bind it.

        Raises:
            ArgumentsError: It cannot; names every argument that does not fit.
        """
        fits = self.required_positional <= len(args) <= len(self.positional)
        if fits and not kwargs and len(self.required) == self.required_positional:
            return
        problems = list(self.problems(args, kwargs))
        if problems:
            raise ArgumentsError(problems)

    def problems(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """``(path, reason)`` for every argument that does not fit."""
        if len(args) > len(self.positional) and not self.varargs:
            yield f"args[{len(self.positional)}]", TOO_MANY
        given = set(self.positional[: len(args)])
        for name in kwargs:
            if name in self.by_name:
                if name in given:
                    yield name, TWICE
            elif not self.varkw:
                yield name, UNKNOWN
        named = kwargs.keys() & self.by_name
        for name in self.required:
            if name not in given and name not in named:
                yield name, MISSING


def shape_of(record: FunctionRecord) -> Shape:
    """The shape of a function's calls."""
    parameters = record.sendable
    positional = [p for p in parameters if p.by_position]
    required = tuple(p.name for p in parameters if (p.by_position or p.by_name) and not p.optional)
    return Shape(
        positional=tuple(p.name for p in positional),
        required_positional=sum(not p.optional for p in positional),
        by_name=frozenset(p.name for p in parameters if p.by_name),
        required=required,
        varargs=any(p.kind == "varargs" for p in parameters),
        varkw=any(p.kind == "varkw" for p in parameters),
    )
