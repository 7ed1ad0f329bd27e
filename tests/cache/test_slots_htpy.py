"""Elements of htpy that pass through cached functions, and those that such functions make."""

from __future__ import annotations

from typing import Any

import htpy
import pytest
from markupsafe import Markup

from directives.cache import use_cache
from directives.errors import EncodeError
from directives.errors import SlotError

# Of the module: what a function captures is part of its keys.
RAN: list[Any] = []
pytestmark = pytest.mark.usefixtures("settings", "undecorated")


@pytest.fixture(autouse=True)
def _anew() -> None:
    """No runs are noted yet."""
    RAN.clear()


@use_cache
def panel(title: str, children: Any) -> htpy.Element:
    """An element around what is passed through."""
    RAN.append(title)
    return htpy.section(".panel")[htpy.h2[title], children]


def test_an_htpy_element_around_others() -> None:
    """Elements, fragments, lists and generators of them pass through; each call's output holds its own."""
    shown = [str(panel("Tea", htpy.p[tea])) for tea in ("Sencha", "<b>", "Assam")]
    assert shown == [
        f'<section class="panel"><h2>Tea</h2><p>{tea}</p></section>'
        for tea in ("Sencha", "&lt;b&gt;", "Assam")
    ]
    assert RAN == ["Tea"]
    for _ in range(2):
        assert "<i>1</i>2<br>" in str(panel("Tea", htpy.fragment[htpy.i[1], "2", htpy.br]))
        assert "<i>1</i><i>2</i>" in str(panel("Tea", [htpy.i[1], htpy.i[2]]))
    assert RAN == ["Tea"] * 2  # a list is another argument than an element


def test_what_is_found_goes_into_other_elements() -> None:
    """Nothing is escaped twice: not what was kept, nor what was filled in."""
    for tea in "<a>", "<b>":
        page = htpy.body[panel("Tea & more", htpy.p[tea]), panel("Tea & more", htpy.p["x"])]
        around = '<section class="panel"><h2>Tea &amp; more</h2>'
        inner = f"&lt;{tea[1]}&gt;"
        assert str(page) == f"<body>{around}<p>{inner}</p></section>{around}<p>x</p></section></body>"
    assert RAN == ["Tea & more"]


def test_an_htpy_slot_is_not_looked_into() -> None:
    """What a function asks of an element that passes through is an error that names the argument."""

    @use_cache
    def nosy(children: Any) -> str:
        return str(children.attrs)

    with pytest.raises(SlotError, match=r"nosy\(\) looks inside its argument children: \.attrs"):
        nosy(htpy.p["x"])


@pytest.mark.parametrize("in_fragment", [True, False])
def test_an_element_alone_is_kept_as_its_markup(in_fragment: bool) -> None:
    """With nothing that passes through, at the top and in containers of Python's own."""

    @use_cache
    def text(deep: bool) -> Any:
        made = htpy.fragment[htpy.p["<b>"]] if in_fragment else htpy.p["<b>"]
        return {"body": [made, 1]} if deep else made

    for _ in range(3):
        assert text(False) == Markup("<p>&lt;b&gt;</p>")
        assert type(text(False)) is Markup
        assert text(True) == {"body": [Markup("<p>&lt;b&gt;</p>"), 1]}


def test_an_element_in_an_object_is_no_result() -> None:
    """What is neither a value nor markup is refused as ever, also beside markup, and around itself."""

    @use_cache
    def text(kind: str) -> Any:
        around: list[Any] = [htpy.p["x"]]
        around.append(around if kind == "itself" else {htpy.p["x"]})
        return around

    for kind in "itself", "a set":
        with pytest.raises(EncodeError, match="returned what cannot be kept"):
            text(kind)
