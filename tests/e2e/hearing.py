"""What a page has heard of its forms."""

from __future__ import annotations

from playwright.sync_api import Page

EVENTS = """() => {
  globalThis.said = []
  for (const name of ['pending', 'progress', 'done', 'error', 'outdated'])
    document.addEventListener(`directives:${name}`, event => said.push([name, event.target.id ?? 'document', event.detail]))
}"""


def heard(page: Page) -> list[str]:
    """The names of the events that the page has heard since ``EVENTS``."""
    names: list[str] = page.evaluate("said.map(([name]) => name)")
    return names


def wait_for(page: Page, name: str) -> None:
    """Wait until the page has heard an event; no policy forbids to ask again and again."""
    for _ in range(300):
        if name in heard(page):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{name} is not among {heard(page)}")
