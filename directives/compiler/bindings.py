"""Which names a scope binds, and how. For policy alone: what is captured, CPython says (``captures``)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from directives.compiler.outline import Function
from directives.compiler.outline import ScopeNode
from directives.compiler.text import Placed

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a scope binds a name.

    Attributes:
        name: The name, as written.
        what: What it becomes, with an article: ``"a parameter"``, ``"an import"``, ``"a class"``.
        node: The node that binds it.
        statement: For an import, its statement.
    """

    name: str
    what: str
    node: Placed
    statement: ast.Import | ast.ImportFrom | None = None


def bindings(scope: ScopeNode) -> Iterator[Binding]:
    """Every binding in a scope, those of the scopes inside it left out."""
    if isinstance(scope, Function):
        for argument in arguments(scope.args):
            yield Binding(argument.arg, "a parameter", argument)
    pending: list[tuple[ast.AST, bool]] = [(node, False) for node in reversed(scope.body)]
    while pending:
        node, in_comprehension = pending.pop()
        yield from _bound_by(node, in_comprehension)
        inside = in_comprehension or isinstance(node, COMPREHENSIONS)
        pending.extend((child, inside) for child in reversed(list(_own_children(node))))


def imports(scope: ScopeNode) -> dict[str, Binding]:
    """The names of a scope whose every binding is an import of one and the same thing."""
    found: dict[str, Binding] = {}
    refused = set()
    for binding in bindings(scope):
        known = found.setdefault(binding.name, binding)
        if binding.statement is None or import_target(binding) != import_target(known):
            refused.add(binding.name)
    return {name: binding for name, binding in found.items() if name not in refused}


def import_target(binding: Binding) -> tuple[str, str | None] | None:
    """What an import binds: a module's name (relative: with its dots) and the name taken from it."""
    statement, alias = binding.statement, binding.node
    if statement is None or not isinstance(alias, ast.alias):
        return None
    if isinstance(statement, ast.ImportFrom):
        return "." * statement.level + (statement.module or ""), alias.name
    package, _, submodule = alias.name.rpartition(".")
    if alias.asname and package:
        return package, submodule
    return alias.name, None


def arguments(args: ast.arguments) -> Iterator[ast.arg]:
    """All parameters, in order."""
    yield from (*args.posonlyargs, *args.args)
    if args.vararg:
        yield args.vararg
    yield from args.kwonlyargs
    if args.kwarg:
        yield args.kwarg


def _bound_by(node: ast.AST, in_comprehension: bool) -> Iterator[Binding]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield Binding(node.name, "a function", node)
        case ast.ClassDef():
            yield Binding(node.name, "a class", node)
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                name = alias.asname or (
                    alias.name if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
                )
                yield Binding(name, "an import", alias, node)
        case ast.NamedExpr(target=target):
            yield Binding(target.id, "a variable", target)
        case ast.Name(ctx=ast.Store() | ast.Del()) if not in_comprehension:
            yield Binding(node.id, "a variable", node)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield Binding(name, "a variable", node)
        case ast.MatchMapping(rest=str(name)):
            yield Binding(name, "a variable", node)
        case ast.Nonlocal():
            for name in node.names:
                yield Binding(name, "a variable", node)


def _own_children(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node that stand in the same scope as the node."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from (default for default in (*node.args.defaults, *node.args.kw_defaults) if default)
            yield from getattr(node, "decorator_list", ())
            yield from nonlocals(node)
        case ast.ClassDef():
            yield from (*node.decorator_list, *node.bases, *node.keywords)
            yield from nonlocals(node)
        case ast.NamedExpr():
            yield node.value
        case _:
            yield from ast.iter_child_nodes(node)


def nonlocals(node: ast.AST) -> Iterator[ast.Nonlocal]:
    """The ``nonlocal`` statements in a definition: each may write a name of a scope around it."""
    pending: list[Any] = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, ast.Nonlocal):
            yield item
        elif isinstance(item, (ast.stmt, ast.excepthandler, ast.match_case)):
            pending.extend(child for child in ast.iter_child_nodes(item) if not isinstance(child, ast.expr))
