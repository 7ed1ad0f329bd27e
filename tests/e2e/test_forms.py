"""Forms in a browser, with scripts and without."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Page
from playwright.sync_api import expect

from tests.e2e.site_server import Site

both = pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])


@both
def test_a_form_calls_a_function_and_shows_what_changed(page: Page, site: Site, scripted: bool) -> None:
    """The page is shown anew, at its own address, with fields as they were at first; with scripts it stays loaded."""
    loads: list[str] = []
    page.on("domcontentloaded", lambda page: loads.append(page.url))
    page.goto("/?visits=3")
    page.fill("#add [name=name]", "sencha")
    page.fill("#add [name=grams]", "80")
    page.click("text=Add >> nth=0")
    expect(page.locator("#teas li")).to_have_text(["sencha 80 g"])
    expect(page.locator("#add [name=name]")).to_have_value("")
    expect(page.locator("#add [name=grams]")).to_have_value("50")
    assert "_directives" not in page.url
    assert len(loads) == (1 if scripted else 2)
    assert site.store["calls"] == ["add sencha"]


@both
def test_a_button_may_have_a_function_of_its_own(page: Page, site: Site) -> None:
    """Its formaction counts, and where the function redirects to, the browser goes; going back works."""
    page.goto("/")
    page.fill("#add [name=name]", "assam")
    page.click("text=Add and thank")
    expect(page.locator("h1")).to_have_text("Thanks")
    expect(page.locator("#count")).to_have_text("1 teas")
    assert page.url == f"{site.url}/thanks"
    assert page.title() == "Thanks"
    page.go_back()
    expect(page.locator("h1")).to_have_text("Teas")
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Thanks")
    assert site.store["calls"] == ["add assam"]


@both
def test_a_double_click_is_one_call(page: Page, site: Site) -> None:
    """The second click finds the form pending, or is answered with the reply of the first."""
    page.goto("/")
    page.fill("#add [name=name]", "oolong")
    page.dblclick("text=Add >> nth=0")
    expect(page.locator("#teas li")).to_have_text(["oolong 50 g"])
    assert site.store["calls"] == ["add oolong"]


@both
def test_a_file_arrives(page: Page, site: Site, tmp_path: Path) -> None:
    """With its name and all of its bytes."""
    photo = tmp_path / "tea ä.bin"
    photo.write_bytes(bytes(range(256)) * 400)
    page.goto("/")
    page.fill("#upload [name=title]", "Tea")
    page.set_input_files("#upload [name=photo]", photo)
    page.click("text=Send")
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()[:12]
    expect(page.locator("#teas li")).to_have_text([f"Tea: tea ä.bin 102400 {digest}"])


@both
def test_an_error_is_shown(page: Page, site: Site) -> None:
    """What the function says, to everybody."""
    page.goto("/")
    page.click("text=Refuse")
    expect(page.locator("body")).to_contain_text("only 0 left")
    assert site.store["calls"] == ["refuse "]


@both
def test_a_form_has_a_state(page: Page, site: Site) -> None:
    """Two forms of one function, each with its own; it grows with each submission."""
    page.goto("/states")
    for form, word in (("a", "one"), ("a", "two"), ("b", "three")):
        page.fill(f"#{form} input", word)
        page.click(f"#{form} button")
        expect(page.locator(f"#{form} .words")).to_contain_text(word)
    expect(page.locator("#b .words")).to_have_text("three")
    assert site.store["calls"] == ["step one", "step two", "step three"]


@both
def test_a_page_says_itself_what_was_wrong(page: Page, site: Site) -> None:
    """In its own words, once, and with what was typed in the fields."""
    page.goto("/states")
    page.fill("#order [name=name]", "sencha")
    page.fill("#order [name=grams]", "80")
    page.click("#order button")
    expect(page.locator("#order [role=alert]")).to_have_text("Sorry, only 0 left")
    expect(page.locator("#order [name=name]")).to_have_value("sencha")
    expect(page.locator("#order [name=grams]")).to_have_value("80")
    assert site.store["calls"] == ["order sencha"]
