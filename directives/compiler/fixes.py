"""Mending a source file: what diagnostics say to put in the place of what they mark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from tokenize import detect_encoding
from typing import Final

from directives.compiler.model import Diagnostic

LINE_END: Final = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def mend(source: bytes, diagnostics: Iterable[Diagnostic]) -> bytes:
    """A source text with every replacement made that its diagnostics hold; all else stays to the byte.

    Args:
        source: The bytes of the file.
        diagnostics: What was found in it.
    """
    mark = BYTE_ORDER_MARK if source.startswith(BYTE_ORDER_MARK) else b""
    encoding, _ = detect_encoding(iter(source.removeprefix(mark).splitlines(keepends=True)).__next__)
    lines = LINE_END.split(source.removeprefix(mark).decode(encoding))
    for found in sorted(diagnostics, key=lambda d: (d.span.line, d.span.column), reverse=True):
        if found.replacement is not None:
            span = found.span
            head = lines[span.line - 1][: span.column]
            tail = lines[span.end_line - 1][span.end_column :]
            lines[span.line - 1 : span.end_line] = [head + found.replacement + tail]
    return mark + "".join(lines).encode(encoding)
