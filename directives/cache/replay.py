"""While developing: what a cached function printed and logged is shown again on a hit, marked as such."""

from __future__ import annotations

import logging
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import TextIO

from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope

if TYPE_CHECKING:
    from directives.cache.scope import Scope

PREFIX: Final = "Cache  "
MOST_KEYS: Final = 1_000
MOST_LINES: Final = 200

Said = str | logging.LogRecord


class Replays:
    """What was said while entries of this process were computed."""

    def __init__(self) -> None:
        self._said: OrderedDict[bytes, list[Said]] = OrderedDict()
        self._lock = threading.Lock()
        self._recording = 0
        self._tap = _Tap()
        self._tee: _Tee | None = None

    @contextmanager
    def recording(self, key: bytes, scope: FunctionScope) -> Iterator[None]:
        """Note what is said in a scope, inner scopes included, and pass it on."""
        said: list[Said] = []
        scope.said = said
        self._begin()
        try:
            yield
        finally:
            self._end()
            with self._lock:
                self._said[key] = said
                self._said.move_to_end(key)
                if len(self._said) > MOST_KEYS:
                    self._said.popitem(last=False)

    def show(self, key: bytes) -> None:
        """Say again what was said when the entry of a key was computed."""
        for said in merged(self._said.get(key, ())):
            if isinstance(said, str):
                sys.stdout.writelines(f"{PREFIX}{line}\n" for line in said.splitlines())
            else:
                again = logging.makeLogRecord({**vars(said), "msg": PREFIX + said.getMessage(), "args": None})
                logging.getLogger(said.name).handle(again)

    def _begin(self) -> None:
        with self._lock:
            self._recording += 1
            if self._recording == 1:
                logging.getLogger().addHandler(self._tap)
                self._tee = _Tee(sys.stdout)
                sys.stdout = self._tee

    def _end(self) -> None:
        with self._lock:
            self._recording -= 1
            if self._recording == 0:
                logging.getLogger().removeHandler(self._tap)
                # Somebody else may have put a stream in its place meanwhile.
                if self._tee is not None and sys.stdout is self._tee:
                    sys.stdout = self._tee.stream
                self._tee = None


class _Tap(logging.Handler):
    """Notes what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "directives.cache":
            note(current_scope(), record)


class _Tee:
    """Standard output that notes what is printed."""

    def __init__(self, stream: TextIO) -> None:
        self.stream: Any = stream

    def write(self, text: str) -> int:
        note(current_scope(), text)
        written: int = self.stream.write(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def note(scope: Scope | None, said: Said) -> None:
    """Note something for each function that is being computed."""
    for each in scope.around() if scope is not None else ():
        if isinstance(each, FunctionScope) and each.said is not None and len(each.said) < MOST_LINES:
            each.said.append(said)


def merged(said: list[Said] | tuple[()]) -> Iterator[Said]:
    """The same with pieces of text that follow each other put together."""
    text = ""
    for each in said:
        if isinstance(each, str):
            text += each
            continue
        if text:
            yield text
            text = ""
        yield each
    if text:
        yield text
