"use server"

from __future__ import annotations

from flask import flash
from flask_login import current_user
from flask_login import login_required
from flask_login import login_user
from flask_login import logout_user

from directives.access import public
from directives.cache import update_tag
from directives.request import redirect

from . import users as _users
from .catalog import stock as _stock
from .database import connection as _connection
from .errors import SoldOut


@public
async def sign_in(name: str, password: str) -> None:
    user = _users.check(name, password)
    if user is None:
        flash("No such name, or not its password.")
        redirect("/sign-in")
    login_user(user)
    redirect("/")


@public
async def sign_out() -> None:
    logout_user()


@public
async def stock() -> dict[str, int]:
    """Grams of each tea."""
    return _stock()


@login_required
async def buy(tea: str, grams: int = 100) -> int:
    """Buy tea for who is signed in; returns how many grams are left."""
    with _connection() as rows:
        found = rows.execute("select grams from tea where name = ?", [tea]).fetchone()
        left = found["grams"] if found else 0
        if not 0 < grams <= left:
            raise SoldOut(tea, left)
        rows.execute("update tea set grams = grams - ? where name = ?", [grams, tea])
        row = [tea, grams, current_user.get_id()]
        rows.execute("insert into purchase (tea, grams, who) values (?, ?, ?)", row)
    update_tag("stock")
    flash(f"{grams} g of {tea} are yours.")
    return left - grams
