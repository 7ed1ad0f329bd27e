"""The demo's scenario: each step does what a user would, then looks at the rows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from directives.demo.browser import Browser
from directives.demo.browser import Page
from directives.demo.processes import Server
from directives.demo.processes import run_script
from directives.demo.report import Report

LOAF, TEA = 1, 2
LOAVES, TEAS = 12, 40
UNKNOWN = "0" * 40
CACHE_LOG = "directives.cache: "


def tour(server: Server, project: Path, report: Report) -> None:
    """Go through the scenario.

    Args:
        server: The shop's server.
        project: The shop's folder.
        report: Where each step and check is shown.
    """
    rows = Rows(project / "shop.db")
    with Browser(server.url) as browser:
        page = read_page(browser, report)
        read_again(browser, server, report)
        send_form(browser, page, server, rows, report)
        refuse_order(browser, page, rows, report)
        call_from_script(server, project, rows, report)
        refuse_tampered(browser, page, rows, report)
        refuse_unknown(browser, report)
        look_at_orders(browser, rows, report)


def read_page(browser: Browser, report: Report) -> Page:
    """A page whose form names a nested server function and what it captured."""
    report.step("A page with a form that calls a Python function")
    page = browser.open(f"/products/{LOAF}")
    report.line(f"GET {page.url}")
    report.line(f'<form action="{page.action[:64]}..." method="post">')
    function, _, sealed = page.action.removeprefix("?_directives=").partition("~")[0].partition(".")
    report.check("the form names its function by an ID", (len(function), function.isalnum()), (40, True))
    report.check("what the function captured is in the page, sealed", len(sealed) > 20, True)
    report.check("the page shows the stock", page.stock, f"{LOAVES} left")
    return page


def read_again(browser: Browser, server: Server, report: Report) -> None:
    """A page whose data is in the cache."""
    report.step("The page again: what it shows is cached")
    start = server.logged()
    page = browser.open(f"/products/{LOAF}")
    report.check("the row was not read again", watched(server, start, report), ["hit"])
    report.check("the page shows the same stock", page.stock, f"{LOAVES} left")


def send_form(browser: Browser, page: Page, server: Server, rows: Rows, report: Report) -> None:
    """The form as a browser without a script sends it."""
    report.step("The form is sent: no script, no route, no API")
    start = server.logged()
    response = browser.submit(page, quantity="2", customer="a browser")
    report.line(f"POST {page.url} -> {response.status_code}, {response.headers.get('location')}")
    report.check("the answer redirects to the page", response.status_code, 303)
    report.check("there is a row for the order", rows.orders(), [(LOAF, 2, "a browser")])
    report.check("the row of the product has less stock", rows.stock(LOAF), LOAVES - 2)
    after = browser.open(response.headers.get("location", "/"))
    looks = watched(server, start, report)
    report.check(
        "update_tag() dropped what was cached, in the same request", looks, ["tags", "miss", "fill", "hit"]
    )
    report.check("the page shows the new stock", after.stock, f"{LOAVES - 2} left")


def refuse_order(browser: Browser, page: Page, rows: Rows, report: Report) -> None:
    """The function refuses, and says why: the page is made anew within the same request."""
    report.step("More is ordered than there is")
    response = browser.submit(page, quantity="99", customer="a hungry browser")
    report.line(f"POST {page.url} -> {response.status_code}")
    report.check("the answer is 409", response.status_code, 409)
    report.check("it is the page, which says why", "There are not that many left." in response.text, True)
    report.check("it still has what was typed", 'value="a hungry browser"' in response.text, True)
    report.check("nothing more was ordered", len(rows.orders()), 1)


def watched(server: Server, start: int, report: Report) -> list[str]:
    """Show what the server's cache has logged since ``start``; the first word of each line."""
    logged = server.said(start).splitlines()
    looks = [line.removeprefix(CACHE_LOG) for line in logged if line.startswith(CACHE_LOG)]
    for look in looks:
        report.line(look)
    return [look.split()[0] for look in looks]


def call_from_script(server: Server, project: Path, rows: Rows, report: Report) -> None:
    """Another process imports the same module, and gets stubs."""
    report.step("Another process imports shop.actions and calls it")
    report.line(f"DIRECTIVES_URL={server.url} python -X directives=client order.py")
    done = run_script(project, server.url)
    report.check("the script ended well", (done.returncode, done.stderr), (0, ""))
    said = _said(done.stdout)
    report.line(f"process {said.get('process')}: from shop.actions import place_order, stock")
    report.line(f'process {said.get("process")}: await place_order({TEA}, quantity=3, customer="a script")')
    report.line(f"                -> {said.get('order')}")
    report.check(
        "it saw the stock before and after", (said.get("before"), said.get("after")), (TEAS, TEAS - 3)
    )
    report.check("it never loaded the database, only stubs", said.get("has_database"), False)
    report.check("there is a row for its order", rows.orders()[1:], [(TEA, 3, "a script")])
    report.check("the row of the product has less stock", rows.stock(TEA), TEAS - 3)


def refuse_tampered(browser: Browser, page: Page, rows: Rows, report: Report) -> None:
    """A captured value that somebody changed on its way."""
    report.step("Somebody changes the sealed value in the page")
    place = len(page.action.partition("~")[0]) - 12
    other = "A" if page.action[place] != "A" else "B"
    forged = page.action[:place] + other + page.action[place + 1 :]
    response = browser.submit(page, forged, quantity="1", customer="a thief")
    report.line(f"POST {page.url} -> {response.status_code}")
    report.check("the answer is 400", response.status_code, 400)
    report.check("nothing was ordered", len(rows.orders()), 2)
    report.check("no stock was taken", rows.stock(LOAF), LOAVES - 2)


def refuse_unknown(browser: Browser, report: Report) -> None:
    """An ID that no function has."""
    report.step("Somebody asks for a function that is not there")
    response = browser.call(f"/_directives/{UNKNOWN}")
    report.line(f"POST /_directives/{UNKNOWN[:8]}... -> {response.status_code}, {response.text[:80]}")
    report.check("the answer is 404", response.status_code, 404)


def look_at_orders(browser: Browser, rows: Rows, report: Report) -> None:
    """The orders, on a page."""
    report.step("The page of orders")
    text = browser.get("/orders").text
    for _, quantity, customer in rows.orders():
        report.check(f"it lists the {quantity} for {customer}", customer in text, True)


class Rows:
    """The shop's rows, read past the shop.

    Args:
        file: The SQLite file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def orders(self) -> list[tuple[int, int, str]]:
        """Product, quantity and customer of each order, oldest first."""
        return self._query("SELECT product_id, quantity, customer FROM orders ORDER BY id")

    def stock(self, product_id: int) -> int:
        """How many of a product are left."""
        return int(self._query("SELECT stock FROM products WHERE id = ?", product_id)[0][0])

    def _query(self, query: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(query, values).fetchall()


def _said(text: str) -> dict[str, Any]:
    """What the script printed; nothing if it did not get that far."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
