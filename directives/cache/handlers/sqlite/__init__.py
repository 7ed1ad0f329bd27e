"""The store of ``'use cache: remote'``: one SQLite file that the processes of a machine share.

See https://sqlite.org/wal.html: readers wait for nobody, writers for each other.
"""

from __future__ import annotations

from directives.cache.handlers.sqlite.handler import SqliteHandler

__all__ = ["SqliteHandler"]
