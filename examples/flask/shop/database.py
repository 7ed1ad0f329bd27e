"""One connection to SQLite for each request, closed with it."""

from __future__ import annotations

import sqlite3

from flask import Flask
from flask import current_app
from flask import g

SCHEMA = """
create table if not exists tea (name text primary key, grams integer not null check (grams >= 0));
create table if not exists purchase (id integer primary key, tea text not null, grams integer not null, who text not null);
insert or ignore into tea values ('sencha', 500), ('assam', 250);
"""


def connection() -> sqlite3.Connection:
    """The connection of the current request."""
    if "connection" not in g:
        g.connection = sqlite3.connect(current_app.config["DATABASE"])
        g.connection.row_factory = sqlite3.Row
    return g.connection


def init_app(app: Flask) -> None:
    with app.app_context():
        connection().executescript(SCHEMA)
    app.teardown_appcontext(close)


def close(error: BaseException | None) -> None:
    connection = g.pop("connection", None)
    if connection is not None:
        connection.close()
