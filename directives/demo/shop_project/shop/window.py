"""The shop's window: rendered ahead, but for what is of this moment and of this visitor."""

from __future__ import annotations

import time

from flask import render_template
from markupsafe import Markup

from directives.request import connection
from directives.request import headers

from . import catalog
from . import database


def page() -> str:
    """Static and deferred parts, side by side."""
    made = time.strftime("%H:%M:%S")
    return render_template("window.html", products=catalog.products(), made=made, parts=(latest, visitor))


def latest() -> Markup:
    """The newest order; asked for at each visit, and not in a hurry."""
    connection()
    time.sleep(0.6)
    orders = database.orders()
    if not orders:
        return Markup("<p>Nobody has ordered yet.</p>")
    return Markup("<p>{} of {}, at {}</p>").format(
        orders[0].quantity, orders[0].name, time.strftime("%H:%M:%S")
    )


def visitor() -> Markup:
    """What the visitor's browser says of itself."""
    time.sleep(0.2)
    return Markup("<p>{}</p>").format(headers().get("user-agent", "It says nothing."))
