"""What the runtime adds to forms that work without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page
from playwright.sync_api import Route
from playwright.sync_api import expect

from tests.e2e.hearing import EVENTS
from tests.e2e.hearing import heard
from tests.e2e.hearing import wait_for
from tests.e2e.site_server import Site


def test_a_form_is_pending_while_its_function_runs(page: Page, site: Site) -> None:
    """aria-busy, data-pending and disabled buttons, and an event; afterwards all of it is gone, the focus is not."""
    page.goto("/")
    page.evaluate(EVENTS)
    form = page.locator("#slow")
    form.locator("input").fill("gyokuro")
    form.locator("button").click()
    site.called("add_slowly gyokuro begins")
    expect(form).to_have_attribute("aria-busy", "true")
    expect(form).to_have_attribute("data-pending", "")
    expect(form.locator("button")).to_be_disabled()
    expect(page.locator("#add button").first).to_be_enabled()
    assert heard(page) == ["pending"]
    site.go("gyokuro")
    expect(page.locator("#teas li")).to_have_text(["gyokuro 50 g"])
    expect(form.locator("button")).to_be_enabled()
    expect(form.locator("button")).to_be_focused()
    assert [form.get_attribute(name) for name in ("aria-busy", "data-pending")] == [None, None]
    wait_for(page, "done")
    assert heard(page) == ["pending", "done"]


def test_calls_go_in_order(page: Page, site: Site) -> None:
    """A form that is sent while another one is pending waits for it."""
    page.goto("/")
    page.fill("#slow input", "first")
    page.click("text=Add slowly")
    site.called("add_slowly first begins")
    page.fill("#add [name=name]", "second")
    page.click("text=Add >> nth=0")
    page.wait_for_timeout(300)
    site.go("first")
    expect(page.locator("#teas li")).to_have_text(["first 50 g", "second 50 g"])
    assert site.store["calls"] == ["add_slowly first begins", "add first", "add second"]


def test_what_a_visitor_is_doing_goes_on(page: Page, site: Site) -> None:
    """Focus, selection, text in another form, scroll position and what was opened survive the new page."""
    page.goto("/long")
    page.fill("#note", "do not forget")
    page.fill("#name", "sencha")
    page.evaluate(
        "note.focus(), note.setSelectionRange(3, 6), globalThis.same = document.querySelector('#add')"
    )
    page.evaluate("scrollTo(0, 900)")
    page.evaluate("document.querySelector('#add').requestSubmit()")
    expect(page.locator("#teas li")).to_have_text(["sencha 50 g"])
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value("do not forget")
    kept = page.evaluate(
        "[note.selectionStart, note.selectionEnd, scrollY, same === document.querySelector('#add')]"
    )
    assert kept == [3, 6, 900, True]


def test_what_was_opened_stays_open(page: Page) -> None:
    """The server knows nothing of it, and does not close it."""
    page.goto("/")
    page.click("summary")
    page.click("text=Add >> nth=0")
    expect(page.locator("#teas li")).to_have_count(1)
    assert page.evaluate("document.querySelector('#more').open")


@pytest.mark.parametrize(("path", "form"), [("/", "#add"), ("/states", "#a"), ("/states", "#order")])
def test_one_request_is_enough(page: Page, path: str, form: str) -> None:
    """The answer to a form has the new page in it, whatever became of the form."""
    page.goto(path)
    page.evaluate(EVENTS)
    sent: list[str] = []
    page.on("request", lambda request: None if "/static/" in request.url else sent.append(request.method))
    page.locator(form).locator("input").first.fill("x")
    page.locator(form).locator("button").first.click()
    for _ in range(200):
        if {"done", "error"} & set(heard(page)):
            break
        page.wait_for_timeout(20)
    assert sent == ["POST"]


def test_what_is_sent_is_what_the_browser_would_send(page: Page) -> None:
    """The same address, the same fields with the button's, the same line ends, and word of who asks."""
    page.goto("/")
    action = page.locator("#slow").get_attribute("action")
    page.fill("#slow input", "a b&ä")
    page.route(
        "**/?_directives*", lambda route: route.fulfill(content_type="application/json", body='{"ok":null}')
    )
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.click("text=Add slowly")
    request = sent.value
    assert action is not None
    assert request.url.endswith(f"/{action}")
    assert request.post_data == "name=a+b%26%C3%A4&by=hand"
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-directives-page"] == "1"


