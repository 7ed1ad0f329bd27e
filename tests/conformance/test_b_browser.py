"""Section B: forms in Chromium, each line by its number, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from types import ModuleType

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import expect
from werkzeug.serving import make_server

from directives.forms import action_state
from directives.forms import form_of
from directives.integrations.script import directives_script
from tests.chromium import chromium
from tests.forms.browsing import wsgi
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

pytestmark = pytest.mark.slow

SHOP = """
    "use server"
    import asyncio
    from directives.errors import ExpectedError
    from directives.forms import FormData

    class TooMuch(ExpectedError):
        text: str

    ran = []

    async def count(previous: int, form: FormData) -> int:
        await asyncio.sleep(0.2)
        ran.append((previous, form["step"]))
        if form["step"] == "100":
            raise TooMuch("that is too much")
        return previous + int(form["step"])

    async def order(tea: str, quantity: int) -> None:
        ran.append((tea, quantity))

    __all__ = ["count", "order"]
"""
PAGE = """<!doctype html><html lang="en"><head><title>Forms</title>{script}</head><body><h1>{ran}</h1>{forms}</body></html>"""
FORM = """<form id="{id}" action="{form}" method="post"><output>{shown}</output><p role="alert">{error}</p>{fields}
<button>Send</button></form>"""


def page_of(shop: ModuleType) -> str:
    """Two counters and an order."""
    forms = []
    for key in ("a", "b"):
        state, form = action_state(shop.count, 0, key)
        step = f'<input name="step" value="{form.values.get("step", "1")}">'
        forms.append(FORM.format(id=key, form=form, shown=state, fields=step, error=form.error or ""))
    form = form_of(shop.order)
    fields = f'<input name="tea" value="{form.values.get("tea", "")}"><input name="quantity">'
    forms.append(
        FORM.format(
            id="order", form=form, shown=" ".join(form.problems), fields=fields, error=form.error or ""
        )
    )
    return PAGE.format(script=directives_script(), ran=len(shop.ran), forms="".join(forms))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripted(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts."""
    return bool(request.param)


@pytest.fixture
def page(scripted: bool, browser: Browser, shop: ModuleType) -> Iterator[Page]:
    """The page, open in the browser."""
    server = make_server("127.0.0.1", 0, wsgi(lambda: page_of(shop)), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{server.server_port}", java_script_enabled=scripted
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/page?q=1")
    yield page
    context.close()
    server.shutdown()
    thread.join()


def test_b09_forms_work_with_scripts_and_without(page: Page, shop: ModuleType, scripted: bool) -> None:
    """The page has changed afterwards, at its own address; with scripts it was never left."""
    page.evaluate("document.body.opened = true")
    page.fill("#order [name=tea]", "mint")
    page.fill("#order [name=quantity]", "2")
    page.click("#order button")
    expect(page.locator("h1")).to_have_text("1")
    assert page.url.endswith("/page?q=1")
    assert shop.ran == [("mint", 2)]
    assert page.evaluate("document.body.opened === true") == scripted


def test_b10_pending_errors_and_second_clicks(page: Page, shop: ModuleType, scripted: bool) -> None:
    """A second click runs nothing; an error is told in the form, and what was typed is still there."""
    page.evaluate(
        "pending = []; addEventListener('directives:pending', ({ target }) => pending.push(target.ariaBusy))"
    )
    page.locator("#a button").dblclick(no_wait_after=True)
    expect(page.locator("#a output")).to_have_text("1")
    assert shop.ran == [(0, "1")]
    # Without scripts the browser shows that it waits, and the page is another one by now.
    assert not scripted or page.evaluate("pending") == ["true"]
    page.fill("#a [name=step]", "100")
    page.click("#a button")
    expect(page.locator("#a [role=alert]")).to_have_text("that is too much")
    expect(page.locator("#a output")).to_have_text("1")
    expect(page.locator("#a [name=step]")).to_have_value("100")
    page.fill("#order [name=tea]", "mint")
    page.fill("#order [name=quantity]", "many")
    page.click("#order button")
    expect(page.locator("#order output")).to_have_text("quantity")
    expect(page.locator("#order [name=tea]")).to_have_value("mint")
    assert shop.ran == [(0, "1"), (1, "100")]


def test_b11_form_state_in_a_browser(page: Page, shop: ModuleType) -> None:
    """Each submission starts from the state that the last one gave; the other form of the function is left alone."""
    for state in ("1", "2", "3"):
        page.click("#a button")
        expect(page.locator("#a output")).to_have_text(state)
    expect(page.locator("#b output")).to_have_text("0")
    page.click("#b button")
    expect(page.locator("#b output")).to_have_text("1")
    assert shop.ran == [(0, "1"), (1, "1"), (2, "1"), (0, "1")]
