"""A site and a browser for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page

from tests.chromium import chromium
from tests.e2e.site_server import Site

PATIENCE = 15_000  # milliseconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a browser is slow."""
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.slow)


# It ends with the tests of this folder: others need asyncio.run().
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, served."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    """The site as it is at first."""
    server.reset()
    return server


@pytest.fixture
def context(browser: Browser, site: Site, scripted: bool) -> Iterator[BrowserContext]:
    """What one visitor has open."""
    context = browser.new_context(base_url=site.url, java_script_enabled=scripted)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def scripted() -> bool:
    """Whether the visitor's browser runs scripts; a test that holds for both is parametrized with it."""
    return True


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page, in which nothing may fail or break the policy of the site."""
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console", lambda message: said.append(message.text) if "Security Policy" in message.text else None
    )
    yield page
    assert said == []
