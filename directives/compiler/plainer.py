"""Says more plainly what MicroPython's parser does not read."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence
from functools import reduce


def plainer(tree: ast.Module) -> ast.Module:
    """A module without ``/``, ``[*a]``, ``{**a}`` and ``raise … from``, of the same meaning; changes the tree.

    What is lost: a parameter before a ``/`` can be given by name, and an error does not know its cause.

    Args:
        tree: The module's tree.
    """
    plain = _Plainer().visit(tree)
    assert isinstance(plain, ast.Module)
    return ast.fix_missing_locations(plain)


class _Plainer(ast.NodeTransformer):
    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.args = [*node.posonlyargs, *node.args]
        node.posonlyargs = []
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        node.cause = None
        return self.generic_visit(node)

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        return self._joined(node, node.elts, "list", ast.List)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return self._joined(node, node.elts, "tuple", ast.Tuple)

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        if not any(isinstance(item, ast.Starred) for item in node.elts):
            return node
        items = self._joined(ast.List(node.elts, ast.Load()), node.elts, "list", ast.List)
        return ast.copy_location(_call("set", items), node)

    def _joined(
        self,
        node: ast.List | ast.Tuple,
        items: Sequence[ast.expr],
        kind: str,
        display: type[ast.List | ast.Tuple],
    ) -> ast.expr:
        """``[*a, b]`` as ``list(a) + [b]``; a target of an assignment stays."""
        if isinstance(node.ctx, ast.Store) or not any(isinstance(item, ast.Starred) for item in items):
            return node
        parts: list[ast.expr] = []
        for item in items:
            if isinstance(item, ast.Starred):
                parts.append(_call(kind, item.value))
            elif parts and isinstance(parts[-1], display):
                parts[-1].elts.append(item)
            else:
                parts.append(display([item], ast.Load()))
        return ast.copy_location(reduce(_plus(ast.Add()), parts), node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        if None not in node.keys:
            return node
        parts: list[ast.expr] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                parts.append(_call("dict", value))
            elif parts and isinstance(parts[-1], ast.Dict):
                parts[-1].keys.append(key)
                parts[-1].values.append(value)
            else:
                parts.append(ast.Dict([key], [value]))
        return ast.copy_location(reduce(_plus(ast.BitOr()), parts), node)


def _call(name: str, argument: ast.AST) -> ast.Call:
    assert isinstance(argument, ast.expr)
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


def _plus(operator: ast.operator) -> Callable[[ast.expr, ast.expr], ast.expr]:
    return lambda left, right: ast.BinOp(left, operator, right)
