"""What must not leave: objects by their identity, values by their content."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from directives.errors import TaintError
from directives.request import current_request

Look = Callable[[Any], None]
Key = Hashable
VALUES = (str, bytes, int)
# What is no object of its own: Python may share one among all who use it.
SHARED = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
SHORTEST = 8
SMALLEST = 1 << 32


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """One reason why something must not leave.

    Attributes:
        message: What the developer said.
        tainted: Gives the object, ``None`` when it is gone; for a value, ``None`` itself.
    """

    message: str
    tainted: Callable[[], Any] | None = None

    def means(self, value: Any) -> bool:
        """Whether it is about this object; the address alone may be that of a younger one."""
        return self.tainted is None or self.tainted() is value


class Taints:
    """Everything that is tainted in one process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._marks: dict[Key, list[Mark]] = {}
        self._ended: deque[tuple[Key, Mark]] = deque()
        self._lock = threading.Lock()

    def add_object(self, message: str, value: Any) -> None:
        """Taint an object.

        Raises:
            TypeError: ``value`` is no object of its own but a value, such as a text or a number.
        """
        if isinstance(value, SHARED):
            kind = type(value).__name__
            raise TypeError(
                f"taint_object() knows an object by its identity, and a {kind} has none: use taint_value()"
            )
        key = ("object", id(value))
        if is_weak(value):
            self._add(key, Mark(message, weakref.ref(value)), value)
        else:
            # Nothing would tell that it is gone, so it stays.
            self._add(key, Mark(message, lambda: value), life_of_request())

    def add_value(self, message: str, owner: Any, value: Any) -> None:
        """Taint a value while its owner lives, and until the request being answered is over.

        Raises:
            TypeError: ``value`` is of another type, or ``owner`` cannot be referenced weakly.
            ValueError: ``value`` is too common to be blocked everywhere.
        """
        if not is_weak(owner):
            raise TypeError(
                f"taint_value() needs an owner that can be referenced weakly, and a {type(owner).__name__} cannot: give it "
                "the object that the value belongs to, or a module for a value of the whole program"
            )
        key = key_of(value)
        self._add(key, Mark(message), owner)
        # The owner may be gone by the time that a result is encoded.
        request = life_of_request()
        if request is not None:
            self._add(key, Mark(message), request)

    def look(self) -> Look | None:
        """What looks at each part of a value that is about to leave; ``None`` if nothing is tainted."""
        if not self._marks:
            return None
        if self._ended:
            with self._lock:
                self._forget_ended()
        return self._look if self._marks else None

    def _look(self, value: Any) -> None:
        key = content_of(value) if type(value) in VALUES else ("object", id(value))
        for mark in reversed(self._marks.get(key, ())):
            if mark.means(value):
                raise TaintError(mark.message)

    def _add(self, key: Key, mark: Mark, life: Any) -> None:
        with self._lock:
            self._forget_ended()
            # A new list: other threads may be reading the old one.
            self._marks[key] = [*self._marks.get(key, ()), mark]
        if life is not None:
            # It may run in any thread at any moment, this one included: it takes no lock.
            weakref.finalize(life, self._ended.append, (key, mark)).atexit = False

    def _forget_ended(self) -> None:
        while self._ended:
            key, ended = self._ended.popleft()
            left = [mark for mark in self._marks.get(key, ()) if mark is not ended]
            if left:
                self._marks[key] = left
            else:
                self._marks.pop(key, None)


def key_of(value: Any) -> Key:
    """What tells a value from others; equal values have one key.

    Raises:
        TypeError: It is of a type whose values are not told apart by content.
        ValueError: It is too common to be blocked everywhere.
    """
    kind = type(value)
    if kind not in VALUES:
        raise TypeError(
            f"taint_value() knows str, bytes and int by their content, not {kind.__name__}: use taint_object() for an object"
        )
    if abs(value) < SMALLEST if kind is int else len(value) < SHORTEST:
        raise ValueError(
            f"taint_value() blocks a value wherever it occurs, and this one is too common: it needs {SHORTEST} characters "
            f"or bytes, or a number from {SMALLEST} on"
        )
    return content_of(value)


def content_of(value: Any) -> Key:
    """A value by its type and content."""
    return type(value).__name__, value


def is_weak(value: Any) -> bool:
    """Whether an object can be referenced weakly."""
    try:
        weakref.ref(value)
    except TypeError:
        return False
    return True


def life_of_request() -> Any:
    """What lives as long as the request being answered; ``None`` if none is."""
    request = current_request()
    return None if request is None else request.headers
