"""axe-core on pages as visitors have them, before and after the runtime has changed them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from playwright.sync_api import expect


def violations(page: Page) -> list[str]:
    """What axe-core finds; it is put into the page by the browser's tools, which no policy stops."""
    return [f"{each['id']}: {each['help']}" for each in Axe().run(page).response["violations"]]


def test_pages_have_no_faults(page: Page) -> None:
    """As they were loaded, with an error in a form, with a form that is pending, and after a visit."""
    page.goto("/")
    assert violations(page) == []
    page.click("text=Refuse")
    expect(page.locator("#add [role=alert]")).to_be_visible()
    assert violations(page) == []
    page.fill("#slow input", "x")
    page.route("**/?_directives*", lambda route: None)
    page.click("text=Add slowly")
    expect(page.locator("#slow")).to_have_attribute("aria-busy", "true")
    assert violations(page) == []


def test_a_fault_is_found(page: Page) -> None:
    """Else the test above could not fail."""
    page.goto("/")
    page.evaluate("document.querySelector('#add label').replaceWith(document.createElement('input'))")
    assert any(found.startswith("label:") for found in violations(page))


@pytest.mark.parametrize("path", ["/long", "/thanks"])
def test_other_pages_have_no_faults(page: Page, path: str) -> None:
    """As they were loaded."""
    page.goto(path)
    assert violations(page) == []
