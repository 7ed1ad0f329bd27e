"""The page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from book import entries
from book.actions import sign

PAGE = """<!doctype html>
<title>Guest book</title>
<h1>Guest book</h1>
<form action="{sign}" method="post">
<p><input name="name" placeholder="Your name" required> <input name="text" placeholder="What you say" required>
<button>Sign</button>
</form>
{entries}
"""
ENTRY = """<form action="{thank}" method="post">
<p><b>{name}</b>: {text} <button>thanks: {thanks}</button>
</form>
"""


def pages(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is one page: /\n"]
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    shown = "".join(map(show, entries.latest(50)))
    return [PAGE.format(sign=escape(str(sign)), entries=shown).encode()]


def show(entry: entries.Entry) -> str:
    number = entry.number

    async def thank() -> None:
        "use server"
        entries.thank(number)

    return ENTRY.format(
        thank=escape(str(thank)), name=escape(entry.name), text=escape(entry.text), thanks=entry.thanks
    )
