"""The demo's shop in a browser: what a person does there, with and without scripts, in one tab and in two."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import pack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import FilePayload
from playwright.sync_api import Page
from playwright.sync_api import Route
from playwright.sync_api import expect

from directives.demo import copy_project
from directives.demo.processes import serve

PATIENCE = 15_000  # milliseconds


def picture(red: int, size: int = 1) -> FilePayload:
    """A PNG of one colour; ``size`` is that of what is appended, in megabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
    rows = (b"\0" + bytes((red, 120, 90)) * 40) * 30
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": content + bytes(size << 20)}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shop, served."""
    project = copy_project(tmp_path_factory.mktemp("demo"))
    with serve(project, "127.0.0.1", 0) as server:
        yield server.url


@pytest.fixture
def context(browser: Browser, url: str, scripted: bool) -> Iterator[BrowserContext]:
    """What one visitor of the shop has open."""
    context = browser.new_context(base_url=url, java_script_enabled=scripted)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def faults(page: Page) -> list[str]:
    """What axe-core finds."""
    return [f"{each['id']}: {each['help']}" for each in Axe().run(page).response["violations"]]


def test_the_shop_is_accessible(page: Page) -> None:
    """Every page of it, and a form with an error in both colour schemes."""
    page.emulate_media(reduced_motion="reduce")
    for path in ("/", "/new", "/orders", "/products/1"):
        page.goto(path)
        assert faults(page) == []
    page.fill("#customer", "Ada")
    page.fill("#quantity", "99")
    page.click("#order button")
    expect(page.locator("#order [role=alert]")).to_have_text("There are not that many left.")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert faults(page) == []


def test_a_like_counts_before_the_server_has_answered(page: Page) -> None:
    """It is taken back if the server refuses, and stays if it does not."""
    held: list[Route] = []
    page.goto("/")
    page.route("**/?_directives*", lambda route: held.append(route))
    button, count = page.locator("#like-3 button"), page.locator("#like-3 .count")
    with page.expect_request("**/?_directives*"):
        button.click()
    expect(count).to_have_text("14")
    expect(button).to_have_attribute("aria-pressed", "true")
    held.pop().fulfill(
        status=500, content_type="application/json", body='{"error":{"kind":"internal","message":"no"}}'
    )
    expect(count).to_have_text("13")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.unroute_all()
    button.click()
    expect(page.locator("#like-3")).not_to_have_attribute("data-pending", "")
    page.reload()
    expect(count).to_have_text("14")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(count).to_have_text("13")


@pytest.mark.parametrize("scripted", [True, False])
def test_the_window_is_there_before_what_is_made_for_its_visitor(page: Page, scripted: bool) -> None:
    """Static and deferred parts stand side by side; a switch without a script colours them."""
    page.goto("/window", wait_until="commit")
    expect(page.get_by_text("Rendered at")).to_be_visible()
    expect(page.get_by_text("Mozilla/5.0")).to_be_visible()
    expect(page.get_by_text("Asking…")).to_be_hidden()
    expect(page.locator(".static")).to_have_css("outline-style", "none")
    page.get_by_text("Colour the parts").click()
    expect(page.locator(".static")).to_have_css("outline-style", "solid")
    expect(page.locator(".deferred").first).to_have_css("outline-style", "dashed")
    left, right = (page.locator(each).first.bounding_box() for each in (".static", ".deferred"))
    assert left is not None
    assert right is not None
    assert left["x"] < right["x"]
    if scripted:
        assert faults(page) == []


def test_a_picture_is_uploaded_with_a_progress_bar(page: Page) -> None:
    """The bar is there while it goes up; afterwards the page shows the picture, and was never left."""
    page.goto("/products/2")
    page.evaluate("window.stayed = true; window.seen = []")
    page.evaluate(
        "addEventListener('directives:progress', ({ detail }) => seen.push(detail.loaded / detail.total))"
    )
    page.set_input_files("#picture", picture(200, size=8))
    expect(page.locator("#show progress")).to_be_hidden()
    page.click("#show button")
    expect(page.locator("#about img")).to_have_attribute("src", "/pictures/" + sha(picture(200, size=8)))
    assert page.evaluate("[stayed, seen.length > 0, seen.at(-1)]") == [True, True, 1]
    assert page.evaluate("document.querySelector('#about img').decode().then(() => 'shown')") == "shown"
    page.set_input_files("#picture", {"name": "my.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    page.click("#show button")
    expect(page.locator("#show [role=alert]")).to_have_text(
        "my.png is no picture: choose a PNG, a JPEG or a GIF."
    )


def test_two_tabs_follow_each_other(page: Page, context: BrowserContext, browser: Browser, url: str) -> None:
    """What one visitor buys, adds and likes is seen by another, who does nothing."""
    page.goto("/")
    stock = page.locator("#product-1 .stock")
    before = int(stock.inner_text().split()[0])
    page.evaluate("window.stayed = true")
    other = browser.new_context(base_url=url)
    try:
        there = other.new_page()
        there.goto("/products/1")
        there.fill("#customer", "Ada")
        there.click("#order button")
        expect(there.locator("[role=status]")).to_contain_text("is on its way")
        expect(there.locator("#stock")).to_have_text(f"{before - 1} left")
        expect(stock).to_have_text(f"{before - 1} left")
        page.click("#like-1 button")
        expect(there.locator("#like-1 .count")).to_have_text("22")
        expect(there.locator("#like-1 button")).to_have_attribute("aria-pressed", "false")
    finally:
        other.close()
    assert page.evaluate("stayed") is True


@pytest.mark.parametrize("scripted", [True, False])
def test_a_product_is_added(page: Page, scripted: bool) -> None:
    """What is wrong with it is said at its field, with all that was typed; then its page follows."""
    name = f"Cheese {'with' if scripted else 'without'} a script"
    page.goto("/new")
    page.fill("#name", name)
    page.fill("#price", "cheap")
    page.click("#add button")
    expect(page.locator("#price-problem")).to_be_visible()
    expect(page.locator("#name")).to_have_value(name)
    page.fill("#price", "4.20")
    page.set_input_files("#picture", picture(90 + scripted))
    page.click("#add button")
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".price")).to_have_text("€ 4.20")
    expect(page.locator("#about img")).to_have_attribute("src", "/pictures/" + sha(picture(90 + scripted)))


@pytest.mark.parametrize("scripted", [False])
def test_everything_works_without_scripts(page: Page, scripted: bool) -> None:
    """Likes, errors that keep what was typed, and orders; going back and sending again orders nothing more."""
    page.goto("/products/3")
    page.click("#like-3 button")
    expect(page.locator("#like-3 button")).to_have_attribute("aria-pressed", "true")
    page.fill("#customer", "Ada")
    page.fill("#quantity", "99")
    page.click("#order button")
    expect(page.locator("#order [role=alert]")).to_have_text("There are not that many left.")
    expect(page.locator("#customer")).to_have_value("Ada")
    page.fill("#quantity", "2")
    page.click("#order button")
    expect(page.locator("[role=status]")).to_contain_text("is on its way")
    expect(page.locator("#stock")).to_have_text("6 left")
    page.reload()
    expect(page.locator("#stock")).to_have_text("6 left")
    page.goto("/orders")
    expect(page.locator("tbody tr", has_text="Wildflower honey")).to_have_count(1)


def sha(file: FilePayload) -> str:
    """The name that the shop keeps a picture under."""
    import hashlib

    return f"{hashlib.sha256(file['buffer']).hexdigest()[:16]}.png"
