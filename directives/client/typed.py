"""Stubs as type checkers read them: a ``.pyi`` file beside each stub module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from directives.compiler.model import Half

UNKNOWN = "__Any__"


def typed_stubs(half: Half) -> str:
    """The text of a ``.pyi`` file for the client half of a module: signatures and docstrings, nothing that runs."""
    known: ast.stmt = ast.ImportFrom("typing", [ast.alias("Any", UNKNOWN)], 0)
    return ast.unparse(ast.Module([known, *map(_declared, half.tree.body)], [])) + "\n"


def _declared(statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.AsyncFunctionDef):
        return statement
    # Without its body, an asynchronous generator would be taken for a coroutine.
    kind = ast.FunctionDef if _yields(statement) else ast.AsyncFunctionDef
    return kind(
        name=statement.name,
        args=_declared_parameters(statement.args),
        body=list(_declared_body(statement)),
        decorator_list=statement.decorator_list,
        returns=statement.returns or _unknown(),
        type_params=[],  # pyright: ignore[reportCallIssue]
        lineno=1,
    )  # type: ignore[call-arg]


def _declared_parameters(given: ast.arguments) -> ast.arguments:
    """The parameters, each with a type; that there is a default is all that is said of it."""
    return ast.arguments(
        posonlyargs=[_typed(argument) for argument in given.posonlyargs],
        args=[_typed(argument) for argument in given.args],
        vararg=_typed(given.vararg) if given.vararg else None,
        kwonlyargs=[_typed(argument) for argument in given.kwonlyargs],
        kw_defaults=[ast.Constant(...) if default else None for default in given.kw_defaults],
        kwarg=_typed(given.kwarg) if given.kwarg else None,
        defaults=[ast.Constant(...) for _ in given.defaults],
    )


def _typed(argument: ast.arg) -> ast.arg:
    return argument if argument.annotation else ast.arg(argument.arg, _unknown())


def _unknown() -> ast.expr:
    return ast.Name(UNKNOWN, ast.Load())


def _declared_body(function: ast.AsyncFunctionDef) -> Iterator[ast.stmt]:
    if ast.get_docstring(function, clean=False) is not None:
        yield function.body[0]
    yield ast.Expr(ast.Constant(...))


def _yields(function: ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Yield) for node in ast.walk(function))
