"""A store of one's own: a folder with a file for each entry, and one for the marks on tags.

It is here to show what a store has to do, and does nothing else: no bound on its size, one process. Name it in
`pyproject.toml`, and `'use cache: files'` keeps its results there:

    [tool.directives.cache_handlers]
    files = "files_handler:FilesHandler?folder=/var/cache/shop"
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handler import HandlerStats
from directives.errors import DecodeError


class FilesHandler:
    """Keeps entries and marks in files: both live on when the process ends, or an entry would outlive what took it."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._lock = threading.Lock()
        marks = self._folder / "marks"
        written = json.loads(marks.read_bytes()) if marks.exists() else {}
        self._marks = {tag: TagMark(*times) for tag, times in written.items()}

    def now(self) -> float:
        return time.time()

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        try:
            entry = CacheEntry.from_bytes((self._folder / f"{key.hex()}.entry").read_bytes())
        except (FileNotFoundError, DecodeError):  # not there, or not ours: a miss
            return None
        with self._lock:
            tags = (*entry.tags, *soft_tags)
            return Found(entry, [self._marks[tag] for tag in tags if tag in self._marks])

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        self._write(f"{key.hex()}.entry", entry.to_bytes())

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        with self._lock:  # all of them or none
            marks = self._marks | {
                tag: self._marks.get(tag, TagMark()).merge(mark, self.now()) for tag in tags
            }
            self._write("marks", json.dumps({tag: astuple(each) for tag, each in marks.items()}).encode())
            self._marks = marks

    def delete(self, key: bytes, /) -> None:
        (self._folder / f"{key.hex()}.entry").unlink(missing_ok=True)

    def clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        with self._lock:
            self._marks.clear()

    def stats(self) -> HandlerStats:
        files = list(self._folder.glob("*.entry"))
        return HandlerStats(entries=len(files), size=sum(file.stat().st_size for file in files))

    def close(self) -> None:
        """Nothing is held open."""

    def _write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._folder / f"{threading.get_ident()}.new"
        temporary.write_bytes(data)
        os.replace(temporary, self._folder / name)  # a reader sees the old file or the new one, never a part
