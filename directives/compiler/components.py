"""What a 'use client' module says of its components: the runtime in the browser, and which of them take children."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator

from directives.compiler.bindings import arguments
from directives.compiler.diagnostics import Report
from directives.compiler.micropython import check_micropython
from directives.compiler.model import CompilerSettings
from directives.compiler.outline import Function
from directives.compiler.roles import Roles

PYODIDE, MICROPYTHON = "pyodide", "micropython"
RUNTIMES = (PYODIDE, MICROPYTHON)
# What a call on the server says of the island, not to the component.
RESERVED = frozenset({"client"})


def declared_runtime(tree: ast.Module) -> str | None:
    """The runtime that a module names, ``runtime = 'micropython'``; ``None`` if it does not, or names none there is."""
    named = (value.value for value in _declarations(tree) if isinstance(value, ast.Constant))
    return next((value for value in named if value in RUNTIMES), None)


def takes_children(tree: ast.Module) -> frozenset[str]:
    """The functions of a module that have a parameter ``children``, or take any."""
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, Function)
        and (node.args.kwarg or any(argument.arg == "children" for argument in arguments(node.args)))
    )


def check_components(
    roles: Roles, read: Callable[[], ast.Module], report: Report, settings: CompilerSettings
) -> None:
    """Report what a module's components cannot be, on the runtime that they run on.

    Args:
        roles: The module's roles.
        read: Reads the module once more, for a check that changes it.
        report: Collects what is found.
        settings: Says what runs a module that does not say so itself.
    """
    tree = roles.tree
    for value in _declarations(tree):
        if not (isinstance(value, ast.Constant) and value.value in RUNTIMES):
            report.add("unknown-runtime", value, known=" or ".join(map(repr, RUNTIMES)))
    for function in roles.outline.functions:
        if isinstance(function.node, Function) and roles.is_public(function):
            for argument in arguments(function.node.args):
                if argument.arg in RESERVED:
                    report.add("reserved-property", argument, name=argument.arg, function=function.name)
    if (declared_runtime(tree) or settings.runtime) == MICROPYTHON:
        check_micropython(read(), report)


def _declarations(tree: ast.Module) -> Iterator[ast.expr]:
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="runtime")], value=value):
                yield value
            case ast.AnnAssign(target=ast.Name(id="runtime"), value=ast.expr() as value):
                yield value
