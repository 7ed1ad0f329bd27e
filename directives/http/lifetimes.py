"""What a response says of the cached results that it is made of."""

from __future__ import annotations

from directives.cache.scope import RequestScope
from directives.cache.scope import Scope

STALE_TIME = "x-directives-stale-time"
SHORTEST = 30  # seconds: what a client keeps for less it would ask for again before it is shown
LONGEST = (1 << 31) - 1

Headers = list[tuple[str, str]]


def with_lifetime(headers: Headers, scope: RequestScope) -> Headers:
    """The headers of a response, and how long a client may keep it; nobody else may keep what one user alone may see.

    Args:
        headers: The application's.
        scope: What was learnt while it answered.
    """
    headers = [*headers, *_stale_time(scope)]
    return _private(headers) if scope.private else headers


def with_privacy(headers: Headers, scope: Scope | None) -> Headers:
    """The headers of the reply to a call: one that is made of what the client alone may see, the client may keep.

    Args:
        headers: The reply's.
        scope: What was learnt while the function ran.
    """
    if not isinstance(scope, RequestScope) or not scope.private:
        return headers
    others = [(name, value) for name, value in headers if name != "Cache-Control"]
    return [*others, *_stale_time(scope), ("Cache-Control", "private")]


def _stale_time(scope: RequestScope) -> Headers:
    if scope.inner is None:
        return []
    seconds = min(max(scope.inner.stale, SHORTEST), LONGEST)
    return [(STALE_TIME, str(int(seconds)))]


def _private(headers: Headers) -> Headers:
    """RFC 9111, section 5.2.2.7: a shared cache must not store the response."""
    said = [value for name, value in headers if name.lower() == "cache-control"]
    words = [word.strip() for value in said for word in value.split(",")]
    if {"private", "no-store"} & {word.lower() for word in words}:
        return headers
    kept = [
        word
        for word in words
        if word and word.lower() != "public" and not word.lower().startswith("s-maxage")
    ]
    others = [(name, value) for name, value in headers if name.lower() != "cache-control"]
    return [*others, ("Cache-Control", ", ".join(["private", *kept]))]
