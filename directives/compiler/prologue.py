"""The directive prologue: which strings at the head of a module or function are directives."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from directives.compiler.model import Directive
from directives.compiler.model import Kind
from directives.compiler.spelling import is_directive
from directives.compiler.spelling import meant
from directives.compiler.spelling import nearest_store
from directives.compiler.spelling import store_named
from directives.compiler.text import SourceText

ONE_LITERAL = re.compile(r"(?s)([a-zA-Z]*)(\"\"\"|'''|\"|')((?:\\.|(?!\2).)*)\2")
KINDS = {"use server": Kind.SERVER, "use client": Kind.CLIENT}


@dataclass(frozen=True, slots=True)
class Reading:
    """A string statement that is a directive or was meant to be one.

    Attributes:
        statement: The statement.
        text: What the string says.
        directive: The directive, if the string is one to the letter and in form.
        fault: Else the slug of what is wrong with it.
        wanted: What to write instead, if that is known.
    """

    statement: ast.Expr
    text: str
    directive: Directive | None = None
    fault: str = ""
    wanted: str | None = None

    @property
    def is_alone(self) -> bool:
        """Whether the statement is that string and nothing else."""
        value = self.statement.value
        return not isinstance(value, ast.Tuple) or len(value.elts) == 1


@dataclass(frozen=True, slots=True)
class Prologue:
    """The head of a body.

    Attributes:
        readings: Its directives and what was meant to be one, in order.
        late_future: The first ``from __future__`` import that CPython would refuse there, if any.
    """

    readings: tuple[Reading, ...] = ()
    late_future: ast.ImportFrom | None = None

    @property
    def directive(self) -> Directive | None:
        """Its first directive."""
        return next((r.directive for r in self.readings if r.directive), None)


def read_prologue(body: Sequence[ast.stmt], source: SourceText, stores: frozenset[str]) -> Prologue:
    """Read the head of a module's or a function's body.

    Comments do not count; one docstring may stand before a directive or after it, and ``from __future__``
    imports where CPython accepts them: behind the docstring, or behind a directive that stands first.
    """
    readings: list[Reading] = []
    late_future = None
    documented = False
    for index, statement in enumerate(body):
        if is_future(statement):
            # CPython allows one string, the docstring, before the import: the first statement.
            if any(not is_future(earlier) for earlier in body[1:index]):
                late_future = late_future or statement
        elif reading := read_statement(statement, source, stores):
            readings.append(reading)
        elif is_text(statement) and not documented and not any(map(is_future, body[:index])):
            documented = True
        else:
            break
    return Prologue(tuple(readings), late_future if readings else None)


def read_statement(statement: ast.stmt, source: SourceText, stores: frozenset[str]) -> Reading | None:
    """What a statement says as a directive; ``None`` for any other statement."""
    if not isinstance(statement, ast.Expr):
        return None
    if isinstance(statement.value, ast.Tuple):
        return read_tuple(statement, statement.value.elts, source, stores)
    text = constant_text(statement.value)
    if text is None:
        return None
    if is_directive(text, stores):
        fault = form_fault(statement, text, source)
        if not fault:
            return Reading(statement, text, make_directive(text))
        return Reading(statement, text, fault=fault, wanted=text)
    wanted = meant(text, stores)
    name = store_named(text)
    if name is not None:
        near = nearest_store(name, stores)
        return Reading(statement, text, fault="unknown-cache-store", wanted=near and f"use cache: {near}")
    return Reading(statement, text, fault="misspelled-directive", wanted=wanted) if wanted else None


def read_tuple(
    statement: ast.Expr, items: Sequence[ast.expr], source: SourceText, stores: frozenset[str]
) -> Reading | None:
    """What a directive with a comma behind it says: nothing, as it is a tuple."""
    for text in filter(None, map(constant_text, items)):
        wanted = text if is_directive(text, stores) else meant(text, stores)
        if wanted:
            return Reading(statement, source.segment(statement), fault="misspelled-directive", wanted=wanted)
    return None


def make_directive(text: str) -> Directive:
    """The directive whose text is ``text``."""
    if kind := KINDS.get(text):
        return Directive(kind)
    return Directive(Kind.CACHE, store_named(text) or "default")


def form_fault(statement: ast.Expr, text: str, source: SourceText) -> str:
    """The slug of what is wrong with the literal's form; empty for one plain string."""
    value = statement.value
    if (statement.lineno, statement.col_offset) != (value.lineno, value.col_offset):
        return "parenthesized-directive"
    literal = ONE_LITERAL.fullmatch(source.segment(value))
    if literal is None:
        return "concatenated-directive"
    if literal[1] or not isinstance(value, ast.Constant):
        return "prefixed-directive"
    return "" if literal[3] == text else "escaped-directive"


def constant_text(value: ast.expr) -> str | None:
    """The text of a string literal of any form without parts to compute; ``None`` for all else."""
    if isinstance(value, ast.Constant):
        if isinstance(value.value, bytes):
            return value.value.decode("latin-1")
        return value.value if isinstance(value.value, str) else None
    if type(value).__name__ in ("JoinedStr", "TemplateStr"):
        parts = [constant_text(part) for part in getattr(value, "values", ())]
        return None if None in parts else "".join(part for part in parts if part)
    return None


def is_text(statement: ast.stmt) -> TypeGuard[ast.Expr]:
    """Whether a statement is a plain string, as a docstring is."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def is_future(statement: ast.stmt) -> TypeGuard[ast.ImportFrom]:
    """Whether a statement is a ``from __future__`` import."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level
