from __future__ import annotations

import ast
import re
import traceback
from pathlib import Path

import pytest

from directives.compiler import CompilerSettings
from directives.compiler import Diagnostic
from directives.compiler import Role
from directives.compiler import Span
from directives.compiler import as_error
from directives.compiler import compile_module
from directives.compiler import render_diagnostics
from directives.compiler import syntax_error
from directives.compiler.catalogue import LINKED_RULES
from directives.compiler.catalogue import RULES

PAGE = Path(__file__).parents[2] / "docs" / "diagnostics.md"
SECTION = re.compile(r"^### ([a-z-]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(PAGE.read_text("utf-8")))


def examples(slug: str) -> dict[str, str]:
    """What is wrong says ``py`` on the page, what is right ``python``."""
    return dict(FENCE.findall(SECTIONS[slug]))


def found_in(source: str, slug: str) -> list[str]:
    role = Role.CLIENT if slug == "server-code-in-client" else Role.SERVER
    settings = CompilerSettings(exposure="declared" if slug == "undeclared-exposure" else "all")
    try:
        module = compile_module(source, "shop.actions", "shop/actions.py", role, settings)
    except SyntaxError as error:
        return [syntax_error(error, "shop/actions.py").slug]
    return [diagnostic.slug for diagnostic in module.diagnostics]


def test_the_page_has_every_rule_and_no_other():
    """Each slug is a headline of the page, so that it is an anchor."""
    assert set(SECTIONS) == {*RULES, *LINKED_RULES}


@pytest.mark.parametrize("slug", RULES)
def test_the_wrong_example_breaks_exactly_its_rule(slug: str):
    """What the page shows as wrong gives that diagnostic, once, and nothing else."""
    assert found_in(examples(slug)["py"], slug) == [slug]


@pytest.mark.parametrize("slug", RULES)
def test_the_right_example_has_no_findings(slug: str):
    """What the page shows as right is accepted, by plain Python too."""
    source = examples(slug)["python"]
    assert found_in(source, slug) == []
    compile(source, "right.py", "exec", dont_inherit=True)
    assert "use " in source


def test_the_example_of_the_output_is_the_output():
    """The page shows a diagnostic as it is printed."""
    shown = next(body for language, body in FENCE.findall(PAGE.read_text("utf-8")) if language == "text")
    source = "\nasync def f():\n    'use sever'\n"
    module = compile_module(source, "shop.actions", "shop/actions.py")
    assert render_diagnostics(module.diagnostics) + "\n" == shown


@pytest.mark.parametrize("slug", RULES)
def test_messages_are_sentences_without_an_end(slug: str):
    """A message says what and why, a hint what to write; neither shouts nor ends with a full stop."""
    rule = RULES[slug]
    assert rule.message
    assert rule.hint
    for text in (rule.message, rule.hint):
        assert text == text.strip()
        assert not text.endswith((".", "!"))


def make(**changes: object) -> Diagnostic:
    values = {
        "slug": "misspelled-directive",
        "message": "What is wrong",
        "hint": "what to write",
        "file": "a.py",
        "span": Span(9, 4, 9, 8),
        "lines": ("\tab cdef",),
    }
    return Diagnostic(**{**values, **changes})  # type: ignore[arg-type]


def test_rendering_keeps_tabs_above_the_marks():
    """Marks stand under what they mark, whatever a tab is worth."""
    assert render_diagnostics([make()]).split("\n") == [
        "a.py:9:5: error[misspelled-directive]: What is wrong",
        "9 | \tab cdef",
        "  | \t   ^^^^",
        "  = help: what to write",
    ]


def test_rendering_aligns_lines_of_different_width():
    """Line numbers are aligned where they gain a digit, and every line of a span is marked."""
    text = render_diagnostics([make(span=Span(9, 1, 10, 2), lines=("(ab", "  cd)"))])
    assert text.split("\n")[1:-1] == [" 9 | (ab", "   |  ^^", "10 |   cd)", "   |   ^"]


def test_rendering_cuts_long_spans():
    """A span of many lines shows its beginning."""
    lines = tuple(f"line {number}" for number in range(20))
    assert len(render_diagnostics([make(span=Span(1, 0, 20, 3), lines=lines)]).split("\n")) == 10


def test_rendering_without_lines():
    """A finding whose source is not at hand has its place and its hint."""
    assert render_diagnostics([make(lines=())]).count("\n") == 1


def test_colour_changes_no_word():
    """With colours the same text is printed."""
    plain, coloured = (render_diagnostics([make(), make()], color=color) for color in (False, True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_braces_in_names_are_no_placeholders():
    """Text from the user's source is never taken for a part of a message."""
    module = compile_module("'use cache {text} {0}'\n'use sever{}'\n", "m", "m.py")
    assert "use sever{}" in module.diagnostics[-1].message


def test_an_exception_of_one_finding_names_its_slug():
    """What an import raises says what is wrong, what to write, and which rule it is."""
    error = as_error(compile_module("'use sever'\n", "m", "m.py"))
    assert "write 'use server'" in str(error)
    assert "[misspelled-directive]" in str(error)
    assert "more in this file" not in str(error)


def test_python_prints_an_exception_like_its_own():
    """An uncaught DirectiveSyntaxError shows file, line and marks as every SyntaxError does."""
    error = as_error(compile_module("import os\nx = 1; 'use server'\n", "m", "shop/m.py"))
    printed = traceback.format_exception_only(error)
    assert printed[0] == '  File "shop/m.py", line 2\n'
    assert printed[1].strip() == "x = 1; 'use server'"
    assert printed[2].strip() == "^" * len("'use server'")
    assert printed[2].index("^") - printed[1].index("x") == 7


def test_an_exception_of_several_findings_holds_them_all():
    """Python prints the first; the rest follows in the message."""
    error = as_error(compile_module("'use sever'\ndef f():\n    'use cahce'\n", "m", "m.py"))
    assert "1 more in this file" in str(error)
    assert [found.slug for found in error.diagnostics] == ["misspelled-directive"] * 2


def test_a_syntax_error_keeps_its_place():
    """Python's own refusal as a diagnostic underlines what Python would."""
    with pytest.raises(SyntaxError) as caught:
        ast.parse("x = (1 +\ny = 'unclosed\n", "m.py")
    found = syntax_error(caught.value, "shop/m.py")
    assert found.file == "shop/m.py"
    assert found.span.line == caught.value.lineno
    assert found.span.column == (caught.value.offset or 1) - 1
    assert found.message == caught.value.msg
