"""The scope: what runs just now, and what is learnt while it does."""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.life import CacheLife
from directives.errors import CacheScopeError

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.cache.flight import Flight
    from directives.cache.function import CachedFunction
    from directives.cache.outcome import Outcome
    from directives.cache.private import RequestStore
    from directives.request import CurrentRequest

REQUEST: Final = "request"
PRIVATE: Final = "private"
DEFAULT: Final = "default"
PATH_TAG: Final = "_path:"


class Scope:
    """What runs just now: the answer to a request, or the computation of a cached function's result.

    Args:
        kind: ``"request"``, or the name of the store that a cached function is kept in.
        caches: The caches of the process.
        parent: The scope around it.

    Attributes:
        labels: The tags of everything cached that was used so far, in order; ``None`` for none.
        inner: The shortest of the lives of everything cached that was used so far.
        memo: What ``memo`` remembers here.
    """

    # Each page and each miss makes one: until it is needed, it has little of its own.
    labels: dict[str, None] | None = None
    inner: CacheLife | None = None
    memo: dict[Any, Any] | None = None

    def __init__(self, kind: str, caches: Caches, parent: Scope | None = None) -> None:
        self.kind = kind
        self._caches = caches
        self.parent = parent

    @property
    def caches(self) -> Caches:
        """The caches of the process."""
        return self._caches

    @property
    def function(self) -> CachedFunction | None:
        """The cached function that is being computed, if one is."""
        return None

    @cached_property
    def fresh(self) -> bool:
        """Whether everything cached runs again here and is not kept, as in a draft."""
        return self.parent is not None and self.parent.fresh

    @property
    def strict(self) -> bool:
        """Whether what is stale is computed anew before it is used here, as in what is made to be kept for long."""
        return self.parent is not None and self.parent.strict

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of everything cached that was used so far, in order."""
        return () if self.labels is None else tuple(self.labels)

    @property
    def soft_tags(self) -> tuple[str, ...]:
        """The tags that no entry has but that an entry used here must not be older than."""
        return () if self.parent is None else self.parent.soft_tags

    def postpone(self, what: str) -> None:
        """Learn that what follows needs a request; where one is being answered, nothing happens."""

    def note(self, life: CacheLife, tags: Iterable[str], since: float = math.inf) -> None:
        """Learn that an entry was used here, whether found or made.

        Args:
            life: Its life.
            tags: Its tags.
            since: When it began, if it is in the memory of this process: what others invalidate may not reach it.
        """
        inner = self.inner
        if inner is None:
            self.inner = life
        elif inner is not life:
            self.inner = inner.shortest(life)
        if tags:
            self.label(tags)

    def label(self, tags: Iterable[str]) -> None:
        """Add to the tags."""
        if self.labels is None:
            self.labels = {}
        self.labels.update(dict.fromkeys(tags))

    def admit(self, cached: CachedFunction) -> None:
        """See that a cached function may be called here.

        Raises:
            CacheScopeError: Its kind has no place inside the one around it; names both functions.
        """

    def around(self) -> Iterator[Scope]:
        """This scope and those around it, from the inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


class RequestScope(Scope):
    """The answer to a request.

    Args:
        caches: The caches of the process.
        path: The path of the page; ``revalidate_path`` reaches what is used here by it.

    Attributes:
        serves: Whether a server function was called, rather than a page asked for.
        results: What private functions have given in this request.
        private: Whether one was used, so that nobody but the client may keep the response.
        updated: Whether it was said that cached results are out of date.
        outcomes: While the cache is watched: how each call of a cached function was answered.
        parts: What is deferred on this page, in order; ``None`` once its response has begun.
    """

    kind = REQUEST
    parent = None
    serves = False
    private = False
    updated = False
    results: RequestStore | None = None
    outcomes: tuple[Outcome, ...] = ()
    parts: tuple[Any, ...] | None = ()
    _soft_tags: tuple[str, ...] | None = None

    def __init__(self, caches: Caches, path: str) -> None:
        # Without `super()`, which sets what is set already.
        self._caches = caches
        self.path = path

    @property
    def lasting(self) -> bool:
        """Whether the event loop goes on when the request is over."""
        return True

    @cached_property
    def request(self) -> CurrentRequest | None:
        """The request, as those see it who answer; ``None`` if there is none to see."""
        return None

    @property
    def soft_tags(self) -> tuple[str, ...]:
        """The tag of the page's path."""
        found = self._soft_tags
        if found is None:  # every hit asks
            found = self._soft_tags = (path_tag(self.path),)
        return found


class FunctionScope(Scope):
    """The computation of a cached function's result.

    Args:
        cached: The function.
        parent: The scope that it was called in.
        flight: What others wait for meanwhile.

    Attributes:
        own_tags: The tags that ``cache_tag`` was given here, if it was.
        spans: The shortest of each span that ``cache_life`` was given here, if it was.
        said: What was printed and logged here, if that is recorded.
        since: The result is to count as begun then, if that is earlier than it was.
    """

    spans: dict[str, float] | None = None
    own_tags: dict[str, None] | None = None
    said: list[Any] | None = None
    since = math.inf

    def __init__(
        self, cached: CachedFunction, parent: Scope | None = None, flight: Flight | None = None
    ) -> None:
        # Without `super()`: every miss makes one.
        self.kind = cached.kind
        self._caches = cached.caches
        self.parent = parent
        self._function = cached
        self.flight = flight

    @property
    def function(self) -> CachedFunction:
        """The function."""
        return self._function

    def limit(self, spans: Iterable[tuple[str, float]]) -> None:
        """Take what ``cache_life`` was given; of several the shortest counts."""
        shortest = self.spans or {}
        for name, seconds in spans:
            shortest[name] = min(seconds, shortest.get(name, math.inf))
        self.spans = shortest

    def life(self) -> CacheLife:
        """The life of the result: what was given here, else the shortest of the default and of what was used."""
        life = self.caches.profiles[DEFAULT]
        if self.inner is not None:
            life = life.shortest(self.inner)
        spans = self.spans
        if not spans:
            return life
        expire = spans.get("expire", life.expire)
        # A span that was not given may be longer than the given expire.
        revalidate = min(spans.get("revalidate", life.revalidate), expire)
        return CacheLife(spans.get("stale", life.stale), revalidate, expire)

    def admit(self, cached: CachedFunction) -> None:
        """See ``Scope.admit``."""
        kind, outer = cached.kind, self.kind
        if kind == DEFAULT or (kind == PRIVATE) == (outer == PRIVATE):
            return
        inner_says, outer_says = cached.record.directive, self._function.record.directive
        why = (
            "what one user sees would be kept for all"
            if kind == PRIVATE
            else "what is shared by all must not be made of what one user sees"
        )
        raise CacheScopeError(
            f"{cached.name} ('{inner_says}') was called in {self._function.name} ('{outer_says}'): {why}. Call it outside "
            "and pass its result on as an argument."
        )


_current: Final[ContextVar[Scope | None]] = ContextVar("directives.cache.current_scope", default=None)
# Functions, for every page and call asks: a method of what is imported would be made anew for each call of it.
current_scope: Final = _current.get
set_scope: Final = _current.set
reset_scope: Final = _current.reset


def path_tag(path: str) -> str:
    """The soft tag of a page's path."""
    return PATH_TAG + (path.rstrip("/") or "/")


def request_of(scope: Scope | None) -> RequestScope | None:
    """The request that a scope belongs to."""
    for each in scope.around() if scope is not None else ():
        if isinstance(each, RequestScope):
            return each
    return None
