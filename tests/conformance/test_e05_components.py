"""E05: what passes through a cached function reaches a client component."""

from __future__ import annotations

from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

WIDGETS = "'use client'\ndef Button(label, action, icon=None): ..."
PAGES = """
    from widgets_of_a_test import Button
    ran = []

    async def buy(n: int) -> int:
        'use server'
        return n

    async def sell(n: int) -> int:
        'use server'
        return -n

    def card(label, action, icon):
        'use cache'
        ran.append(label)
        return str(Button(icon, label=label, action=action, icon=icon))
"""


class Icon:
    """Markup that is another one each time."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __html__(self) -> str:
        return f"<i>{self.name}</i>"


def test_e05_each_caller_passes_its_own_function_to_a_component(load: Load):
    """The markup is kept; in it are the functions and the markup of this call, on a hit too."""
    load(WIDGETS, "widgets_of_a_test")
    module = load(PAGES)
    for action, icon in ((module.buy, "a"), (module.sell, "b"), (module.buy, "a")):
        assert module.card("Trade", action, Icon(icon)) == (
            '<py-island component="widgets_of_a_test:Button"><script type="application/json" data-props>'
            f'{{"label":"Trade","action":{{"$":["function",["{action.id}",null]]}},'
            f'"icon":{{"$":["markup","\\u003ci\\u003e{icon}\\u003c/i\\u003e"]}}}}</script><i>{icon}</i></py-island>'
        )
    assert module.ran == ["Trade"]
