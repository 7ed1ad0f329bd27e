"""Directives in the cells of IPython and Jupyter: ``%load_ext directives.integrations.ipython``.

A cell counts as a piece of ``__main__``. A function that is typed again replaces the one before; if its code is another,
the results of the old one are not used any more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any
from typing import Protocol

from directives.hook.activation import enable
from directives.hook.activation import installed
from directives.hook.transform import Transform

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

NAME = "__main__"

Parse = Callable[..., ast.AST]


class Shell(Protocol):
    """What this extension has to know of IPython's shell."""

    compile: Any


def load_ipython_extension(shell: Shell) -> None:
    """Have the directives of cells count, and those of the project's modules that are imported from now on.

    Args:
        shell: IPython's shell, whose compiler is given what the compiler of directives makes of a cell.
    """
    if installed() is None:
        enable()
    finder = installed()
    assert finder is not None, "enable() has put it in its place"
    if not isinstance(vars(shell.compile).get("ast_parse"), Cells):
        shell.compile.ast_parse = Cells(shell.compile.ast_parse, finder.transform)


def unload_ipython_extension(shell: Shell) -> None:
    """Have the directives of cells count no more; functions that are defined stay what they are.

    Args:
        shell: IPython's shell.
    """
    vars(shell.compile).pop("ast_parse", None)


class Cells:
    """Parses cells, as IPython's compiler does, and transforms those that hold directives.

    Args:
        parse: IPython's own way.
        transform: What is done to a text.
    """

    def __init__(self, parse: Parse, transform: Transform) -> None:
        self._parse = parse
        self._transform = transform

    def __call__(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """The tree of a cell.

        Args:
            source: Its text.
            filename: The name that IPython knows the text by.
            symbol: As for the built-in ``compile``.

        Raises:
            SyntaxError: It is no Python, or breaks a rule of the directives.
        """
        tree = self._parse(source, filename, symbol)
        if symbol != "exec" or not self._transform.may_change(source):
            return tree
        compiled = self._transform.compiled(source, NAME, filename)
        if compiled is None:
            _check_awaits(tree, filename, source)
            return tree
        if compiled.half is None:
            from directives.compiler import as_error

            raise as_error(compiled)
        return compiled.half.tree


def _check_awaits(tree: ast.AST, filename: str, source: str) -> None:
    """Raise for a cell that is no module, but holds what looks like a directive, which would do nothing.

    Raises:
        SyntaxError: Something is awaited at its top level, which only IPython can do.
    """
    if not any(map(_is_directive, ast.walk(tree))):
        return
    try:
        compile(source, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        error.msg = (
            f"{error.msg}: a cell with directives is compiled as a module is; await in a cell of its own"
        )
        raise


def _is_directive(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text.strip().lower().startswith("use ")
    return False