def test_an_error_is_read_out(page: Page) -> None:
    """It stands in the form, as an alert, until the form is sent again; what was typed stays."""
    page.goto("/")
    page.evaluate(EVENTS)
    page.fill("#add [name=name]", "sencha")
    page.click("text=Refuse")
    alert = page.locator("#add [role=alert]")
    expect(alert).to_have_text("only 0 left")
    expect(page.locator("#add [name=name]")).to_have_value("sencha")
    assert page.evaluate("said.map(([name, id, detail]) => [name, id, detail.type])")[-1] == [
        "error",
        "add",
        "shop.errors.SoldOut",
    ]
    page.click("text=Add >> nth=0")
    expect(page.locator("#teas li")).to_have_count(1)
    expect(alert).to_have_count(0)


def test_a_wrong_field_is_pointed_at(page: Page) -> None:
    """It is marked as invalid, gets the focus, and is no longer marked when it is changed."""
    page.goto("/")
    page.fill("#add [name=name]", "sencha")
    page.fill("#add [name=grams]", "many")
    page.click("text=Add >> nth=0")
    grams = page.locator("#add [name=grams]")
    expect(page.locator("#add [role=alert]")).to_contain_text("grams: ")
    expect(grams).to_have_attribute("aria-invalid", "true")
    expect(grams).to_be_focused()
    expect(grams).to_have_value("many")
    grams.fill("60")
    assert grams.get_attribute("aria-invalid") is None


def test_an_application_may_show_errors_itself(page: Page) -> None:
    """Where the event is prevented, nothing is put into the form."""
    page.goto("/")
    page.evaluate(EVENTS)
    page.evaluate("document.addEventListener('directives:error', event => event.preventDefault())")
    page.click("text=Refuse")
    wait_for(page, "error")
    expect(page.locator("[role=alert]")).to_have_count(0)


def test_a_form_stays_pending_when_the_page_of_another_one_comes(page: Page, site: Site) -> None:
    """Two forms are under way; what the first one's answer shows does not let the second one be sent twice."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST" and "second" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", hold)
    page.goto("/")
    page.fill("#slow input", "first")
    page.click("text=Add slowly")
    site.called("add_slowly first begins")
    page.fill("#add [name=name]", "second")
    page.click("text=Add >> nth=0")
    site.go("first")
    expect(page.locator("#teas li")).to_have_text(["first 50 g"])
    expect(page.locator("#add")).to_have_attribute("data-pending", "")
    expect(page.locator("#add")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#add button").first).to_be_disabled()
    page.evaluate("document.querySelector('#add').requestSubmit()")
    (first,) = held
    first.continue_()
    expect(page.locator("#teas li")).to_have_text(["first 50 g", "second 50 g"])
    expect(page.locator("#add button").first).to_be_enabled()
    assert len(held) == 1
    assert site.store["calls"] == ["add_slowly first begins", "add first", "add second"]


def test_a_slow_network(page: Page, site: Site) -> None:
    """The form is pending for as long as it takes, and a file tells how much of it has left."""
    page.goto("/")
    page.evaluate(EVENTS)
    photo = {"name": "photo.bin", "mimeType": "application/octet-stream", "buffer": b"x" * 300_000}
    page.set_input_files("#upload [name=photo]", photo)  # type: ignore[arg-type]
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    slow = {"offline": False, "latency": 50, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
    devtools.send("Network.emulateNetworkConditions", slow)
    page.click("text=Send")
    expect(page.locator("#upload")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#teas li")).to_have_count(1)
    wait_for(page, "done")
    steps = page.evaluate(
        "said.filter(([name]) => name === 'progress').map(([, , { loaded, total }]) => [loaded, total])"
    )
    assert len(steps) >= 2
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1] > 300_000


def test_a_form_can_be_given_up(page: Page, site: Site) -> None:
    """Who hears that it is pending is given what ends it."""
    page.goto("/")
    page.evaluate(EVENTS)
    page.fill("#slow input", "bancha")
    page.click("text=Add slowly")
    site.called("add_slowly bancha begins")
    page.evaluate("said[0][2].abort()")
    expect(page.locator("#slow")).not_to_have_attribute("data-pending", "")
    expect(page.locator("#slow [role=alert]")).to_have_count(0)
    # It is one that runs once, and so to its end.
    site.go("bancha")
    site.called("add bancha")


def test_a_page_with_other_scripts_is_loaded(page: Page, site: Site) -> None:
    """Scripts run where a browser loads a page, so it does."""
    page.goto("/")
    reply = json.dumps({"redirect": "/scripted"})
    page.route("**/?_directives*", lambda route: route.fulfill(content_type="application/json", body=reply))
    page.click("text=Add >> nth=0")
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")


def test_a_redirect_to_another_site_is_followed(page: Page) -> None:
    """By the browser itself; and an address that is none of the web's is not."""
    page.goto("/")
    replies = [{"redirect": "javascript:document.title='owned'"}, {"redirect": "http://other.example/"}]
    page.route(
        "http://other.example/", lambda route: route.fulfill(content_type="text/html", body="<h1>Other</h1>")
    )
    page.route(
        "**/?_directives*",
        lambda route: route.fulfill(content_type="application/json", body=json.dumps(replies.pop(0))),
    )
    page.click("text=Add >> nth=0")
    expect(page.locator("#add button").first).to_be_enabled()
    page.click("text=Add >> nth=0")
    expect(page.locator("h1")).to_have_text("Other")
    assert page.title() != "owned"


