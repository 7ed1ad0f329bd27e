#!/usr/bin/env python3
"""Photograph the demo's shop for the README, in Chromium, in both colour schemes.

    .venv/bin/python tools/screenshots.py

Needs the extra ``test`` and a Chromium of the machine (Debian: apt install chromium). Writes docs/images/.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Page
from playwright.sync_api import ViewportSize

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from directives.demo import copy_project
from directives.demo.processes import serve
from tests.chromium import chromium

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE: ViewportSize = {"width": 1060, "height": 640}


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(exist_ok=True)
    scheme: Literal["light", "dark"]
    with (
        TemporaryDirectory() as folder,
        chromium() as browser,
        serve(copy_project(Path(folder)), "127.0.0.1", 0) as server,
    ):
        page = browser.new_context(base_url=server.url, viewport=SIZE).new_page()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            shop(page, scheme)
            refused_order(page, scheme)


def shop(page: Page, scheme: str) -> None:
    """The list of products, one of them liked."""
    page.goto("/")
    button = page.locator("#like-2 button")
    if button.get_attribute("aria-pressed") == "false":
        button.click()
        page.locator("#like-2:not([data-pending]) [aria-pressed=true]").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"shop-{scheme}.png")


def refused_order(page: Page, scheme: str) -> None:
    """A product whose order was refused, with what was typed."""
    page.goto("/products/2")
    page.fill("#customer", "Ada")
    page.fill("#quantity", "99")
    page.click("#order button")
    page.locator("#order [role=alert]").wait_for()
    page.screenshot(path=IMAGES / f"order-{scheme}.png")


if __name__ == "__main__":
    main()
