"""What the tests of the SQLite store have in common."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from directives.cache.entry import CacheEntry
from directives.cache.handlers.sqlite import SqliteHandler
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue

ROOT = Path(__file__).parents[2]


@contextmanager
def store(path: Path, **options: Any) -> Iterator[SqliteHandler]:
    """A store, closed afterwards."""
    handler = SqliteHandler(path, **options)
    try:
        yield handler
    finally:
        handler.close()


def entry(
    value: object = "value",
    created: float = 1000.0,
    tags: tuple[str, ...] = (),
    life: CacheLife = PROFILES["default"],
) -> CacheEntry:
    """An entry that never expires by itself."""
    return CacheEntry(CachedValue.of(value), created, life, tags)


def value_of(handler: SqliteHandler, key: bytes) -> object:
    """What a store has under a key."""
    found = handler.get(key)
    return None if found is None else found.entry.value.copy()


def sql(path: Path, query: str, *parameters: object) -> list[Any]:
    """Do something to the file behind the store's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        return raw.execute(query, parameters).fetchall()


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process that runs a program."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
