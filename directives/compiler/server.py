"""The server half of a module: the user's code where it stands, each marked function wrapped."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from directives.compiler.generated import assign
from directives.compiler.generated import at
from directives.compiler.generated import body_start
from directives.compiler.generated import call
from directives.compiler.generated import constant
from directives.compiler.generated import registration
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Kind
from directives.compiler.outline import Function
from directives.compiler.outline import Outline
from directives.compiler.packing import WRAPPED
from directives.compiler.packing import pack_record


def strip_directives(outline: Outline) -> None:
    """Take every directive out of the tree; a body it leaves empty becomes ``pass``."""
    for scope in (outline.module, *outline.functions):
        statements = {id(reading.statement) for reading in scope.prologue.readings}
        if not statements:
            continue
        first = scope.node.body[0]
        scope.node.body[:] = [statement for statement in scope.node.body if id(statement) not in statements]
        if not scope.node.body and scope.is_function:
            scope.node.body.append(at(first, ast.Pass()))


def wrap_function(node: Function, record: FunctionRecord, kind: Kind) -> None:
    """Decorate a marked function: a server function outermost, a cached one innermost.

    So a user's ``@login_required`` runs on every remote call, and a cache hit never skips it.
    """
    if kind is Kind.CACHE:
        node.decorator_list.append(at(node, call("cached_function", constant(record.id))))
    elif record.nested:
        node.decorator_list[:] = [nested_decorator(node, record)]
    else:
        place = node.decorator_list[0] if node.decorator_list else node
        node.decorator_list.insert(0, at(place, call("server_function", constant(record.id))))


def needs_wrapper(node: Function, record: FunctionRecord, kind: Kind) -> bool:
    """Whether the decorators of a function have to run again wherever it is rebuilt."""
    return kind is Kind.SERVER and record.nested and bool(node.decorator_list)


def nested_decorator(node: Function, record: FunctionRecord) -> ast.expr:
    """What makes a nested function a server function.

    A nested one is rebuilt for each remote call, in any process. So that its decorators run there too, they are
    given twice: as they are, to be applied where the user wrote them, and as a lambda over the function,
    ``lambda __function__: login_required(__function__)``.
    """
    arguments: list[ast.expr] = [constant(record.id)]
    if node.decorator_list:
        wrapped: ast.expr = ast.Name(WRAPPED, ast.Load())
        for decorator in reversed(node.decorator_list):
            wrapped = ast.copy_location(ast.Call(decorator, [wrapped], []), decorator)
        parameter = ast.arguments([], [ast.arg(WRAPPED)], None, [], [], None, [])
        arguments += [ast.Lambda(parameter, wrapped), ast.Tuple(list(node.decorator_list), ast.Load())]
    # The first decorator's line is the one that the function's code begins on: it stays.
    place = node.decorator_list[0] if node.decorator_list else node
    return at(place, call("nested_function", *arguments))


def register(tree: ast.Module, module: str, records: Sequence[FunctionRecord]) -> None:
    """Make a module register its records before any of its own code runs."""
    start = body_start(tree.body)
    place = (
        tree.body[start]
        if start < len(tree.body)
        else ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    )
    tree.body.insert(start, at(place, registration(module, map(pack_record, records))))


def reference_module(module: str, exported: Sequence[str], hidden: Sequence[str]) -> ast.Module:
    """The server half of a 'use client' module: references alone, its body never runs on the server.

    Args:
        module: Its name.
        exported: Its public names, the entry points.
        hidden: Its other names; using one on the server is an error that says why.
    """
    body: list[ast.stmt] = [registration(module, ())]
    body += [assign(name, call("client_reference", constant(name))) for name in exported]
    body.append(assign("__getattr__", call("client_names", constant(tuple(hidden)))))
    body.append(assign("__all__", ast.List([constant(name) for name in exported], ast.Load())))
    return ast.fix_missing_locations(ast.Module(body, []))
