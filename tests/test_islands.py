"""References to client components, and the markup they make."""

from __future__ import annotations

import pytest

from directives.errors import ClientOnlyError
from directives.errors import EncodeError
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

WIDGETS = """
    'use client'
    import a_module_of_the_browser
    SIZE = 3
    def Counter(start):
        raise AssertionError("ran on the server")
    def _private(): pass
"""


def test_a_client_module_is_references_alone(load: Load) -> None:
    """Its body does not run, and its imports need not exist."""
    widgets = load(WIDGETS, "shop_widgets")
    assert repr(widgets.Counter) == "<ClientReference shop_widgets:Counter>"
    assert widgets.__all__ == ["Counter"]
    assert not hasattr(widgets, "a_module_of_the_browser")


def test_other_names_say_why_they_are_missing(load: Load) -> None:
    """What exists in client code alone is an error that says so; what exists nowhere is an ordinary one."""
    widgets = load(WIDGETS, "shop_widgets")
    with pytest.raises(ClientOnlyError, match="'SIZE' of shop_widgets exists in client code alone"):
        _ = widgets.SIZE
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = widgets.nothing


def test_an_element_is_markup(load: Load) -> None:
    """Properties are data, children are markup or escaped text."""
    counter = load(WIDGETS, "shop_widgets").Counter
    inner = counter("<b>")
    html = counter(inner, start=1, text="</script>\u2028&").__html__()
    assert html == (
        '<py-island component="shop_widgets:Counter"><script type="application/json" data-props>'
        '{"start":1,"text":"\\u003c/script\\u003e\\u2028\\u0026"}</script>'
        '<py-island component="shop_widgets:Counter">&lt;b&gt;</py-island></py-island>'
    )


def test_server_functions_are_properties(load: Load) -> None:
    """They travel as references."""
    counter = load(WIDGETS, "shop_widgets").Counter
    act = load("async def act(): 'use server'").act
    assert f'{{"$":["function",["{act.id}",null]]}}' in str(counter(save=act))


def test_a_property_that_cannot_travel_is_named(load: Load) -> None:
    """A plain function is none of the client's."""
    counter = load(WIDGETS, "shop_widgets").Counter
    with pytest.raises(EncodeError, match=r"shop_widgets:Counter.*render.*function"):
        str(counter(render=lambda: 1))
