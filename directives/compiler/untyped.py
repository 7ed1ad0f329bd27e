"""Takes out of a module what only type checkers read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

from directives.compiler.border import for_type_checkers

# Modules whose names only annotations use.
TYPING = frozenset({"typing", "typing_extensions", "collections.abc", "_typeshed"})
# Decorators of theirs that change nothing when a program runs.
MARKS = frozenset({"final", "override", "no_type_check", "runtime_checkable"})

# What makes a name that only annotations use.
PARAMETERS = frozenset({"NewType", "ParamSpec", "TypeVar", "TypeVarTuple"})

Statement = TypeVar("Statement", ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def without_types(tree: ast.Module) -> ast.Module:
    """A module without annotations, ``type`` statements, type parameters and imports for them; changes the tree.

    Args:
        tree: The module's tree.
    """
    stripped = _Untyped(typing_names(tree)).visit(tree)
    assert isinstance(stripped, ast.Module)
    return ast.fix_missing_locations(stripped)


def typing_names(tree: ast.Module) -> frozenset[str]:
    """The names that a module imports from modules for types."""
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in TYPING and not node.level:
            found.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(
                alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name in TYPING
            )
    return frozenset(found)


class _Untyped(ast.NodeTransformer):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def _is_typing(self, node: ast.expr, *names: str) -> bool:
        root = node.value if isinstance(node, ast.Attribute) else node
        return isinstance(root, ast.Name) and root.id in self._names and _last_name(node) in names

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.stmt | ast.excepthandler) and getattr(node, "body", None) == []:
            node.body = [_nothing(node)]  # type: ignore[union-attr]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return self._definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | None:
        return self._definition(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        node.bases = [base for base in node.bases if not self._is_typing(_origin(base), "Generic")]
        return self._definition(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        value = node.value
        is_parameter = isinstance(value, ast.Call) and self._is_typing(value.func, *PARAMETERS)
        return None if is_parameter else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[1] if self._is_typing(node.func, "cast") and len(node.args) == 2 else node

    def _definition(self, node: Statement) -> ast.AST | None:
        if any(self._is_typing(decorator, "overload") for decorator in node.decorator_list):
            return None
        node.decorator_list = [d for d in node.decorator_list if not self._is_typing(d, *MARKS)]
        if getattr(node, "type_params", None):
            node.type_params = []  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        if not isinstance(node, ast.ClassDef):
            node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        return None

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.AST]:
        if not for_type_checkers(node.test):
            return self.generic_visit(node)
        kept = (self.visit(statement) for statement in node.orelse)
        return [part for statement in kept for part in _flat(statement)]

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        node.names = [alias for alias in node.names if alias.name not in TYPING]
        return node if node.names else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if not node.level and node.module in {*TYPING, "__future__"} else node


def _flat(statement: ast.AST | list[ast.AST] | None) -> Iterator[ast.AST]:
    if isinstance(statement, list):
        yield from statement
    elif statement is not None:
        yield statement


def _origin(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _nothing(place: ast.stmt | ast.excepthandler) -> ast.Pass:
    return ast.copy_location(ast.Pass(), place)
