"""The outline of a module: its functions, what encloses them, and every directive string in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from directives.compiler.model import Directive
from directives.compiler.prologue import Prologue
from directives.compiler.prologue import Reading
from directives.compiler.prologue import read_prologue
from directives.compiler.prologue import read_statement
from directives.compiler.text import SourceText

Function = ast.FunctionDef | ast.AsyncFunctionDef
ScopeNode = ast.Module | Function | ast.ClassDef
NO_PROLOGUE = Prologue()


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A module, class or function, and what it stands in.

    Attributes:
        node: Its node.
        parent: The scope around it; ``None`` for the module.
        prologue: The head of its body; empty for a class.
        block: The keyword of the block that its definition stands in (``if``, ``try``), or empty.
    """

    node: ScopeNode
    parent: Scope | None = None
    prologue: Prologue = NO_PROLOGUE
    block: str = ""

    @property
    def name(self) -> str:
        """Its own name; empty for a module."""
        return "" if isinstance(self.node, ast.Module) else self.node.name

    @property
    def is_function(self) -> bool:
        """Whether it is a function."""
        return isinstance(self.node, Function)

    def around(self) -> Iterator[Scope]:
        """The scopes around it, innermost first."""
        scope = self.parent
        while scope:
            yield scope
            scope = scope.parent

    @property
    def nested(self) -> bool:
        """Whether a function encloses it."""
        return any(scope.is_function for scope in self.around())


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A directive string that stands where it means nothing.

    Attributes:
        reading: The string.
        scope: The innermost scope around it.
        block: The keyword of the innermost block around it within that scope, or empty.
    """

    reading: Reading
    scope: Scope
    block: str


@dataclass(frozen=True, slots=True)
class Outline:
    """All that later steps ask of a module's shape.

    Attributes:
        module: The module's scope.
        functions: Every function, in source order.
        misplaced: Every directive string outside a prologue.
    """

    module: Scope
    functions: tuple[Scope, ...]
    misplaced: tuple[Misplaced, ...]

    @property
    def directive(self) -> Directive | None:
        """The directive of the module itself."""
        return self.module.prologue.directive

    @property
    def has_readings(self) -> bool:
        """Whether any string in the module is a directive or was meant to be one."""
        return bool(
            self.misplaced
            or self.module.prologue.readings
            or any(function.prologue.readings for function in self.functions)
        )


def read_outline(tree: ast.Module, source: SourceText, stores: frozenset[str]) -> Outline:
    """Read the outline of a parsed module."""
    functions: list[Scope] = []
    misplaced: list[Misplaced] = []

    def enter(scope: Scope) -> None:
        in_prologue = {id(reading.statement) for reading in scope.prologue.readings}
        # Directives never stand in expressions, and neither do definitions.
        for block, statement in statements(scope.node.body):
            if isinstance(statement, Function):
                prologue = read_prologue(statement.body, source, stores)
                function = Scope(statement, scope, prologue, block)
                functions.append(function)
                enter(function)
            elif isinstance(statement, ast.ClassDef):
                enter(Scope(statement, scope, block=block))
            elif id(statement) not in in_prologue:
                reading = read_statement(statement, source, stores)
                if reading:
                    misplaced.append(Misplaced(reading, scope, block))

    module = Scope(tree, prologue=read_prologue(tree.body, source, stores))
    enter(module)
    return Outline(module, tuple(functions), tuple(misplaced))


def statements(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """The statements of one scope in source order, each with the keyword of the block it stands in.

    Definitions are among them, their bodies are not.
    """
    # Not recursive: each `elif` is a level of its own, and a long chain has hundreds.
    pending = [("", statement) for statement in reversed(body)]
    while pending:
        block, statement = pending.pop()
        yield block, statement
        if keyword := KEYWORDS.get(type(statement).__name__):
            pending.extend((keyword, inner) for inner in reversed(list(inner_statements(statement))))


def inner_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements directly inside a compound statement, in source order."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from child.body


KEYWORDS = {
    "If": "if",
    "For": "for",
    "AsyncFor": "async for",
    "While": "while",
    "With": "with",
    "AsyncWith": "async with",
    "Try": "try",
    "TryStar": "try",
    "Match": "match",
}
