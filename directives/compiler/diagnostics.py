"""Diagnostics: collected as data, printed in one place."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from unicodedata import combining
from unicodedata import east_asian_width

from directives.compiler.catalogue import RULES
from directives.compiler.catalogue import rule_of
from directives.compiler.model import CompiledModule
from directives.compiler.model import Diagnostic
from directives.compiler.model import Span
from directives.compiler.text import Placed
from directives.compiler.text import SourceText
from directives.errors import DirectiveSyntaxError

RED, BLUE, BOLD, RESET = "\x1b[31m", "\x1b[34m", "\x1b[1m", "\x1b[0m"
MOST_LINES = 4


class Report:
    """What was found in one source file so far.

    Args:
        source: The file's text.
    """

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._found: dict[tuple[str, Span], Diagnostic] = {}

    def add(
        self, slug: str, where: Placed | Span, *, replacement: str | None = None, **words: object
    ) -> None:
        """Note that the rule ``slug`` is broken at ``where``; ``words`` fill its texts."""
        rule = rule_of(slug)
        span = where if isinstance(where, Span) else self._source.span(where)
        self._found[slug, span] = Diagnostic(
            slug=slug,
            message=rule.message.format(**words),
            hint=rule.hint.format(**words),
            file=self._source.filename,
            span=span,
            lines=tuple(self._source.lines[span.line - 1 : span.end_line]),
            severity=rule.severity,
            replacement=replacement,
        )

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings, in source order."""
        return in_source_order(self._found.values())


def in_source_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings from the top of their file to its end."""
    return tuple(sorted(diagnostics, key=lambda d: (d.span.line, d.span.column, d.slug)))


def syntax_error(error: SyntaxError, filename: str) -> Diagnostic:
    """Python's own refusal of a file as a diagnostic."""
    rule = RULES["syntax-error"]
    line = error.lineno or 1
    column = max((error.offset or 1) - 1, 0)
    end_offset = (error.end_offset or 0) if error.end_lineno == line else 0
    end = max(end_offset - 1, column + 1)
    lines = (error.text.rstrip("\r\n"),) if error.text else ()
    reason = rule.message.format(reason=error.msg)
    return Diagnostic("syntax-error", reason, rule.hint, filename, Span(line, column, line, end), lines)


def render_diagnostics(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """Diagnostics as text for people, each with its place, its line underlined, and a hint."""
    return "\n\n".join("\n".join(_paragraph(diagnostic, color)) for diagnostic in diagnostics)


def as_error(module: CompiledModule) -> DirectiveSyntaxError:
    """All errors of a module as one exception, for an import to raise."""
    errors = module.errors
    first, *others = errors
    message = f"{first.message}\n  = help: {first.hint} [{first.slug}]"
    if others:
        message += f"\n\n{len(others)} more in this file:\n\n{render_diagnostics(others)}"
    return DirectiveSyntaxError(message, errors)


def _paragraph(diagnostic: Diagnostic, color: bool) -> Iterator[str]:
    red, blue, bold, reset = (RED, BLUE, BOLD, RESET) if color else ("", "", "", "")
    span = diagnostic.span
    place = f"{diagnostic.file}:{span.line}:{span.column + 1}"
    yield (
        f"{bold}{place}{reset}: {red}{diagnostic.severity}[{diagnostic.slug}]{reset}: "
        f"{bold}{diagnostic.message}{reset}"
    )
    margin = len(str(span.end_line))
    for offset, line in enumerate(diagnostic.lines[:MOST_LINES]):
        yield f"{blue}{span.line + offset:>{margin}} |{reset} {line}"
        start, end = underlined(line, span, offset)
        # Tabs stay tabs, so that the marks stand under what they mark.
        indent = "".join("\t" if character == "\t" else " " * width(character) for character in line[:start])
        marks = "^" * max(1, sum(map(width, line[start:end])))
        yield f"{blue}{'':>{margin}} |{reset} {indent}{red}{marks}{reset}"
    yield f"{blue}{'':>{margin}} ={reset} help: {diagnostic.hint}"


def underlined(line: str, span: Span, offset: int) -> tuple[int, int]:
    """From and to which column of its line number ``offset`` a span reaches."""
    start = span.column if offset == 0 else len(line) - len(line.lstrip())
    end = span.end_column if span.line + offset == span.end_line else len(line.rstrip())
    return start, end


def width(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "FW" else 1
