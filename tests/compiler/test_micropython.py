"""Client code for MicroPython: what is written otherwise means the same."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pytest

from directives.compiler.diagnostics import Report
from directives.compiler.micropython import check_micropython
from directives.compiler.micropython import micropython_tree
from directives.compiler.text import SourceText
from directives.compiler.untyped import without_types


def lowered(source: str) -> str:
    return ast.unparse(micropython_tree(ast.parse(dedent(source))))


SAME = [
    "[*range(3), 7, *'ab']",
    "(0, *range(3))",
    "{*range(3), 9}",
    "{**{'a': 1, 'b': 2}, 'b': 3, **{'c': 4}}",
    "[[*range(2)], (*range(2), [*'x'])]",
    "(lambda a, /, b=2, *c, d: (a, b, c, d))(1, d=4)",
]


@pytest.mark.parametrize("expression", SAME)
def test_plainer_words_mean_the_same(expression: str) -> None:
    """A display with stars and a parameter before a slash give what they gave, without being there."""
    plain = lowered(expression)
    assert "*range" not in plain
    assert "**{" not in plain
    assert "/" not in plain
    assert eval(plain) == eval(expression)


def test_targets_with_stars_stay() -> None:
    """MicroPython does unpack."""
    assert lowered("first, *rest = rows") == "first, *rest = rows"


def test_errors_lose_their_cause() -> None:
    """``raise … from`` is a warning at run time there."""
    assert lowered("raise ValueError from None") == "raise ValueError"


TYPED = """
    from __future__ import annotations
    import typing
    from collections.abc import Sequence
    from typing import TYPE_CHECKING, Generic, TypeVar, cast, final, overload
    if TYPE_CHECKING:
        from shop.models import Row
    else:
        Row = None
    T = TypeVar('T')
    size: int = 3
    later: str

    @final
    class Box(Generic[T]):
        item: T

        @overload
        def get(self) -> T: ...
        def get(self, default: T | None = None, *more: int) -> T | None:
            'Its item.'
            return cast('T', self.item)
"""


def test_what_only_type_checkers_read_is_taken_out() -> None:
    """No annotation, no import for types, nothing under TYPE_CHECKING is left; a body never gets empty."""
    assert ast.unparse(without_types(ast.parse(dedent(TYPED)))) == dedent("""\
        Row = None
        size = 3

        class Box:

            def get(self, default=None, *more):
                'Its item.'
                return self.item""").replace("'Its item.'", '"""Its item."""')


@pytest.mark.parametrize(
    "statement", ["if x:\n  y: int", "class A:\n  y: int", "def f():\n  y: int", "for x in y:\n  z: int"]
)
def test_a_body_of_types_alone_is_left_with_nothing_to_do(statement: str) -> None:
    """It stays a body."""
    namespace: dict[str, Any] = {"x": True, "y": ()}
    exec(ast.unparse(without_types(ast.parse(statement))), namespace)


LACKING = {
    "import re\nre.findall('a', 'b')": "`re.findall`",
    "import functools as tools\n@tools.lru_cache\ndef f(): ...": "`functools.lru_cache`",
    "from itertools import groupby": "itertools.groupby",
    "import re\nre.search('a{2}', 'b')": "`{2}` and `(?…)` of regular expressions",
    "import re\nre.search('(?P<year>.)', 'b')": "`{2}` and `(?…)` of regular expressions",
    "'a'.isalnum()": "the method `isalnum` of texts",
    "(3).bit_length()": "the method `bit_length` of numbers",
    "day.strftime('%d')": "the method `strftime` of dates",
    "'a,b'.split(',', maxsplit=1)": "`maxsplit=` of `split`",
    "import json\njson.dumps(1, indent=2)": "`indent=` of `dumps`",
    "from collections import deque\ndeque([1])": "`deque` without a length",
    "isinstance(1, int | str)": "no `|` between classes",
    "iter(f, 1)": "no `iter` with two arguments",
    "f'{x + f\"{y}\"}'": "no f-string within an f-string",
    "rows[::2] = []": "no slice with a step",
    "@(lambda f: f)\ndef f(): ...": "no such decorator",
    "class A:\n    def __format__(self, spec): ...": "no `__format__`",
}


def findings(source: str) -> list[str]:
    text = SourceText(source.encode(), "shop/table.py")
    report = Report(text)
    check_micropython(ast.parse(source), report)
    return [finding.message for finding in report.diagnostics()]


@pytest.mark.parametrize("source", LACKING)
def test_what_is_lacking_is_a_finding(source: str) -> None:
    """One, at its line, whichever way a name is reached."""
    (message,) = findings(source)
    assert LACKING[source] in message


@pytest.mark.parametrize(
    "source",
    [
        "import re\ndef f(re): return re.findall('a')",
        "import time\ntime.strftime('%Y', time.gmtime(0))",
        "import os\nos.path.join('a', 'b')",
        "import re\nre.search('(?:a)+', 'b')",
        "from collections import deque\ndeque((), 3)",
        "class A:\n    def split(self, *, by): ...\nA().split(by=1)",
        "rows[::2]",
        "day.replace(day=1)",
        "f'{x:>{width}}'",
    ],
)
def test_what_is_there_is_none(source: str) -> None:
    """Nor what only looks like something that is lacking."""
    assert findings(source) == []
