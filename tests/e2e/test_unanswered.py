"""Forms whose answer is lost, refused, or none of ours."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page
from playwright.sync_api import Route
from playwright.sync_api import expect

from tests.e2e.hearing import EVENTS
from tests.e2e.hearing import heard
from tests.e2e.site_server import Site


def test_the_server_goes_away(page: Page, site: Site) -> None:
    """The form says so, nothing is posted twice, and when the server is back the same form can be sent again."""
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto("/")
    page.fill("#slow input", "hojicha")
    page.click("text=Add slowly")
    site.called("add_slowly hojicha begins")
    site.kill()
    alert = page.locator("#slow [role=alert]")
    expect(alert).to_have_text("The connection broke. Please try again.")
    expect(page.locator("#slow input")).to_have_value("hojicha")
    assert len(posts) == 1
    assert site.store["calls"] == ["add_slowly hojicha begins"]
    site.start()
    site.go("hojicha")
    page.click("text=Add slowly")
    expect(page.locator("#teas li")).to_have_text(["hojicha 50 g"])
    expect(alert).to_have_count(0)
    assert len(set(posts)) == 1
    assert len(posts) == 2


def lose_first_answer(page: Page) -> None:
    """The first form that is sent runs, and its answer does not come."""
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort("connectionreset")

    page.route("**/*", lose)


def test_a_lost_answer_does_not_run_the_call_twice(page: Page, site: Site) -> None:
    """The function has run, its answer is lost, and the visitor tries again: the form has its key still."""
    lose_first_answer(page)
    page.goto("/")
    page.fill("#add [name=name]", "sencha")
    page.click("text=Add >> nth=0")
    expect(page.locator("#add [role=alert]")).to_be_visible()
    page.click("text=Add >> nth=0")
    expect(page.locator("#teas li")).to_have_text(["sencha 50 g"])
    assert site.store["calls"] == ["add sencha"]


def test_a_form_in_doubt_keeps_its_key_when_the_page_changes(page: Page, site: Site) -> None:
    """Its answer is lost, another form's page comes, and only then the visitor tries again."""
    lose_first_answer(page)
    page.goto("/")
    page.fill("#add [name=name]", "sencha")
    page.click("text=Add >> nth=0")
    alert = page.locator("#add [role=alert]")
    expect(alert).to_be_visible()
    page.click("text=Remove all")
    site.called("remove_all")
    expect(page.locator("#remove")).not_to_have_attribute("data-pending", "")
    expect(alert).to_be_visible()
    page.click("text=Add >> nth=0")
    expect(alert).to_have_count(0)
    expect(page.locator("#add [name=name]")).to_have_value("")
    assert site.store["calls"] == ["add sencha", "remove_all"]


def test_another_page_gets_nothing_of_a_form_in_doubt(page: Page, site: Site) -> None:
    """A form of the same name is that page's own."""
    page.route("**/*?_directives*", lambda route: route.abort("connectionreset"))
    page.goto("/")
    page.click("text=Add >> nth=0")
    expect(page.locator("#add [role=alert]")).to_be_visible()
    page.evaluate("import('/_directives/client.js').then(({ settings }) => settings.visit('/long'))")
    expect(page.locator("h1")).to_have_text("A long page")
    expect(page.locator("#add [role=alert]")).to_have_count(0)
    expect(page.locator("#add button")).to_have_count(1)
    page.click("#add button")
    expect(page.locator("#add [role=alert]")).to_be_visible()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Teas")
    expect(page.locator("#add [role=alert]")).to_have_count(0)
    expect(page.locator("#add button")).to_have_count(3)


def test_an_outdated_page_is_loaded_anew_and_its_form_sent_again(page: Page, site: Site) -> None:
    """Nothing has run, so that once more is safe; the visitor notices nothing."""
    refused: list[str] = []
    reply = json.dumps({"error": {"kind": "outdated", "message": "The page is old."}})

    def refuse_first(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(route.request.url)
            route.fulfill(status=409, content_type="application/json", body=reply)
        else:
            route.continue_()

    page.goto("/")
    page.route("**/*", refuse_first)
    page.fill("#add [name=name]", "sencha")
    page.click("text=Add >> nth=0")
    expect(page.locator("#teas li")).to_have_text(["sencha 50 g"])
    assert len(refused) == 1
    assert site.store["calls"] == ["add sencha"]


def test_a_page_that_stays_outdated_says_so(page: Page, site: Site) -> None:
    """After one more try the form says what is the matter, and an event does."""
    posts: list[str] = []
    reply = json.dumps({"error": {"kind": "expired", "message": "The page has expired."}})

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            posts.append(route.request.url)
            route.fulfill(status=410, content_type="application/json", body=reply)
        else:
            route.continue_()

    page.goto("/")
    page.evaluate(EVENTS)
    page.route("**/*", refuse)
    page.fill("#add [name=name]", "sencha")
    page.click("text=Add >> nth=0")
    expect(page.locator("#add [role=alert]")).to_have_text("The page has expired.")
    expect(page.locator("#add [name=name]")).to_have_value("sencha")
    assert heard(page) == ["pending", "outdated", "error"]
    assert len(posts) == 2


@pytest.mark.parametrize(
    ("status", "kind", "body", "shown"),
    [
        (502, "text/html", "<h1>Bad gateway</h1>", "The server answered 502."),
        (403, "application/json", "[", "The server answered 403."),
        (403, "application/json", '{"detail": "no token"}', "The server answered 403."),
    ],
)
def test_what_is_no_answer_of_ours_is_an_error(
    page: Page, status: int, kind: str, body: str, shown: str
) -> None:
    """As of a proxy whose server is gone."""
    page.goto("/")
    page.route("**/?_directives*", lambda route: route.fulfill(status=status, content_type=kind, body=body))
    page.click("text=Add >> nth=0")
    expect(page.locator("#add [role=alert]")).to_have_text(shown)


def test_a_page_that_answers_instead_is_shown(page: Page, site: Site) -> None:
    """As where a login page is in the way: a redirect was followed, and its page is what there is to see."""
    page.goto("/")
    page.route("**/?_directives*", lambda route: route.fulfill(status=302, headers={"Location": "/away"}))
    page.click("text=Add >> nth=0")
    expect(page.locator("h1")).to_have_text("Thanks")
    assert page.url == f"{site.url}/thanks"
