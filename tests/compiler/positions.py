"""Checks that the positions of a tree are places in a source file."""

from __future__ import annotations

import ast
from importlib.util import decode_source


def misplaced_positions(tree: ast.AST, source: bytes | str) -> list[str]:
    """The nodes that end before they begin or reach beyond the file."""
    text = decode_source(source) if isinstance(source, bytes) else source
    lengths = [len(line.encode()) for line in text.removeprefix("\ufeff").split("\n")]
    faults = []
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
        inside = 1 <= start[0] <= end[0] <= len(lengths) and start[1] >= 0 and end[1] <= lengths[end[0] - 1]
        if start > end or not inside:
            faults.append(f"{type(node).__name__} at {start}-{end}")
    return faults
