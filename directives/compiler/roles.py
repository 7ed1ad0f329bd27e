"""Which directive holds for which function, and what of a module is exported to whom."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from directives.compiler.exports import Exports
from directives.compiler.exports import read_exports
from directives.compiler.model import Directive
from directives.compiler.model import Kind
from directives.compiler.outline import Outline
from directives.compiler.outline import Scope


@dataclass(frozen=True)
class Roles:
    """The functions of a module by what their directives make of them.

    Attributes:
        outline: The module's outline.
        tree: The module's tree.
    """

    outline: Outline
    tree: ast.Module

    @cached_property
    def exports(self) -> Exports:
        """The module's public names."""
        return read_exports(self.tree)

    @property
    def module_kind(self) -> Kind | None:
        """The family of the module's own directive."""
        directive = self.outline.directive
        return directive.kind if directive else None

    def directive_of(self, function: Scope) -> Directive | None:
        """The directive that holds for a function: its own, else for a public one its module's."""
        own = function.prologue.directive
        if own or self.module_kind in (None, Kind.CLIENT) or is_overload(function):
            return own
        return self.outline.directive if self.is_public(function) else None

    def is_public(self, function: Scope) -> bool:
        """Whether a function is a public name of its module."""
        return function.parent is self.outline.module and self.exports.has(function.name)

    @cached_property
    def marked(self) -> tuple[tuple[Scope, Directive], ...]:
        """Every function for which a directive holds, in source order."""
        pairs = ((function, self.directive_of(function)) for function in self.outline.functions)
        return tuple((function, directive) for function, directive in pairs if directive)


def is_overload(function: Scope) -> bool:
    """Whether a function is a signature for type checkers alone."""
    return any(
        "overload" in (getattr(item, "id", None), getattr(item, "attr", None))
        for item in getattr(function.node, "decorator_list", ())
    )
