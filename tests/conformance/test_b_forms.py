"""Section B: forms, each line by its number; what the browser's runtime adds is tested in a browser."""

from __future__ import annotations

import io
from types import ModuleType

import pytest
from werkzeug.test import Client

from directives.wsgi import DirectivesMiddleware
from tests.forms.browsing import SCRIPT
from tests.forms.browsing import SHOP
from tests.forms.browsing import Browser
from tests.forms.browsing import page
from tests.forms.browsing import shown
from tests.forms.browsing import wsgi
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


def test_b08_fields_files_and_nothing_else(shop: ModuleType) -> None:
    """The form is the first argument, files in it; what says which function to call is no part of it."""
    client = Client(DirectivesMiddleware(lambda environ, start: []))
    data = {"title": "tea", "picture": (io.BytesIO(b"png"), "tea.png"), f"_directives.{shop.keep.id}": ""}
    assert client.post(f"/{shop.keep}", data=data).status_code == 303
    assert shop.ran == [(["picture", "title"], b"png")]


def test_b09_a_form_works_without_a_script_and_in_one_round_trip_with_one(shop: ModuleType) -> None:
    """A plain form is answered by a page, whatever became of it; the runtime's by the result with that page in it."""
    with Browser(wsgi(lambda: page(shop)), on_loop=False) as browser:
        start = browser.get()
        assert browser.send(start, "order", {"tea": "mint", "quantity": "1"}).status_code == 303
        refused = browser.send(start, "order", {"tea": "none", "quantity": "1"})
        assert (refused.status_code, shown(refused.text, "order")[0]) == (409, "none")
        told = browser.send(start, "order", {"tea": "sencha", "quantity": "1"}, SCRIPT).json()
    assert told["ok"] == "sencha"
    assert "<p id=last>sencha</p>" in told["page"]


def test_b10_a_second_click_runs_nothing(shop: ModuleType) -> None:
    """Without a script, with one, and both: the form of one page with the same fields is one call."""
    with Browser(wsgi(lambda: page(shop)), on_loop=False) as browser:
        start = browser.get()
        for _ in range(2):
            assert shown(browser.send(start, "a", {"step": "1"}).text, "a") == ["1", ""]
        answers = [browser.send(start, "b", {"step": "1"}, SCRIPT).json() for _ in range(2)]
        assert [shown(told["page"], "b") for told in answers] == [["1", ""], ["1", ""]]
    assert shop.ran == [(0, "1"), (0, "1")]


def test_b11_form_state(shop: ModuleType) -> None:
    """The function gets the state before and the form, with and without a script; what it returns is the next state."""
    with Browser(wsgi(lambda: page(shop)), on_loop=False) as browser:
        text = browser.send(browser.get(), "a", {"step": "2"}).text
        told = browser.send(text, "a", {"step": "3"}, SCRIPT).json()
        assert told["ok"] == 5
        assert [shown(told["page"], form) for form in ("a", "b")] == [["5", ""], ["0", ""]]
        last = browser.send(told["page"], "a", {"step": "4"})
    assert shown(last.text, "a") == ["9", ""]
    assert shop.ran == [(0, "2"), (2, "3"), (5, "4")]
