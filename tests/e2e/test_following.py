"""Parts of pages that follow what the server updates."""

from __future__ import annotations

from playwright.sync_api import BrowserContext
from playwright.sync_api import Page
from playwright.sync_api import expect

from tests.e2e.site_server import Site


def test_an_open_page_follows(page: Page, context: BrowserContext, site: Site) -> None:
    """What another visitor changes is seen in the parts that are about it, and nowhere else; what is typed stays."""
    other = context.new_page()
    with other.expect_response("**/events?*"):
        other.goto("/thanks")
    other.fill("#note", "mine")
    page.goto("/")
    for count, name in enumerate(("sencha", "assam"), 1):
        page.fill("#add [name=name]", name)
        page.click("text=Add >> nth=0")
        expect(other.locator("#count")).to_have_text(f"{count} teas")
    expect(other.locator("#outside")).to_have_text("0 teas when this was loaded")
    expect(other.locator("#note")).to_have_value("mine")
    expect(other.locator("#note")).to_be_focused()


def test_a_page_without_such_a_part_holds_no_connection(page: Page) -> None:
    """It is opened when a visit brings one, and again after a page without."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/events?" in request.url else None)
    page.goto("/")
    page.wait_for_timeout(200)
    assert asked == []
    visit = "url => import('/_directives/client.js').then(({ settings }) => settings.visit(url))"
    with page.expect_request("**/events?tag=other&tag=teas"):
        page.evaluate(visit, "/thanks")
    page.evaluate(visit, "/")
    expect(page.locator("h1")).to_have_text("Teas")
    with page.expect_request("**/events?tag=other&tag=teas"):
        page.evaluate(visit, "/thanks")
    assert len(asked) == 2


def test_a_server_that_comes_back_is_listened_to_again(
    page: Page, context: BrowserContext, site: Site
) -> None:
    """The page connects again by itself."""
    with page.expect_response("**/events?*"):
        page.goto("/thanks")
    site.kill()
    site.start()
    other = context.new_page()
    other.goto("/")
    other.fill("#add [name=name]", "sencha")
    other.click("text=Add >> nth=0")
    # Whoever comes back is told of all tags, so it does not matter which of the two was first.
    expect(page.locator("#count")).to_have_text("1 teas", timeout=60_000)


def test_a_stream_that_ends_before_its_beginning_misses_nothing(page: Page, site: Site) -> None:
    """What changed before the page had heard anything is seen once it is connected again, and is asked for once."""
    events = "**/events?*"
    page.route(events, lambda route: route.fulfill(content_type="text/event-stream", body=""))
    with page.expect_response(events):
        page.goto("/thanks")
    other = page.context.new_page()
    other.goto("/")
    other.fill("#add [name=name]", "sencha")
    other.click("text=Add >> nth=0")
    expect(other.locator("#teas li")).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers["accept"]))
    page.unroute(events)
    expect(page.locator("#count")).to_have_text("1 teas")
    page.wait_for_timeout(500)
    assert asked.count("text/html") == 1


HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}"""


def test_a_page_that_nobody_sees_holds_no_connection(page: Page, context: BrowserContext, site: Site) -> None:
    """A browser has few of them for a server; a tab that is looked at again shows what has changed meanwhile."""
    ended: list[str] = []
    page.on("requestfailed", lambda request: ended.append(request.url))
    with page.expect_response("**/events?*"):
        page.goto("/thanks")
    with page.expect_event("requestfailed", lambda request: "/events?" in request.url):
        page.evaluate(HIDE, True)
    other = context.new_page()
    other.goto("/")
    other.fill("#add [name=name]", "sencha")
    other.click("text=Add >> nth=0")
    expect(other.locator("#teas li")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("0 teas")
    with page.expect_request("**/events?tag=other&tag=teas&again"):
        page.evaluate(HIDE, False)
    expect(page.locator("#count")).to_have_text("1 teas")
    assert len(ended) == 1
