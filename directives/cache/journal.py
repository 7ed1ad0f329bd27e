"""What watched processes have computed, written down where a command can read it."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any
from typing import Final

from directives.cache.history import Argument
from directives.cache.history import Called
from directives.cache.history import Filled

PLACE: Final = Path(".directives", "cache-journal.jsonl")
MOST_BYTES: Final = 4 << 20

log = logging.getLogger("directives.cache")


@dataclass(frozen=True, slots=True)
class Noted:
    """A line of the journal.

    Attributes:
        name: The function's module and qualified name.
        filled: What was computed.
    """

    name: str
    filled: Filled


class Journal:
    """A file with a line for each result that was computed while ``DIRECTIVES_DEBUG_CACHE`` was set.

    Arguments stand in it as they are shown to people, so it is its owner's alone to read, as the store is. When it is
    full it begins anew, and the one before is kept beside it.

    Args:
        root: The project's folder.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / PLACE
        self._lock = threading.Lock()
        self._failed = False

    def add(self, name: str, filled: Filled) -> None:
        """Write down a result; a disk that cannot be written costs the line."""
        line = json.dumps({"name": name, **_said(filled)}) + "\n"
        try:
            with self._lock:
                self._write(line.encode())
        except OSError as error:
            if not self._failed:
                log.warning("%s cannot be written: %s", self._path, error)
            self._failed = True

    def _write(self, line: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        # One write of the whole line: those of several processes do not mix.
        file = os.open(self._path, flags, 0o600)
        try:
            os.write(file, line)
            full = os.fstat(file).st_size > MOST_BYTES
        finally:
            os.close(file)
        if full:
            os.replace(self._path, self._before)

    @property
    def _before(self) -> Path:
        return self._path.with_suffix(".1.jsonl")

    def read(self) -> list[Noted]:
        """All that was written down, the oldest first; a line that is none is left out."""
        return [*_read(self._before), *_read(self._path)]

    def clear(self) -> None:
        """Forget everything."""
        for path in (self._before, self._path):
            path.unlink(missing_ok=True)


def _said(filled: Filled) -> dict[str, Any]:
    said = asdict(filled)
    said["call"]["key"] = filled.call.key.hex()
    said["expire"] = None if filled.expire == inf else filled.expire
    return said


def _read(path: Path) -> Iterator[Noted]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        # A process that is killed leaves half a line; a later version may write others.
        with suppress(ValueError, KeyError, TypeError):
            yield _noted(json.loads(line))


def _noted(said: dict[str, Any]) -> Noted:
    call = said["call"]
    arguments = tuple(Argument(str(a["name"]), str(a["digest"]), str(a["shown"])) for a in call["arguments"])
    return Noted(
        str(said["name"]),
        Filled(
            Called(str(call["function"]), str(call["version"]), bytes.fromhex(call["key"]), arguments),
            float(said["created"]),
            inf if said["expire"] is None else float(said["expire"]),
            tuple(map(str, said["tags"])),
            int(said["process"]),
        ),
    )
