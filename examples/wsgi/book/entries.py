"""The entries, in an SQLite file that all workers share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass

TABLE = """create table if not exists entries
           (number integer primary key, name text not null, text text not null, thanks integer not null default 0)"""


@dataclass(frozen=True)
class Entry:
    number: int
    name: str
    text: str
    thanks: int


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect("guest-book.db")) as connection, connection:
        connection.execute(TABLE)
        yield connection


def latest(count: int) -> list[Entry]:
    with database() as connection:
        rows = connection.execute(
            "select number, name, text, thanks from entries order by number desc limit ?", (count,)
        )
        return [Entry(*row) for row in rows]


def add(name: str, text: str) -> None:
    with database() as connection:
        connection.execute("insert into entries (name, text) values (?, ?)", (name, text))


def thank(number: int) -> None:
    with database() as connection:
        connection.execute("update entries set thanks = thanks + 1 where number = ?", (number,))
