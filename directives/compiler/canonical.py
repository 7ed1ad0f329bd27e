"""What a piece of code says, whatever it looks like: the same bytes on every Python, for equal syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

CONTEXT = "directives 2026-11-21 code"
DIGEST_BYTES = 16
# Fields that change nothing of what code does.
LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def digest(node: ast.AST) -> str:
    """A hash of ``canonical(node)``, 32 hexadecimal digits."""
    from blake3 import blake3  # slow to import, and does not load in subinterpreters

    return blake3(canonical(node), derive_key_context=CONTEXT).hexdigest(length=DIGEST_BYTES)


def canonical(node: ast.AST) -> bytes:
    """The tree of some code as bytes, without anything that does not change what the code does.

    These are positions, comments, formatting and statements that are but a string, such as docstrings. ``ast.dump``
    would not do: it writes other texts from one Python to the next.
    """
    parts: list[str] = []
    # Not recursive: a sum of a thousand terms nests a thousand levels.
    pending: list[Any] = [node]
    while pending:
        item = pending.pop()
        if type(item) is str:
            parts.append(item)
        elif type(item) is ast.Constant:
            parts.append(f"<{_constant(item.value)}>")
        else:
            pending.append(")")
            pending.extend(reversed(list(_fields(item))))
            parts.append(f"({type(item).__name__}")
    return "".join(parts).encode()


def _fields(node: ast.AST) -> Iterator[Any]:
    """The parts of a node that say something, each list in brackets, each value behind its field's name."""
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or name in LEFT_OUT:
            continue
        if type(value) is list:
            items = _items(node, value)
            if items:
                yield f" {name}["
                yield from items
                yield "]"
        elif name != "format_spec" or list(
            _joined(value.values)
        ):  # `f"{x:}"` has an empty one, which is none
            yield f" {name}="
            yield value if isinstance(value, ast.AST) else _constant(value)


def _items(node: ast.AST, values: list[Any]) -> list[Any]:
    if type(node) is ast.JoinedStr:
        return list(_joined(values))
    if values and isinstance(values[0], ast.stmt):
        return [value for value in values if not _says_nothing(value)]
    return [item if isinstance(item, ast.AST) else f"{_constant(item)}," for item in values]


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is ``pass`` or but a string: a docstring, a directive, a remark."""
    return type(statement) is ast.Pass or (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _joined(values: Iterable[ast.expr]) -> Iterator[Any]:
    """The parts of an f-string; how its texts are split and where empty ones stand depends on the Python."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            yield f"<{_constant(text)}>"
        text = ""
        yield value
    if text:
        yield f"<{_constant(text)}>"


def _constant(value: Any) -> str:
    """A constant with its type; printable characters are others in other Pythons, and long ints do not print."""
    if type(value) is int:
        return f"int {value:#x}"
    return f"{type(value).__name__} {value!a}"
