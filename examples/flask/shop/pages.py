"""The pages, and what their buttons do."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import url_for
from flask_login import current_user
from flask_login import login_required
from werkzeug.wrappers import Response

from directives.cache import update_tag

from . import actions
from .catalog import stock
from .database import connection
from .errors import SoldOut

blueprint = Blueprint("shop", __name__)


@blueprint.get("/")
def home() -> str:
    return render_template("home.html", stock=stock(), actions=actions)


@blueprint.get("/window")
def window() -> str:
    """What everybody sees, rendered ahead by `directives prerender`, and who is looking."""
    return render_template("window.html", stock=stock(), greeting=greeting)


def greeting() -> str:
    return f"Good to see you, {current_user.id}." if current_user.is_authenticated else "Come in and sign in."


@blueprint.get("/sign-in")
def sign_in_page() -> str:
    return render_template("sign_in.html", sign_in=actions.sign_in)


@blueprint.get("/purchases")
@login_required
def purchases() -> str:
    query = "select * from purchase where who = ? order by id"
    rows = [
        {"id": row["id"], "text": f"{row['grams']} g of {row['tea']}", "cancel": cancel_button(row["id"])}
        for row in connection().execute(query, [current_user.get_id()])
    ]
    return render_template("purchases.html", rows=rows)


def cancel_button(purchase: int) -> Callable[[], Awaitable[None]]:
    """A server function for one row: the page has the row's number encrypted."""

    @login_required
    async def cancel() -> None:
        "use server"
        with connection() as rows:
            mine = "from purchase where id = ? and who = ?", [purchase, current_user.get_id()]
            row = rows.execute(f"select tea, grams {mine[0]}", mine[1]).fetchone()
            if row is not None:
                rows.execute(f"delete {mine[0]}", mine[1])
                rows.execute("update tea set grams = grams + ? where name = ?", [row["grams"], row["tea"]])
        update_tag("stock")

    return cancel


@blueprint.app_errorhandler(SoldOut)
def sold_out(error: SoldOut) -> Response:
    """What a form gets; programs get the error itself."""
    flash(str(error))
    return redirect(url_for("shop.home"))
