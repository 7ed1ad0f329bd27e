"""The text of a source file: its lines, and where in them a node or a token stands."""

from __future__ import annotations

import ast
from functools import cached_property
from importlib.util import decode_source
from typing import TYPE_CHECKING

from directives.compiler.model import Span

if TYPE_CHECKING:
    from asttokens import ASTTokens
    from asttokens.util import Token

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Placed = ast.stmt | ast.expr | ast.arg | ast.alias | ast.excepthandler | ast.pattern


class SourceText:
    """The decoded text of a module.

    Args:
        source: The bytes of the file, or its text.
        filename: What diagnostics call the file.
    """

    def __init__(self, source: bytes | str, filename: str) -> None:
        text = decode_source(source) if isinstance(source, bytes) else source
        self.text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        self.filename = filename

    @cached_property
    def lines(self) -> list[str]:
        """The lines, as the tokenizer counts them, without their ends."""
        return self.text.split("\n")

    @cached_property
    def tokens(self) -> ASTTokens:
        """The tokens; only findings need them."""
        from asttokens import ASTTokens

        return ASTTokens(self.text, filename=self.filename)

    def segment(self, node: Placed) -> str:
        """The source text of ``node``."""
        span = self.span(node)
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        return "\n".join(lines)

    def span(self, node: Placed) -> Span:
        """Where ``node`` stands."""
        end_line = node.end_lineno or node.lineno
        end_offset = node.end_col_offset if node.end_col_offset is not None else node.col_offset
        return Span(
            node.lineno,
            self._column(node.lineno, node.col_offset),
            end_line,
            self._column(end_line, end_offset),
        )

    def name_span(self, definition: Definition) -> Span:
        """Where the name of a function or class stands in its definition."""
        token = self.tokens.get_token_from_utf8(definition.lineno, definition.col_offset)
        while token.string not in ("def", "class"):
            token = self.tokens.next_token(token)
        return _token_span(self.tokens.next_token(token))

    def _column(self, line: int, offset: int) -> int:
        """A column in characters, from the offset in UTF-8 bytes that ``ast`` gives."""
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))


def _token_span(token: Token) -> Span:
    return Span(*token.start, *token.end)
