from __future__ import annotations

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from directives.compiler import CompilerSettings
from directives.compiler import compile_module
from directives.compiler import may_contain_directive
from directives.compiler.spelling import is_directive
from directives.compiler.spelling import meant

STORES = CompilerSettings().stores
DIRECTIVES = ("use server", "use client", "use cache", "use cache: remote", "use cache: private")
PUNCTUATION = " \t.,:;!-_*/()[]{}0123456789\N{NO-BREAK SPACE}é"
QUOTES = ("'", '"', "'''", '"""')


@st.composite
def near_directives(draw: st.DrawFn) -> str:
    """A directive with a few characters changed, dropped, added or in capitals behind its first word."""
    text = draw(st.sampled_from(DIRECTIVES)).removeprefix("use ")
    letters = list(draw(st.sampled_from(["use", "used", "user", "uses"])) + draw(blanks()) + text)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(4, len(letters)))
        letters[place : place + draw(st.integers(0, 1))] = draw(
            st.text(st.sampled_from("abcdeiklnorstuvxyz" + PUNCTUATION), max_size=1)
        )
    case = draw(st.sampled_from([str, str.upper, str.title, str.capitalize]))
    return draw(blanks(least=0, most=2)) + case("".join(letters)) + draw(blanks(least=0))


def blanks(least: int = 1, most: int = 8) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(" \t-_:."), min_size=least, max_size=most)


def begins_with_a_form_of_use(text: str) -> bool:
    first = text.lstrip().lower()
    return first.startswith("use")


@settings(max_examples=150, deadline=None)
@example("use::::::::c:ache: remote", "'")
@example("\n    use sevrer\n    ", '"""')
@given(near_directives(), st.sampled_from(QUOTES))
def test_the_scan_admits_every_near_miss(text: str, quote: str):
    """What the parser would call a directive or a near miss is never skipped, if it begins with a form of "use"."""
    if not begins_with_a_form_of_use(text) or not (is_directive(text, STORES) or meant(text, STORES)):
        return
    source = f"def f():\n    {quote}{text}{quote}\n"
    assert may_contain_directive(source.encode())


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A directive with one character changed, dropped, added or swapped with the next, wherever it stands."""
    text = draw(st.sampled_from(DIRECTIVES))
    place = draw(st.integers(0, len(text) - 1))
    added = draw(st.text(st.sampled_from("abcdeiklnorstuvxyz" + PUNCTUATION), max_size=1))
    kept = draw(st.sampled_from(["", text[place], text[place : place + 2][::-1]]))
    return text[:place] + kept + added + text[place + max(1, len(kept)) :]


@settings(max_examples=300, deadline=None)
@example("ues server", "'")
@example("us client", '"')
@example("sue cache: remote", "'")
@given(slips(), st.sampled_from(QUOTES))
def test_the_scan_admits_every_single_slip(text: str, quote: str):
    """In the first word, too."""
    source = f"def f():\n    {quote}{text}{quote}\n"
    module = compile_module(source, "m", "m.py")
    assert may_contain_directive(source.encode()) or not (module.transformed or module.diagnostics)


@pytest.mark.parametrize("literal", [r"'use\x20cache'", r"'us\x65 cache'", "'use \\\ncache'"])
def test_the_scan_admits_directives_in_escapes(literal: str):
    """An escape in either word hides a directive from people, not from the scan."""
    assert may_contain_directive(f"def f():\n    {literal}\n".encode())


@settings(max_examples=150, deadline=None)
@given(near_directives(), st.sampled_from(QUOTES))
def test_a_near_miss_is_never_silent(text: str, quote: str):
    """A string at the head of a function is a directive, an error, or nothing that anybody would take for one."""
    module = compile_module(f"def f():\n    {quote}{text}{quote}\n", "m", "m.py")
    acts = is_directive(text, STORES) or meant(text, STORES) is not None
    assert module.transformed == (acts or bool(module.diagnostics))
    if text not in DIRECTIVES and acts:
        assert module.errors


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_can_be_scanned(source: bytes):
    """The scan answers for whatever a file holds."""
    assert may_contain_directive(source) in (True, False)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_text_has_a_meaning(text: str):
    """Any string is a directive, a near miss with what was meant, or an ordinary string."""
    wanted = meant(text, STORES)
    assert wanted is None or is_directive(wanted, STORES)
