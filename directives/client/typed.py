"""Stubs as type checkers read them: a ``.pyi`` file beside each stub module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from directives.compiler.model import Half


def typed_stubs(half: Half) -> str:
    """The text of a ``.pyi`` file for the client half of a module: signatures and docstrings, nothing that runs."""
    return ast.unparse(ast.Module([_declared(statement) for statement in half.tree.body], [])) + "\n"


def _declared(statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.AsyncFunctionDef):
        return statement
    given = statement.args
    args = ast.arguments(
        posonlyargs=given.posonlyargs,
        args=given.args,
        vararg=given.vararg,
        kwonlyargs=given.kwonlyargs,
        kw_defaults=[None if default is None else ast.Constant(...) for default in given.kw_defaults],
        kwarg=given.kwarg,
        defaults=[ast.Constant(...) for _ in given.defaults],
    )
    # Without its body, an asynchronous generator would be taken for a coroutine.
    kind = ast.FunctionDef if _yields(statement) else ast.AsyncFunctionDef
    return kind(
        name=statement.name,
        args=args,
        body=list(_declared_body(statement)),
        decorator_list=statement.decorator_list,
        returns=statement.returns,
        type_params=[],  # pyright: ignore[reportCallIssue]
        lineno=1,
    )  # type: ignore[call-arg]


def _declared_body(function: ast.AsyncFunctionDef) -> Iterator[ast.stmt]:
    if ast.get_docstring(function, clean=False) is not None:
        yield function.body[0]
    yield ast.Expr(ast.Constant(...))


def _yields(function: ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Yield) for node in ast.walk(function))
