"""The answer to "why did it miss?": what the store would say of a call just now."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from datetime import datetime
from types import FunctionType
from types import MethodType
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.history import absence
from directives.cache.journal import Journal
from directives.cache.outcome import Answer
from directives.cache.outcome import Outcome
from directives.cache.outcome import ago
from directives.cache.outcome import span
from directives.cache.scope import current_scope
from directives.cache.statistics import Reason
from directives.cache.wrapper import calls_of

if TYPE_CHECKING:
    from directives.cache.entry import Found
    from directives.cache.entry import TagMark
    from directives.cache.function import CachedFunction
    from directives.cache.handler import CacheHandler
    from directives.cache.history import Called
    from directives.cache.history import Filled
    from directives.cache.wrapper import CachedCalls


def why(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Outcome:
    """How a call of a cached function would be answered just now and, if by computing, why.

    Nothing runs and nothing is counted. What the store has given up, which argument differs and whether the code has
    changed is known of results that were computed while the cache was watched: with ``DIRECTIVES_DEBUG_CACHE=1``, by
    whatever process, or in this one with the setting ``debug``.

    Args:
        function: The cached function, or what its decorators made of it.
        args: The positional arguments of the call.
        kwargs: Its keyword arguments.

    Returns:
        The outcome; as text one line for people.

    Raises:
        TypeError: It is no cached function, or cannot be called with these arguments.
        CacheKeyError: An argument cannot be part of a key.

    >>> from directives.cache import use_cache
    >>> @use_cache
    ... def price(tea: str) -> int:
    ...     return 480
    >>> why(price, "sencha").answer
    <Answer.MISS: 'miss'>
    """
    calls, wrapper, first = find_calls(function)
    values = bound(calls, wrapper, (*first, *args), kwargs) + captured_values(calls, wrapper)
    cached = calls.cached
    if cached.is_private:
        return Outcome(cached.name, Answer.MISS, Reason.PRIVATE, "its results are one client's alone")
    key, values, _ = calls.opened(values)
    return _judged(cached, calls.called(key, values))


def find_calls(function: object) -> tuple[CachedCalls, FunctionType, tuple[Any, ...]]:
    """What answers the calls of a cached function, the wrapper, and the object that a method is of.

    Raises:
        TypeError: There is no cached function under whatever decorators.
    """
    looked: Any = function
    first: tuple[Any, ...] = ()
    while looked is not None:
        if isinstance(looked, MethodType):
            looked, first = looked.__func__, (looked.__self__,)
        if isinstance(looked, FunctionType) and (calls := calls_of(looked)) is not None:
            return calls, looked, first
        looked = getattr(looked, "__wrapped__", None)
    name = getattr(function, "__qualname__", type(function).__qualname__)
    raise TypeError(
        f"{name} is no cached function: neither a directive, with the import hook on, nor @use_cache makes it one"
    )


def bound(
    calls: CachedCalls, wrapper: FunctionType, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """The arguments of a call, in the order in which the wrapper takes them.

    Raises:
        TypeError: The function cannot be called with them.
    """
    found = inspect.signature(wrapper, follow_wrapped=False).bind(*args, **kwargs)
    found.apply_defaults()
    return tuple(found.arguments[name] for name in calls.names[: calls.shape.arguments])


def captured_values(calls: CachedCalls, wrapper: FunctionType) -> tuple[Any, ...]:
    """The values of the captured variables that enter the key."""
    cells = dict(zip(wrapper.__code__.co_freevars, wrapper.__closure__ or (), strict=True))
    return tuple(cells[name].cell_contents for name in calls.captured)


def _judged(cached: CachedFunction, call: Called) -> Outcome:
    store = cached.store
    scope = current_scope()
    soft_tags = () if scope is None else scope.soft_tags
    try:
        now = store.handler.now()
        found = store.handler.get(call.key, soft_tags)
        if found is not None:
            return Finding(cached, call.key, found, soft_tags, now).outcome()
    except Exception as error:  # noqa: BLE001 -- a store may raise anything, which is the answer
        return Outcome(cached.name, Answer.MISS, Reason.FAILED, f"{type(error).__name__}: {error}")
    why_not = absence(call, _known(cached), now, shared=store.leases is not None)
    return Outcome(cached.name, Answer.MISS, why_not.reason, why_not.detail, why_not.differing)


def _known(cached: CachedFunction) -> list[Filled]:
    """What is known to have been computed: by this process, and by those that were watched."""
    caches = cached.caches
    noted = Journal(caches.settings.root).read()
    known = [each.filled for each in noted if each.filled.call.function == cached.id]
    trace = caches.watch.trace
    return known + (trace.history.of(cached.id) if trace else [])


class Finding:
    """What a store has under the key of a call, judged.

    Args:
        cached: The function.
        key: The key.
        found: What the store has.
        soft_tags: The soft tags that it was asked with.
        now: The time by the store's clock.
    """

    def __init__(
        self, cached: CachedFunction, key: bytes, found: Found, soft_tags: Sequence[str], now: float
    ) -> None:
        self._cached = cached
        self._key = key
        self._found = found
        self._soft_tags = soft_tags
        self._now = now

    def outcome(self) -> Outcome:
        """How the call would be answered."""
        found, now, name = self._found, self._now, self._cached.name
        entry = found.entry
        age = now - entry.created
        when, left = f"computed {ago(age)}", entry.life.revalidate - age
        if age >= entry.life.expire:
            return Outcome(name, Answer.MISS, Reason.EXPIRED, f"{when}; it lived {span(entry.life.expire)}")
        if found.is_gone(now):
            detail = f"{when}; {self._blamed(lambda mark: mark.takes(entry.created, now))}"
            return Outcome(name, Answer.MISS, Reason.TAG, detail)
        if not found.is_stale(now):
            return Outcome(name, Answer.HIT, detail=f"{when}; fresh for another {span(left)}", left=left)
        if left > 0:
            detail = f"{when}; {self._blamed(lambda mark: mark.dates(entry.created))}"
            return Outcome(name, Answer.STALE, detail=detail)
        return Outcome(
            name, Answer.STALE, detail=f"{when}; stale after {span(entry.life.revalidate)}", left=left
        )

    def _blamed(self, counts: Callable[[TagMark], bool]) -> str:
        """Which tags have made it out of date, and when."""
        said = [
            f"the tag {tag!r} was invalidated {_moment(mark, self._now)}"
            for tag in (*self._found.entry.tags, *self._soft_tags)
            for mark in marks_of(self._cached.handler, self._key, tag, self._soft_tags)
            if counts(mark)
        ]
        return "; ".join(said) or f"one of its tags was invalidated: {', '.join(self._found.entry.tags)}"


def marks_of(handler: CacheHandler, key: bytes, tag: str, soft_tags: Sequence[str]) -> list[TagMark]:
    """The mark that a store has on one tag.

    A store gives the marks of all tags together: the one that comes again with the tag asked for twice is the tag's.
    """
    once, twice = handler.get(key, soft_tags), handler.get(key, (*soft_tags, tag))
    if once is None or twice is None:
        return []
    return list((Counter(twice.marks) - Counter(once.marks)).elements())


def _moment(mark: TagMark, now: float) -> str:
    time = max(mark.expired, mark.stale)
    written = datetime.fromtimestamp(time).astimezone().isoformat(" ", "seconds")
    return f"{ago(now - time)} ({written})"
