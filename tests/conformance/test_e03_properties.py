"""E03: what a client component can be called with."""

from __future__ import annotations

import re

import pytest

from directives.errors import EncodeError
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

WIDGETS = "'use client'\ndef Counter(start): ..."
PAGES = """
    def page(counter, times):
        async def save(text: str) -> str:
            'use server'
            return text * times
        return str(counter(save=save, start=1))
"""


def test_e03_a_plain_function_is_an_error_that_names_the_property(load: Load):
    """And the call shows which argument it is."""
    counter = load(WIDGETS, "widgets").Counter
    with pytest.raises(EncodeError, match=r"property 'render' of widgets:Counter.*cannot travel") as caught:
        counter(start=1, render=len)
    line, marks = caught.value.__notes__[0].split("\n")[1:]
    assert line[marks.index("^") : marks.rindex("^") + 1] == "len"


def test_e03_a_server_function_works_and_its_captures_are_sealed(load: Load):
    """The browser gets its ID and, encrypted, what it captured."""
    counter = load(WIDGETS, "widgets").Counter
    markup = load(PAGES).page(counter, "captured-secret")
    assert re.search(r'"save":\{"\$":\["function",\["[0-9a-f]{40}","[\w-]{40,}"\]\]\}', markup)
    assert "captured-secret" not in markup
