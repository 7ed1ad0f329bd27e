"""Deferred parts in a browser, with and without JavaScript, under a strict policy."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE
from tests.servers.serving import Running
from tests.servers.serving import serving

SITE = '''\
import time
from pathlib import Path
from markupsafe import Markup
from werkzeug.wrappers import Request, Response
from directives.request import cookies
from directives.shell import deferred
from directives.wsgi import DirectivesMiddleware

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'"
PAGE = """<!doctype html><html lang=en><head><meta charset=utf-8><title>parts</title>
<link rel="stylesheet" href="/own.css"><script type="module" src="/own.js"></script></head>
<body><main><h1>Shop</h1><input id="search"><div class="slow">{slow}</div><div class="fast">{fast}</div>
<div class="broken">{broken}</div></main></body></html>"""

def cart(name):
    while not Path(name).exists():
        time.sleep(0.02)
    return Markup("<b class=part>{} of {}</b>").format(name, cookies().get("who"))

def broken():
    raise ValueError("secret")

@Request.application
def pages(request):
    if request.path == "/own.css":
        return Response(".part { color: rgb(1, 2, 3) } main { color: rgb(4, 5, 6) }", mimetype="text/css")
    if request.path == "/own.js":
        script = "document.title = [...document.body.querySelectorAll('main .part')].map((b) => b.textContent).join()"
        return Response(script, mimetype="text/javascript")
    made = Markup(PAGE).format(
        slow=deferred("slow waits", cart, "slow"),
        fast=deferred("fast waits", cart, "fast"),
        broken=deferred("fallback", broken),
    )
    return Response(made, mimetype="text/html", headers={"Content-Security-Policy": POLICY})

app = DirectivesMiddleware(pages)
'''

PARTS = ("slow", "fast")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of a page with parts."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "pyproject.toml").write_text('[tool.directives]\nsecret_keys = ["of a test, long enough"]\n')
    (folder / "parts_site.py").write_text(SITE)
    for part in PARTS:
        (folder / part).touch()
    with serving("gunicorn --threads 8 -b 127.0.0.1:8000 parts_site:app", folder) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, shop: Running, scripted: bool) -> Iterator[BrowserContext]:
    """A browser with a cookie."""
    url = f"http://127.0.0.1:{shop.port}"
    context = browser.new_context(base_url=url, java_script_enabled=scripted)
    context.add_cookies([{"name": "who", "value": "me", "url": url}])
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def ready(shop: Running) -> Iterator[Callable[[str], None]]:
    """Lets a part come; until then it waits."""
    parts = [shop.folder / name for name in PARTS]
    for part in parts:
        part.unlink(missing_ok=True)
    yield lambda name: (shop.folder / name).touch()
    # A page that a failed test has left behind would hold a thread of the server.
    for part in parts:
        part.touch()


@pytest.mark.parametrize("scripted", [True, False])
def test_parts_come_into_their_places_as_they_are_ready(
    visitor: BrowserContext, ready: Callable[[str], None]
) -> None:
    """Fallbacks first, then the fast part while the slow one waits; in the order of the page, with its styles."""
    page = visitor.new_page()
    page.goto("/", wait_until="commit")
    expect(page.get_by_text("slow waits")).to_be_visible()
    expect(page.get_by_text("fast waits")).to_be_visible()
    ready("fast")
    expect(page.get_by_text("fast of me")).to_be_visible()
    expect(page.get_by_text("slow waits")).to_be_visible()
    expect(page.get_by_text("fast waits")).to_be_hidden()
    ready("slow")
    expect(page.get_by_text("slow of me")).to_be_visible()
    expect(page.get_by_text("slow waits")).to_be_hidden()
    expect(page.get_by_text("fallback")).to_be_visible()
    assert height(page, ".slow") < height(page, ".fast") < height(page, ".broken")
    expect(page.get_by_text("slow of me")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.get_by_text("fallback")).to_have_css("color", "rgb(4, 5, 6)")


def test_with_scripts_it_becomes_an_ordinary_document(
    visitor: BrowserContext, ready: Callable[[str], None]
) -> None:
    """Once all is there, other scripts find it in the document, and what a visitor has typed meanwhile stays."""
    page = visitor.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/", wait_until="commit")
    page.locator("#search").fill("green tea")
    ready("slow")
    ready("fast")
    page.wait_for_load_state("load")
    expect(page).to_have_title("slow of me,fast of me")
    assert page.evaluate("document.querySelectorAll('directives-part, slot').length") == 0
    assert page.evaluate("document.activeElement.id") == "search"
    assert page.evaluate("document.querySelector('main > #search').value") == "green tea"
    expect(page.get_by_text("slow of me")).to_have_css("color", "rgb(1, 2, 3)")
    assert said == []


def height(page: Page, selector: str) -> float:
    """How far down something is."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]
