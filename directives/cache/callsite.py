"""The place of a call in its caller's source, for error messages; nothing here runs unless one is made."""

from __future__ import annotations

import ast
import linecache
from itertools import islice
from types import FrameType


def underline(frame: FrameType, position: int | None = None, name: str | None = None) -> str:
    """The line that a frame is at, with the call in it underlined, as a traceback shows one.

    Args:
        frame: The frame of the caller.
        position: Which of the call's positional arguments to underline instead.
        name: Which of its keyword arguments to underline instead.

    Returns:
        Several lines; the place alone where the source is not at hand.
    """
    code = frame.f_code
    node = _call_at(frame)
    part = node if node is None else _argument(node, position, name) or node
    line = frame.f_lineno if part is None else part.lineno
    place = f'File "{code.co_filename}", line {line}, in {code.co_qualname}'
    text = linecache.getline(code.co_filename, line, frame.f_globals).rstrip("\n")
    if not text.strip():
        return place
    shown = text.strip()
    if part is None:
        return f"{place}\n    {shown}"
    cut = len(text) - len(text.lstrip())
    start = _characters(text, part.col_offset) - cut
    end = len(shown) if part.end_lineno != line else _characters(text, part.end_col_offset or 0) - cut
    return f"{place}\n    {shown}\n    {' ' * start}{'^' * max(1, end - start)}"


def _call_at(frame: FrameType) -> ast.Call | None:
    """The call that a frame is in; none if the source has changed, or positions were left out of the code."""
    from executing import Source

    try:
        found: ast.AST | None = Source.executing(frame).node
        node = _awaited_at(frame, Source.for_frame(frame).tree) if found is None else found
    except Exception:  # noqa: BLE001 -- it reads whatever stands in the file by now
        return None
    called = node.value if isinstance(node, ast.Await) else node
    return called if isinstance(called, ast.Call) else None


def _awaited_at(frame: FrameType, tree: ast.AST | None) -> ast.AST | None:
    """What a frame waits for: an instruction that ``executing`` has no node for."""
    where = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    waits = (node for node in (ast.walk(tree) if tree else ()) if isinstance(node, ast.Await))
    places = ((node, (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)) for node in waits)
    return next((node for node, place in places if place == where), None)


def _argument(call: ast.Call, position: int | None, name: str | None) -> ast.expr | None:
    for keyword in call.keywords:
        if name is not None and keyword.arg == name:
            return keyword.value
    plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
    if position is not None and plain and 0 <= position < len(call.args):
        return call.args[position]
    return None


def _characters(text: str, column: int) -> int:
    """A column in characters, given one in bytes of UTF-8."""
    return len(text.encode()[:column].decode(errors="replace"))
