"""Nodes that the user did not write, placed where the user wrote what they stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

from directives.compiler.prologue import is_future
from directives.compiler.prologue import is_text

# What generated code calls its module's side of the runtime.
HANDLE = "__directives__"
RUNTIME = "directives.runtime"

N = TypeVar("N", ast.Assign, ast.Call, ast.Pass)


def at(place: ast.stmt | ast.expr, node: N) -> N:
    """``node``, and all in it that has no place yet, placed where ``place`` begins.

    Not over all of it: what spans several lines would have CPython report lines that never ran.
    """
    node.lineno = node.end_lineno = place.lineno
    node.col_offset = place.col_offset
    in_one_line = place.end_lineno == place.lineno and place.end_col_offset is not None
    node.end_col_offset = place.end_col_offset if in_one_line else place.col_offset + 1
    return ast.fix_missing_locations(node)


def call(method: str, *arguments: ast.expr) -> ast.Call:
    """A call of a method of the module's handle."""
    return ast.Call(ast.Attribute(ast.Name(HANDLE, ast.Load()), method, ast.Load()), list(arguments), [])


def constant(value: Any) -> ast.Constant:
    """A constant, a nested tuple of constants among them."""
    return ast.Constant(value)


def assign(name: str, value: ast.expr) -> ast.Assign:
    """An assignment to one name."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def registration(module: str, records: Iterable[tuple[Any, ...]]) -> ast.Assign:
    """The statement by which a module registers itself whenever it runs, from source or from bytecode.

    It goes by the name it was compiled with, which its IDs are made of; run by ``python -m``, its ``__name__`` is
    another.
    """
    load = ast.Call(
        ast.Name("__import__", ast.Load()),
        [constant(RUNTIME), constant(None), constant(None), constant(("module",))],
        [],
    )
    register = ast.Attribute(load, "module", ast.Load())
    return assign(HANDLE, ast.Call(register, [constant(module), constant(tuple(records))], []))


def body_start(body: Sequence[ast.stmt]) -> int:
    """Where a module's first statement of its own may stand: after the docstring and future imports."""
    start = 1 if body and is_text(body[0]) else 0
    while start < len(body) and is_future(body[start]):
        start += 1
    return start
