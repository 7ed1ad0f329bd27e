"""References to client components, and the markup they make."""

from __future__ import annotations

import pytest

from directives.components import island
from directives.components import javascript_component
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


def test_an_island_says_when_it_starts(load: Load) -> None:
    """``client=`` is the island's own: the component does not get it, and another word is refused."""
    counter = load(WIDGETS, "shop_widgets").Counter
    assert (
        str(counter(client="visible"))
        == '<py-island component="shop_widgets:Counter" client="visible"></py-island>'
    )
    with pytest.raises(ValueError, match=r"client='soon' of shop_widgets:Counter.*'load', 'visible', 'idle'"):
        counter(client="soon")


def test_children_by_name_are_children(load: Load) -> None:
    """As type checkers want it, which know the component's own parameters."""
    counter = load(WIDGETS, "shop_widgets").Counter
    assert (
        str(counter("a", children="<b>"))
        == '<py-island component="shop_widgets:Counter">a&lt;b&gt;</py-island>'
    )


def test_the_property_is_underlined_at_the_call(load: Load) -> None:
    """The error is raised by the call, and shows which of its arguments it is about."""
    counter = load(WIDGETS, "shop_widgets").Counter
    with pytest.raises(EncodeError, match="property 'render' of shop_widgets:Counter") as caught:
        counter(start=1, render=print)
    (place,) = caught.value.__notes__
    line, marks = place.split("\n")[1:]
    assert line[marks.index("^") : marks.rindex("^") + 1] == "print"


def test_an_island_can_be_told_when_for_type_checkers(load: Load) -> None:
    """``island`` keeps the component's own signature."""
    counter = load(WIDGETS, "shop_widgets").Counter
    assert 'client="idle"' in str(island(counter, client="idle")(start=1))


def test_a_component_in_javascript_is_an_export_of_this_site(load: Load) -> None:
    """Named by the address of its module; one of another host is refused."""
    load("async def act(): 'use server'")
    chart = javascript_component("/static/chart.mjs", "Chart")
    assert str(chart(rows=[1])).startswith('<py-island component="/static/chart.mjs:Chart">')
    for address in ("https://cdn.example/chart.mjs", "//cdn.example/chart.mjs", "/\\cdn.example/chart.mjs"):
        with pytest.raises(ValueError, match="no path on this site"):
            javascript_component(address)