def test_other_forms_are_the_browser_s(page: Page, site: Site) -> None:
    """Forms of others, with another method or another target, are the browser's."""
    page.goto("/long")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.method) if "other" in request.url else None)
    page.evaluate("document.querySelector('#other').action = '/other'")
    page.fill("#note", "x")
    page.press("#note", "Enter")
    page.wait_for_url("**/other?note=x")
    assert posts == ["GET"]


def test_a_page_with_data_in_a_script_is_shown_in_place(page: Page) -> None:
    """Scripts without an address are none to load."""
    page.goto("/")
    text = page.content().replace("<main>", '<main><script type="application/json">{}</script>')
    reply = json.dumps({"ok": None, "page": text.replace('<form id="add"', '<form id="add" data-new')})
    page.route("**/?_directives*", lambda route: route.fulfill(content_type="application/json", body=reply))
    page.evaluate("globalThis.same = 1")
    page.click("text=Add >> nth=0")
    expect(page.locator("#add[data-new]")).to_be_visible()
    assert page.evaluate("globalThis.same") == 1


def test_an_alert_that_says_nothing_is_none(page: Page) -> None:
    """Where a page has a place for errors that is empty, the error is said all the same."""
    page.goto("/")
    page.evaluate(
        "document.querySelector('#add').append(Object.assign(document.createElement('p'), { role: 'alert' }))"
    )
    page.click("text=Refuse")
    expect(page.locator("#add .directives-error")).to_have_text("only 0 left")


def test_a_button_that_the_new_page_disables_is_disabled(page: Page) -> None:
    """Also after an error that the page was made anew for."""
    page.goto("/states")
    page.fill("#order [name=grams]", "5")

    def disable(route: Route) -> None:
        response = route.fetch()
        body = response.text().replace("<button>Order", "<button disabled>Order")
        route.fulfill(response=response, body=body)

    page.route("**/*_directives=*", disable)
    page.click("text=Order")
    expect(page.locator("#order [role=alert]")).to_have_text("Sorry, only 0 left")
    expect(page.locator("#order")).to_have_attribute("data-failed", "")
    expect(page.locator("#order button")).to_be_disabled()


def test_scroll_returns_with_the_page(page: Page, site: Site) -> None:
    """A new page begins at its top; going back shows where the visitor was."""
    page.goto("/long")
    page.evaluate("scrollTo(0, 900)")
    page.evaluate("import('/_directives/client.js').then(({ settings }) => settings.visit('/thanks#count'))")
    expect(page.locator("h1")).to_have_text("Thanks")
    assert page.url == f"{site.url}/thanks#count"
    page.go_back()
    expect(page.locator("h1")).to_have_text("A long page")
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") == 900
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Thanks")
    page.go_back()
    expect(page.locator("h1")).to_have_text("A long page")


def test_a_file_that_is_no_picture(page: Page, site: Site, tmp_path: Path) -> None:
    """A form for files that has none is sent as the browser would, and the function says what is missing."""
    page.goto("/")
    page.fill("#upload [name=title]", "Tea")
    page.click("text=Send")
    expect(page.locator("#upload [role=alert]")).to_contain_text("photo: ")
