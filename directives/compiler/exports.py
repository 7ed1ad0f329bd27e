"""The public names of a module: what ``__all__`` says, or every name without a leading underscore."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from directives.compiler.bindings import bindings
from directives.compiler.outline import statements
from directives.compiler.text import Placed


@dataclass(slots=True)
class Exports:
    """What a module's ``__all__`` says.

    Attributes:
        names: Each exported name with the node that says so; ``None`` without an ``__all__``.
        unreadable: The places whose effect on ``__all__`` the source alone does not tell.
    """

    names: dict[str, ast.expr] | None = None
    unreadable: list[Placed] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether ``name``, defined in the module, is public."""
        return not name.startswith("_") if self.names is None else name in self.names


def read_exports(tree: ast.Module) -> Exports:
    """Read ``__all__`` of a module."""
    exports = Exports()
    for block, statement in statements(tree.body):
        value = _added(statement)
        if value is None:
            continue
        replaced = not block and isinstance(statement, (ast.Assign, ast.AnnAssign))
        exports.names = {} if replaced else exports.names or {}
        if isinstance(value, (ast.List, ast.Tuple, ast.Set)) and all(map(_is_name, value.elts)):
            for item in value.elts:
                exports.names[item.value] = item  # type: ignore[attr-defined]
        else:
            exports.unreadable.append(statement)
    exports.unreadable += _bound_otherwise(tree)
    return exports


def _bound_otherwise(tree: ast.Module) -> Iterator[Placed]:
    """The places that bind ``__all__`` by anything but an assignment to it alone."""
    assigned = {id(target) for _, statement in statements(tree.body) for target in _targets(statement)}
    for binding in bindings(tree):
        if binding.name == "__all__" and id(binding.node) not in assigned:
            yield binding.node


def _added(statement: ast.stmt) -> ast.expr | None:
    """The expression whose items a statement adds to ``__all__``, if it does."""
    match statement:
        case ast.Assign(targets=[*targets], value=value) if any(map(_is_all, targets)):
            return value
        case ast.Assign(targets=[ast.Subscript(value=target) as item]) if _is_all(target):
            return item
        case ast.Delete(targets=[ast.Subscript(value=target) as item]) if _is_all(target):
            return item
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_all(target):
            return value
        case ast.AugAssign(target=target, value=value) if _is_all(target):
            return value
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr=method), args=[*args])) if _is_all(
            target
        ):
            if len(args) == 1 and method == "extend":
                return args[0]
            if len(args) == 1 and method == "append":
                return ast.List([args[0]], ast.Load())
            return statement.value
    return None


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, (ast.AnnAssign, ast.AugAssign)) else []
