"""Components in Python, in a browser: on both Pythons, under a strict policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import ConsoleMessage
from playwright.sync_api import Page
from playwright.sync_api import Route
from playwright.sync_api import expect

from directives.demo import copy_project
from directives.demo.processes import serve
from tests.e2e.islands_site import write_site
from tests.e2e.pythons import put_pythons
from tests.servers.serving import serving

PATIENCE = 60_000  # milliseconds: Pyodide on a busy machine
RUNTIMES = ("micropython", "pyodide")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with islands of all kinds."""
    folder = tmp_path_factory.mktemp("islands")
    write_site(folder)
    put_pythons(folder / "static" / "directives")
    with serving("flask --app shop.web run --port 8000", folder) as running:
        yield f"http://127.0.0.1:{running.port}"


@pytest.fixture
def context(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """What one visitor has open."""
    context = browser.new_context(base_url=url)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def said(page: Page) -> list[ConsoleMessage]:
    """What the console says."""
    said: list[ConsoleMessage] = []
    page.on("console", lambda message: said.append(message))
    return said


def ready(page: Page, count: int = 1) -> None:
    """Wait until that many islands are there."""
    expect(page.locator("py-island[data-ready]")).to_have_count(count, timeout=PATIENCE)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_component_in_python_runs_in_the_browser(
    page: Page, said: list[ConsoleMessage], runtime: str
) -> None:
    """State, events, forms, server functions, their errors and streams; one that breaks leaves the others as they are."""
    page.goto(f"/all/{runtime}")
    ready(page, 2)
    told = page.locator("#told")
    expect(page.locator("u")).to_have_text("€ 12.34")
    expect(page.locator("#children")).to_have_text("waiting")
    page.click("#more")
    expect(page.locator("#more")).to_have_text("3")
    for button, text in {"take": "{'took': 'tea'}", "fails": "internal", "kept": "xxx", "sent": "a"}.items():
        page.click(f"#{button}")
        expect(told).to_have_text(text)
    page.fill("#typed", "")
    page.click("#stream")
    expect(told).to_have_text("0123")
    page.locator("#typed").press("End")
    for typed in ("<", "<b", "<b>"):
        page.locator("#typed").press_sequentially(typed[-1])
        expect(told).to_have_text(f"0123{typed}")
    expect(page.locator("#typed")).to_be_focused()
    expect(page.locator("#slow")).to_have_text("tea {'took': 'slow'}")
    broken = page.locator("py-island", has_text="still here")
    expect(broken).to_have_count(1)
    (error,) = [message.text for message in said if "failed" in message.text]
    assert re.search(
        rf"island shop\.{runtime}:Broken failed \(start\)\nTraceback.*broken on purpose", error, re.DOTALL
    )


def test_calls_of_islands_run_in_order(page: Page) -> None:
    """With all other calls and forms of the page; one that is said to be concurrent waits for none."""
    page.goto("/queue")
    ready(page)
    for name in ("slow", "turn", "now"):
        page.click(f"#{name}")
    # The first is answered once the last has arrived; which of their replies the page sees first is the network's affair.
    expect(page.locator("#told")).to_have_text(re.compile("^(ca|ac)b$"))


def test_islands_nest_and_share_what_their_module_shares(page: Page) -> None:
    """An island in the children of another is one of its own; a state of the module is that of both."""
    page.goto("/nested")
    ready(page, 2)
    outer, inner = page.locator("#more").all()
    inner.click()
    outer.click()
    expect(outer).to_have_text("3")
    expect(inner).to_have_text("9")
    for total in page.locator("#total").all():
        expect(total).to_have_text("2")


AGAIN = """async ([start, children]) => {
  const { morph, policy } = await import('/_directives/forms.js')
  const main = document.querySelector('main')
  const properties = `<script type="application/json" data-props>{"start":${start}}</script>`
  const island = `<main><py-island component="shop.micropython:Counter">${properties}${children}</py-island></main>`
  morph(main, new DOMParser().parseFromString(policy.createHTML(island), 'text/html').querySelector('main'))
}"""


def test_an_island_goes_on_when_its_page_is_made_anew(page: Page) -> None:
    """With its state, as long as it is called with the same; else it starts again."""
    page.goto("/one")
    ready(page)
    page.click("#more")
    page.evaluate(AGAIN, [1, "first"])
    expect(page.locator("#more")).to_have_text("3")
    page.evaluate(AGAIN, [1, "second"])
    expect(page.locator("#children")).to_have_text("second")
    expect(page.locator("#more")).to_have_text("1")
    page.evaluate(AGAIN, [41, "second"])
    expect(page.locator("#more")).to_have_text("41")


def test_an_island_starts_when_it_is_to(page: Page) -> None:
    """When the browser is idle, and when it is scrolled into view: what is inside it until then stays."""
    page.goto("/later")
    ready(page, 1)
    expect(page.locator("#slow")).to_have_text("idle {'took': 'slow'}")
    later = page.locator("py-island[client=visible]")
    expect(later).to_have_text("unseen")
    later.scroll_into_view_if_needed()
    ready(page, 2)


def test_clicks_before_it_is_there_happen_again(page: Page, url: str) -> None:
    """None is lost, and none comes twice."""
    held: list[Route] = []
    page.route("**/micropython.wasm", lambda route: held.append(route))
    page.goto("/early")
    page.wait_for_selector("#more")
    while not held:
        page.wait_for_timeout(20)
    page.locator("#more").first.click()
    page.locator("#more").first.click()
    expect(page.locator("#more").first).to_have_text("1")
    held[0].continue_()
    expect(page.locator("#more").first).to_have_text("5")
    page.wait_for_timeout(100)
    expect(page.locator("#more").first).to_have_text("5")


def test_a_python_that_cannot_be_loaded_leaves_the_page(page: Page) -> None:
    """The server's content stays, the console and an event say why."""
    page.route("**/micropython.mjs", lambda route: route.abort())
    page.add_init_script("addEventListener('directives:error', e => { window.told = e.detail.component })")
    with page.expect_event(
        "console", lambda message: "shop.micropython:Slow failed (start)" in message.text
    ) as said:
        page.goto("/early")
    assert '"directives vendor micropython" puts it there' in said.value.text
    expect(page.locator("#more")).to_have_text("1")
    assert page.evaluate("told").startswith("shop.micropython:")


def test_a_component_in_javascript_is_an_island_too(page: Page) -> None:
    """Its properties are values, server functions among them functions."""
    page.goto("/javascript")
    ready(page)
    page.click("#greeting")
    expect(page.locator("#greeting")).to_have_text("you")


@pytest.mark.parametrize("address", ["//127.0.0.2/x.mjs", "/\\127.0.0.2/x.mjs"])
def test_a_component_of_another_host_is_not_loaded(page: Page, address: str) -> None:
    """Not even where markup from elsewhere got into the page."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/javascript")
    ready(page)
    with page.expect_console_message(lambda message: "is not of this site" in message.text):
        page.evaluate(
            "address => { const island = document.createElement('py-island');"
            " island.setAttribute('component', address); document.body.append(island) }",
            f"{address}:f",
        )
    assert not [url for url in asked if "127.0.0.2" in url]


@pytest.fixture(scope="module", params=RUNTIMES)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's shop, with the warehouse's table on one Python or the other."""
    project: Path = copy_project(tmp_path_factory.mktemp("demo"))
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace('"micropython"', f'"{request.param}"'))
    put_pythons(project / "shop" / "static" / "directives")
    with serve(project, "127.0.0.1", 0) as server:
        yield server.url


def test_the_warehouse_is_filtered_sorted_and_summed_up(page: Page, shop: str) -> None:
    """In the browser; a delivery is a call of a server function, and a reload shows it."""
    page.goto(f"{shop}/stock")
    ready(page)
    output, rows = page.locator("output"), page.locator("tbody tr")
    expect(rows).to_have_count(48)
    before = int((output.text_content() or "").split()[2])
    page.fill("input[type=search]", "sencha")
    expect(rows).to_have_count(4)
    page.click("text=Price")
    expect(rows.first).to_contain_text("Sencha, 50 g")
    page.click("text=Price")
    expect(rows.first).to_contain_text("Sencha, 1000 g")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Price")
    rows.first.locator("button").click()
    page.fill("input[type=search]", "")
    expect(output).to_contain_text(f"48 teas, {before + 10} packets")
    page.reload()
    ready(page)
    expect(output).to_contain_text(f"48 teas, {before + 10} packets")
