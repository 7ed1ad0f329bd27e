"""What the names of a module stand for: its statements, each with a hash and what it refers to."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from directives.compiler.bindings import bindings
from directives.compiler.canonical import digest
from directives.compiler.outline import Function
from directives.compiler.references import Import
from directives.compiler.references import References
from directives.compiler.references import changed_names
from directives.compiler.references import import_of
from directives.compiler.references import references
from directives.compiler.text import SourceText


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement of a module's body; what is asked of it is worked out when it is asked for.

    Attributes:
        node: The statement; do not mutate.
        module: The module it stands in.
    """

    node: ast.stmt
    module: Definitions

    @property
    def line(self) -> int:
        """The line it begins on."""
        return self.node.lineno

    @cached_property
    def digest(self) -> str:
        """A hash of what it says."""
        return digest(self.node)

    @cached_property
    def references(self) -> References:
        """What it refers to."""
        is_definition = isinstance(self.node, Function | ast.ClassDef)
        return references(self.node, self.module.globals_in(self.node) if is_definition else None)


class Definitions:
    """The names of a module.

    Args:
        source: The module's source.
        filename: What messages call its file.

    Raises:
        SyntaxError: The source is no Python.

    Attributes:
        names: The statements that bind a name or change its value, in their order; imports are left out.
        imports: What a name is imported as; several if it depends.
        stars: The modules from which everything is imported.
    """

    def __init__(self, source: bytes, filename: str) -> None:
        from directives.compiler.compile import parse

        self._source = source
        self._filename = filename
        self.names: dict[str, list[Statement]] = {}
        self.imports: dict[str, list[Import]] = {}
        self.stars: list[str] = []
        # Without these a definition binds its own name and no other: looking through all of them takes long.
        binds_others = b"global" in source or b":=" in source
        for node in parse(source, filename).body:
            if isinstance(node, Function | ast.ClassDef) and not binds_others:
                self._note(node.name, Statement(node, self))
            elif not _runs_as_program(node):
                self._add(node)

    def _add(self, node: ast.stmt) -> None:
        statement = Statement(node, self)
        for binding in bindings(ast.Module([node], [])):
            target = import_of(binding)
            if target is None:
                self._note(binding.name, statement)
            elif binding.name == "*":
                self.stars.append(target.module)
            else:
                self.imports.setdefault(binding.name, []).append(target)
                if not isinstance(node, (ast.Import, ast.ImportFrom)):
                    self._note(binding.name, statement)
        for name in changed_names(node):
            self._note(name, statement)

    def _note(self, name: str, statement: Statement) -> None:
        known = self.names.setdefault(name, [])
        if not known or known[-1] is not statement:
            known.append(statement)

    def globals_in(self, definition: ast.stmt) -> frozenset[str]:
        """The names that are the module's in the scopes inside a definition."""
        last = definition.end_lineno or definition.lineno
        lines = range(definition.lineno, last + 1)
        return frozenset().union(*(names for line, names in self._scopes if line in lines))

    @cached_property
    def _scopes(self) -> tuple[tuple[int, frozenset[str]], ...]:
        """The line of each scope directly in the module's, with the names that are the module's in and below it."""
        table = symtable.symtable(SourceText(self._source, self._filename).text, self._filename, "exec")
        return tuple((child.get_lineno(), frozenset(_globals(child))) for child in table.get_children())


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """The names of a scope, and of those in it, that are looked up in the module."""
    pending = [table]
    while pending:
        scope = pending.pop()
        in_class = scope.get_type() == "class"
        for symbol in scope.get_symbols():
            # A class body that assigns a name reads the module's until then: `timeout = timeout`.
            if symbol.is_global() or (in_class and symbol.is_referenced()):
                yield symbol.get_name()
        pending += scope.get_children()


def _runs_as_program(node: ast.stmt) -> bool:
    """Whether a statement is ``if __name__ == "__main__"``."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()])):
            return True
    return False
