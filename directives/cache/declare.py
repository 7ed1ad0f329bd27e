"""What a cached function says of its own result."""

from __future__ import annotations

from typing import Final

from directives.cache.life import CacheLife
from directives.cache.life import check_seconds
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.errors import CacheScopeError

MOST_TAGS: Final = 128
LONGEST_TAG: Final = 256


def cache_life(
    profile: str | CacheLife | None = None,
    /,
    *,
    stale: float | None = None,
    revalidate: float | None = None,
    expire: float | None = None,
) -> None:
    """Say how long the result of the cached function that calls this lives.

    What is not said comes from the profile ``default``, or from what the function uses, if that lives shorter. Of several
    calls the shortest of each span counts.

    Args:
        profile: The name of a profile (``'hours'``), or a life; else at least one of the spans, in seconds:
        stale: How long a client may use the result without asking the server.
        revalidate: From then on it is served once more while it is computed anew in the background.
        expire: From then on it is gone.

    Raises:
        CacheScopeError: No cached function is being computed.
        ValueError: There is no such profile; a span is negative or not a number; ``revalidate`` is longer than
            ``expire``.
        TypeError: A span is no number; or there is neither a profile nor a span, or both.

    See Next.js, "cacheLife".
    """
    scope = _computing("cache_life")
    given = {"stale": stale, "revalidate": revalidate, "expire": expire}
    spans = {name: value for name, value in given.items() if value is not None}
    if (profile is None) == (not spans):
        raise TypeError(
            "cache_life() takes the name of a profile, as in cache_life('hours'), or spans in seconds"
        )
    if type(profile) is str:
        profile = scope.caches.profile(profile)
    if type(profile) is CacheLife:
        spans = {"stale": profile.stale, "revalidate": profile.revalidate, "expire": profile.expire}
    elif profile is not None:
        raise TypeError(
            f"cache_life() takes the name of a profile, not {type(profile).__qualname__}; seconds have a name too, as in "
            "cache_life(expire=3600)"
        )
    else:
        _check(spans)
    scope.limit(spans.items())


def _check(spans: dict[str, float]) -> None:
    for name, seconds in spans.items():
        check_seconds(name, seconds)
    if "revalidate" in spans and "expire" in spans:
        CacheLife(spans.get("stale", 0), spans["revalidate"], spans["expire"])


def cache_tag(*tags: str) -> None:
    """Label the result of the cached function that calls this, so that it can be invalidated by these names.

    Args:
        tags: The labels: texts of at most 256 characters, at most 128 for one result.

    Raises:
        CacheScopeError: No cached function is being computed.
        ValueError: A label is empty or too long, or there are too many.
        TypeError: A label is no text.

    See Next.js, "cacheTag".
    """
    scope = _computing("cache_tag")
    for tag in tags:
        check_tag(tag)
    together = (scope.own_tags or {}) | dict.fromkeys(tags)
    if len(together) > MOST_TAGS:
        raise ValueError(f"a result has at most {MOST_TAGS} tags, and this would be its {len(together)}th")
    scope.own_tags = together
    scope.label(together)


def check_tag(tag: object) -> None:
    """Raise for what is no label.

    Raises:
        ValueError: It is empty or too long.
        TypeError: It is no text.
    """
    if type(tag) is not str:
        raise TypeError(f"a tag is a text, not {type(tag).__qualname__}")
    if not 0 < len(tag) <= LONGEST_TAG:
        raise ValueError(f"a tag has 1 to {LONGEST_TAG} characters, and this one {len(tag)}")


def _computing(name: str) -> FunctionScope:
    scope = current_scope()
    if not isinstance(scope, FunctionScope):
        raise CacheScopeError(
            f"{name}() was called outside of a cached function: call it in the body of a function that begins with "
            "'use cache'"
        )
    return scope
