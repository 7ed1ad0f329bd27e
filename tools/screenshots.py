#!/usr/bin/env python3
"""Photograph the demo's shop for the README, in Chromium, in both colour schemes.

    .venv/bin/python tools/screenshots.py

Needs the extra ``test`` and a Chromium of the machine (Debian: apt install chromium). Writes docs/images/.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Page
from playwright.sync_api import ViewportSize
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from directives.demo import copy_project
from directives.demo.processes import serve
from tests.e2e.conftest import ARGUMENTS
from tests.e2e.conftest import BROWSERS

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZE: ViewportSize = {"width": 1060, "height": 640}


def main() -> int:
    """Take all pictures; returns the exit status."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        print("screenshots.py: no Chromium on this machine (Debian: apt install chromium)", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        with serve(copy_project(Path(folder)), "127.0.0.1", 0) as server:
            context = browser.new_context(base_url=server.url, viewport=SIZE)
            page = context.new_page()
            scheme: Literal["light", "dark"]
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                shop(page, scheme)
                refused_order(page, scheme)
        browser.close()
    return 0


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
    sys.exit(main())
