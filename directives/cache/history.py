"""What was computed lately: what it takes to say why a call finds nothing in the store."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from reprlib import Repr
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import TypeVar

from directives.cache.keys import make_key
from directives.cache.outcome import ago
from directives.cache.outcome import span
from directives.cache.slot import Slot
from directives.cache.slots import Slots
from directives.cache.statistics import Reason
from directives.cache.values import StandIn

if TYPE_CHECKING:
    from directives.cache.function import CachedFunction

MOST_CALLS: Final = 1_000  # of one function
LONGEST: Final = 60  # characters of an argument that are shown

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument, or a captured variable, of a call.

    Attributes:
        name: Its name.
        digest: The same for equal values, as a key takes them.
        shown: How it is shown to people.
    """

    name: str
    digest: str
    shown: str

    def __str__(self) -> str:
        return f"{self.name}={self.shown}"


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a cached function, as a key is made of it.

    Attributes:
        function: The function's ID.
        version: The version of its code.
        key: The key.
        arguments: What it was given, captured variables included.
    """

    function: str
    version: str
    key: bytes
    arguments: tuple[Argument, ...]

    def differing(self, other: Called) -> tuple[Argument, ...]:
        """The arguments that another call does not have."""
        theirs = {argument.name: argument.digest for argument in other.arguments}
        return tuple(mine for mine in self.arguments if theirs.get(mine.name) != mine.digest)


@dataclass(frozen=True, slots=True)
class Filled:
    """A result that was computed.

    Attributes:
        call: The call that it answers.
        created: When its computation began, in seconds of the store's clock.
        expire: How many seconds it lives from then on.
        tags: Its labels.
        process: The process that computed it.
    """

    call: Called
    created: float
    expire: float
    tags: tuple[str, ...] = ()
    process: int = 0


@dataclass(frozen=True, slots=True)
class Absence:
    """Why the store has nothing for a call.

    Attributes:
        reason: In a word.
        detail: In a sentence; empty if there is no more to say.
        differing: The arguments in which it differs from the nearest result that was computed.
    """

    reason: Reason
    detail: str = ""
    differing: tuple[str, ...] = ()


class History:
    """The results that were computed lately, of each function the last ones."""

    def __init__(self) -> None:
        self._filled: dict[str, OrderedDict[bytes, Filled]] = {}
        self._lock = threading.Lock()

    def add(self, filled: Filled) -> None:
        """Remember a result."""
        call = filled.call
        with self._lock:
            known = self._filled.setdefault(call.function, OrderedDict())
            remember(known, call.key, filled, MOST_CALLS)

    def of(self, function: str) -> list[Filled]:
        """The results of a function, by its ID; the oldest first."""
        with self._lock:
            return list(self._filled.get(function, {}).values())

    def all(self) -> list[Filled]:
        """The results of all functions."""
        with self._lock:
            return [filled for known in self._filled.values() for filled in known.values()]


def remember(known: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Put something last; the first gives way if there are too many."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)


def called(cached: CachedFunction, key: bytes, names: Iterable[str], values: Iterable[Any]) -> Called:
    """A call, described.

    Args:
        cached: The function.
        key: The key of the call.
        names: The names of its parameters and captured variables.
        values: Their values, none of which is kept.
    """
    arguments = tuple(
        Argument(name, _digest(value), _shown(value)) for name, value in zip(names, values, strict=True)
    )
    return Called(cached.id, cached.version, key, arguments)


def absence(call: Called, filled: Sequence[Filled], now: float, *, shared: bool) -> Absence:
    """Why the store has nothing for a call, by what was computed before.

    Args:
        call: The call.
        filled: The results of the function that are known of.
        now: The time by the store's clock.
        shared: Whether the store is one of several processes.
    """
    same = next((each for each in reversed(filled) if each.call.key == call.key), None)
    if same is not None:
        return _given_up(same, now, shared=shared)
    others = [each for each in filled if each.call.version != call.version and not call.differing(each.call)]
    if others:
        return Absence(
            Reason.CODE, f"computed {ago(now - others[-1].created)} by another version of the code"
        )
    siblings = [each for each in filled if each.call.version == call.version]
    if not siblings:
        return Absence(Reason.UNSEEN)
    nearest = min(reversed(siblings), key=lambda each: len(call.differing(each.call)))
    mine, theirs = call.differing(nearest.call), nearest.call.differing(call)
    return Absence(
        Reason.UNSEEN,
        f"this call has {_listed(mine)}; the nearest result has {_listed(theirs)}",
        tuple(argument.name for argument in mine),
    )


def _given_up(filled: Filled, now: float, *, shared: bool) -> Absence:
    when = f"computed {ago(now - filled.created)}"
    if now >= filled.created + filled.expire:
        return Absence(Reason.EXPIRED, f"{when}; it lived {span(filled.expire)}")
    if not shared and filled.process != os.getpid():
        where = f"by process {filled.process}, in whose own memory it is kept: this process does not see it"
        return Absence(Reason.ELSEWHERE, f"{when} {where}")
    return Absence(
        Reason.EVICTED, f"{when}; the store has given it up since: it was full, cleared, or opened anew"
    )


def _listed(arguments: Iterable[Argument]) -> str:
    return ", ".join(map(str, arguments))


def _digest(value: Any) -> str:
    return blake2b(make_key(b"", (value,), Slots.take_apart), digest_size=8).hexdigest()


def _shown(value: Any) -> str:
    if type(value) is StandIn:
        return value.name
    if isinstance(value, Slot):
        return "(passed through)"
    short = Repr()
    short.maxstring = short.maxother = short.maxlong = LONGEST
    try:
        text = short.repr(value)
    except Exception:  # noqa: BLE001 -- a user's class may raise anything
        text = f"<{type(value).__qualname__}>"
    return text if len(text) <= 2 * LONGEST else f"{text[: 2 * LONGEST]}..."
