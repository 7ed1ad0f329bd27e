"""The votes, in an SQLite file that all workers share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager

TEAS = ("sencha", "assam", "rooibos")


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect("poll.db")) as connection, connection:
        connection.execute("create table if not exists votes (tea text primary key, count integer not null)")
        yield connection


def counts() -> dict[str, int]:
    with database() as connection:
        return dict.fromkeys(TEAS, 0) | dict(connection.execute("select tea, count from votes"))


def add(tea: str) -> None:
    with database() as connection:
        connection.execute(
            "insert into votes values (?, 1) on conflict (tea) do update set count = count + 1", (tea,)
        )
