"""The scripts as they are sent."""

from __future__ import annotations

import gzip
import re

import pytest

from directives.client.static import ISLANDS
from directives.client.static import SCRIPTS
from directives.client.static import SHELL
from directives.client.static import script
from directives.client.static import source

SENT = (*SCRIPTS, SHELL, ISLANDS)
CALLS, ALL = 4000, 8000  # bytes
QUOTE = re.compile("[`'\"]")
TEXT = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")


def packed(*names: str) -> int:
    """The size of scripts on the way to a browser, in bytes."""
    return sum(len(gzip.compress(script(name).encode(), 9, mtime=0)) for name in names)


def test_the_scripts_are_small(capsys: pytest.CaptureFixture[str]) -> None:
    """What calls and reads values has at most 4 kB, and all there is 8."""
    sizes = {name: packed(name) for name in SCRIPTS}
    with capsys.disabled():
        print(f"\nscripts, gzipped: {sizes}, together {sum(sizes.values())} bytes")
    assert sizes["client.js"] <= CALLS
    assert sum(sizes.values()) <= ALL


@pytest.mark.parametrize("name", SENT)
def test_comments_stay_at_home(name: str) -> None:
    """What is sent has the code of the source, line by line, and of its comments and spaces as few as can be."""
    sent, written = script(name).splitlines(), [line.strip() for line in source(name).splitlines()]
    code = [line for line in written if line and line[:2] != "//"]
    assert [line.replace(" ", "") for line in sent] == [line.replace(" ", "") for line in code]
    assert not any(line.startswith(("//", " ")) for line in sent)
    assert all(text in line for line, whole in zip(sent, code, strict=True) for text in TEXT.findall(whole))


@pytest.mark.parametrize("name", SENT)
def test_no_text_spans_lines(name: str) -> None:
    """A text of several lines would lose its indentation, and what looks like a comment in it."""
    code = (line for line in map(str.strip, source(name).splitlines()) if not line.startswith("//"))
    assert all(len(QUOTE.findall(TEXT.sub("", line))) == 0 for line in code)
    assert "/*" not in source(name)
    assert re.search(r"""\\['"`]""", source(name)) is None


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_strict_policy_allows_them(name: str) -> None:
    """Nothing is evaluated, written into the page as text, or put into it as a style."""
    assert not any(
        word in source(name)
        for word in ("eval(", "Function(", "innerHTML", "outerHTML =", ".style", "document.write")
    )
