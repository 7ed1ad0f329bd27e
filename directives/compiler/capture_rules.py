"""The rules of what a nested server function may capture and how it may be decorated."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from directives.compiler.bindings import bindings
from directives.compiler.bindings import nonlocals
from directives.compiler.captures import mangled
from directives.compiler.diagnostics import Report
from directives.compiler.outline import Function
from directives.compiler.outline import Scope


def check_nested(function: Scope, captured: tuple[str, ...], report: Report) -> None:
    """Report what ties a nested server function to the place where it was made.

    Args:
        function: The function.
        captured: The names it captures, as CPython says.
        report: Where findings go.
    """
    if not isinstance(function.node, Function):
        return
    if "__class__" in captured:
        for node, what in class_uses(function.node):
            report.add("captured-super", node, name=function.name, what=what)
    for statement in nonlocals(function.node):
        for variable in statement.names:
            if mangled(variable, function) in captured:
                report.add("captured-write", statement, name=function.name, variable=variable)
    check_decorators(function, function.node, report)


def class_uses(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Where a function or a decorator uses the class around it."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == "__class__":
            yield inner, "`__class__`"
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super":
            yield inner, "`super()`"


def check_decorators(function: Scope, node: Function, report: Report) -> None:
    """Whether the decorators can be applied anew wherever the function is rebuilt."""
    in_class = function.parent is not None and isinstance(function.parent.node, ast.ClassDef)
    of_class = {b.name for b in bindings(function.parent.node)} if function.parent and in_class else set()
    for decorator in node.decorator_list:
        for used, what in class_uses(decorator):
            report.add("captured-super", used, name=function.name, what=what)
        for inner in own_expressions(decorator):
            if isinstance(inner, (ast.Await, ast.Yield, ast.YieldFrom)):
                report.add("decorator-awaits", inner, name=function.name)
            elif isinstance(inner, ast.Name) and inner.id in of_class:
                report.add("decorator-in-class", inner, name=function.name, variable=inner.id)


def own_expressions(expression: ast.expr) -> Iterator[ast.AST]:
    """An expression and the expressions in it, bodies of lambdas left out."""
    pending: list[ast.AST] = [expression]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
