"""Puts directives into the functions of real code, each on a line of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Site:
    """A function that a directive can be put into.

    Attributes:
        node: The function.
        in_class: Whether it stands directly in a class.
    """

    node: Function
    in_class: bool


def sprinkle(source: str, directive: str, wanted: Callable[[Site], bool], but: Collection[int] = ()) -> str:
    """The source with ``directive`` in every wanted function, those left out whose place among them is in ``but``."""
    lines = source.split("\n")
    chosen = [
        site.node for index, site in enumerate(filter(wanted, sites(ast.parse(source)))) if index not in but
    ]
    # From the end to the beginning, so that the places before stay what they are.
    for place in sorted({place_of(node) for node in chosen}, reverse=True):
        insert(lines, *place, directive)
    return "\n".join(lines)


def sites(tree: ast.Module) -> Iterator[Site]:
    """Every function that holds more than a docstring, in source order."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, in_class = pending.pop()
        if isinstance(node, Function) and not all(map(is_text, node.body)):
            yield Site(node, in_class)
        inside = isinstance(node, ast.ClassDef) or (in_class and not isinstance(node, Function))
        pending.extend((child, inside) for child in reversed(list(ast.iter_child_nodes(node))))


def is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def place_of(node: Function) -> tuple[int, int]:
    """The line and the offset in bytes where the first statement behind a function's docstring begins."""
    statement = (
        node.body[1] if ast.get_docstring(node, clean=False) is not None and node.body[1:] else node.body[0]
    )
    decorators = getattr(statement, "decorator_list", ())
    if decorators:
        # The `@` may stand lines above the expression behind it; what matters is that it does not here.
        return decorators[0].lineno, decorators[0].col_offset - 1
    return statement.lineno, statement.col_offset


def insert(lines: list[str], line: int, offset: int, directive: str) -> None:
    """Put a directive before a statement: above it, or on its line if that has more."""
    text = lines[line - 1].encode()
    before, after = text[:offset].decode(), text[offset:].decode()
    if before.strip():
        lines[line - 1] = f"{before}'{directive}'; {after}"
    else:
        lines.insert(line - 1, f"{before}'{directive}'")
