"""What a cached function says of its result: life and tags."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from directives.cache import cache_life
from directives.cache import cache_tag
from directives.cache.entry import CacheEntry
from directives.cache.fill import get_or_fill
from directives.cache.life import CacheLife
from directives.errors import CacheScopeError
from directives.errors import SettingsError
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches

HOURS = CacheLife(300, 3_600, 86_400)


def entry_of(function: Callable[[], Any], **settings: Any) -> CacheEntry:
    """The entry that a function's result gets."""
    return get_or_fill(cached(make_caches(**settings), function), b"key", function)


def test_without_a_word() -> None:
    """The profile default."""
    assert entry_of(lambda: 1).life == CacheLife(300, 900, math.inf)


@pytest.mark.parametrize(
    ("say", "life"),
    [
        (lambda: cache_life("hours"), HOURS),
        (lambda: cache_life(HOURS), HOURS),
        (lambda: cache_life(stale=1, revalidate=2, expire=3), CacheLife(1, 2, 3)),
        (lambda: cache_life(expire=3_600), CacheLife(300, 900, 3_600)),
        (lambda: cache_life(expire=60), CacheLife(300, 60, 60)),
        (lambda: (cache_life("hours"), cache_life("minutes")), CacheLife(300, 60, 3_600)),
        (lambda: (cache_life(expire=10), cache_life("max")), CacheLife(300, 10, 10)),
    ],
)
def test_lives(say: Callable[[], Any], life: CacheLife) -> None:
    """A profile or spans; what is not said comes from default; of several calls the shortest of each."""

    def function() -> int:
        say()
        return 1

    assert entry_of(function).life == life


def test_profiles_of_the_settings() -> None:
    """They add to the built-in ones and may change ``default``, from which they take what they leave out."""

    def blog() -> int:
        cache_life("blog")
        return 1

    profiles = {"blog": {"expire": 60}, "default": {"stale": 7, "revalidate": 100}}
    assert entry_of(blog, cache_life=profiles).life == CacheLife(7, 60, 60)
    assert entry_of(lambda: 1, cache_life=profiles).life == CacheLife(7, 100, math.inf)
    with pytest.raises(SettingsError, match="profile 'blog': revalidate .* is longer than expire"):
        entry_of(blog, cache_life={"blog": {"revalidate": 2, "expire": 1}})


@pytest.mark.parametrize(
    ("say", "error", "message"),
    [
        (lambda: cache_life("hour"), ValueError, "no cache life named 'hour'; did you mean 'hours'"),
        (lambda: cache_life("xyz"), ValueError, "the setting cache_life adds one"),
        (lambda: cache_life(expire=-1), ValueError, "expire is a number of seconds from 0 on, not -1"),
        (lambda: cache_life(stale=math.nan), ValueError, "not nan"),
        (lambda: cache_life(revalidate=2, expire=1), ValueError, "longer than expire"),
        (lambda: cache_life(expire="60"), TypeError, "expire is a number of seconds, not str"),  # type: ignore[arg-type]
        (lambda: cache_life(True), TypeError, "name of a profile, not bool"),  # type: ignore[arg-type]
        (lambda: cache_life(60), TypeError, "name of a profile, not int"),  # type: ignore[arg-type]
        (lambda: cache_life(), TypeError, "takes the name of a profile"),
        (lambda: cache_life("hours", expire=1), TypeError, "takes the name of a profile"),
        (lambda: cache_tag(7), TypeError, "a tag is a text, not int"),  # type: ignore[arg-type]
        (lambda: cache_tag(""), ValueError, "1 to 256 characters"),
        (lambda: cache_tag("x" * 257), ValueError, "this one 257"),
        (lambda: cache_tag(*map(str, range(129))), ValueError, "at most 128 tags"),
        (lambda: [cache_tag(str(n)) for n in range(129)], ValueError, "at most 128 tags"),
    ],
)
def test_what_is_wrong_raises_at_that_call(
    say: Callable[[], Any], error: type[Exception], message: str
) -> None:
    """An argument that makes no life or no tag."""
    with pytest.raises(error, match=message):
        entry_of(say)


@pytest.mark.parametrize("word", [lambda: cache_life("hours"), lambda: cache_tag("stock")])
def test_outside_of_a_cached_function(word: Callable[[], Any]) -> None:
    """Nothing is being computed that it could be about."""
    with pytest.raises(
        CacheScopeError, match=r"\(\) was called outside of a cached function: call it in the body"
    ):
        word()


def nested(outer_says: Callable[[], Any], inner_says: Callable[[], Any]) -> tuple[CacheEntry, CacheEntry]:
    """The entries of an outer function, computed and with the inner one found."""
    caches = make_caches()

    def inner() -> int:
        inner_says()
        cache_tag("inner")
        return 1

    def outer() -> int:
        outer_says()
        cache_tag("outer")
        return int(call(in_it)) + 1

    in_it, around = cached(caches, inner), cached(caches, outer)
    return get_or_fill(around, b"1", outer), get_or_fill(around, b"2", outer)


@pytest.mark.parametrize(
    ("outer_says", "inner_says", "life"),
    [
        (lambda: None, lambda: cache_life("seconds"), CacheLife(30, 1, 60)),
        (lambda: None, lambda: cache_life("max"), CacheLife(300, 900, 31_536_000)),
        (lambda: cache_life("hours"), lambda: cache_life("seconds"), HOURS),
        (lambda: cache_life(expire=50), lambda: cache_life("seconds"), CacheLife(30, 1, 50)),
    ],
)
def test_lives_of_nested_functions(
    outer_says: Callable[[], Any], inner_says: Callable[[], Any], life: CacheLife
) -> None:
    """What the outer one says wins; for what it does not say, the shortest of default and the inner one's."""
    assert [entry.life for entry in nested(outer_says, inner_says)] == [life, life]


def test_tags_of_nested_functions() -> None:
    """The outer result has the inner one's tags too, whether that was computed or found."""
    assert [set(entry.tags) for entry in nested(lambda: None, lambda: None)] == [{"inner", "outer"}] * 2
