"""The rows of the notes; open as long as the application runs."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from directives.integrations.starlette import request

TABLES = """
create table if not exists users (name text primary key, password text not null);
create table if not exists notes (number integer primary key, owner text not null, text text not null);
"""


@dataclass(frozen=True)
class Note:
    number: int
    text: str


class Database:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def password(self, user: str) -> str | None:
        row = self._connection.execute("select password from users where name = ?", (user,)).fetchone()
        return row[0] if row else None

    def add_user(self, name: str, password: str) -> None:
        with self._connection:
            self._connection.execute("insert into users values (?, ?)", (name, password))

    def notes(self, owner: str) -> list[Note]:
        rows = self._connection.execute("select number, text from notes where owner = ?", (owner,))
        return [Note(*row) for row in rows]

    def add_note(self, owner: str, text: str) -> None:
        with self._connection:
            self._connection.execute("insert into notes (owner, text) values (?, ?)", (owner, text))

    def drop_note(self, owner: str, number: int) -> None:
        with self._connection:
            self._connection.execute("delete from notes where owner = ? and number = ?", (owner, number))


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Database]]:
    with closing(sqlite3.connect("notes.db")) as connection:
        connection.executescript(TABLES)
        yield {"database": Database(connection)}


def database() -> Database:
    """The one of the request that is being answered."""
    opened: Database = request().state.database
    return opened
