"""Client code for MicroPython: what is written otherwise means the same."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pytest

from directives.compiler.micropython import micropython_tree
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
