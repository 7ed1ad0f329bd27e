"""What a response says of the cached results that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from directives.cache.outcome import Answer
from directives.cache.scope import DEFAULT
from directives.cache.scope import RequestScope
from directives.cache.scope import Scope

if TYPE_CHECKING:
    from directives.cache.life import CacheLife
    from directives.cache.outcome import Outcome
    from directives.http.messages import HttpResponse

STALE_TIME = "x-directives-stale-time"
UPDATED = "x-directives-updated"
ANSWERS = "x-directives-cache"
MOST_ANSWERS = 20
SHORTEST = 30  # seconds: what a client keeps for less it would ask for again before it is shown
LONGEST = (1 << 31) - 1

Headers = list[tuple[str, str]]


def with_lifetime(headers: Headers, scope: RequestScope) -> Headers:
    """The headers of a response, and how long a client may keep it; nobody else may keep what one user alone may see.

    Args:
        headers: The application's.
        scope: What was learnt while it answered.
    """
    headers = with_answers([*headers, *_stale_time(scope)], scope)
    return _private(headers) if scope.private else headers


def with_privacy(headers: Headers, scope: Scope | None, *, keepable: bool) -> Headers:
    """The headers of the reply to a call that succeeded: made of what the client alone may see, it is the client's alone.

    Args:
        headers: The reply's.
        scope: What was learnt while the function ran.
        keepable: Whether the client may use the reply again; not if the function changed what replies are made of.
    """
    if not isinstance(scope, RequestScope):
        return headers
    headers = with_answers(headers, scope)
    keepable = keepable and not scope.updated
    if not (scope.private or keepable):
        return headers
    others = [(name, value) for name, value in headers if name != "Cache-Control"]
    stale = _seconds(scope.inner or scope.caches.profile(DEFAULT)) if keepable else []
    return [*others, *stale, ("Cache-Control", "private")]


def with_updates(reply: HttpResponse, scope: Scope | None) -> HttpResponse:
    """The reply to a call, which tells the client if what it keeps may be out of date.

    Args:
        reply: The reply.
        scope: What was learnt while the function ran.
    """
    if not (isinstance(scope, RequestScope) and scope.updated):
        return reply
    return reply._replace(headers=[*reply.headers, (UPDATED, "1")])


def _stale_time(scope: RequestScope) -> Headers:
    return [] if scope.inner is None else _seconds(scope.inner)


def _seconds(life: CacheLife) -> Headers:
    return [(STALE_TIME, str(int(min(max(life.stale, SHORTEST), LONGEST))))]


def with_answers(headers: Headers, scope: RequestScope) -> Headers:
    """The headers of a response and, while the cache is watched, how each call of a cached function was answered.

    Written as RFC 9211 writes ``Cache-Status``, which is the word of caches between server and client. No value of an
    argument is in it.
    """
    outcomes = scope.outcomes
    if not outcomes:
        return headers
    said = [_answer(outcome) for outcome in outcomes[:MOST_ANSWERS]]
    if len(outcomes) > MOST_ANSWERS:
        said.append(f'"{len(outcomes) - MOST_ANSWERS} more"')
    return [*headers, (ANSWERS, ", ".join(said))]


def _answer(outcome: Outcome) -> str:
    detail = f"detail={_quoted(outcome.brief)}"
    if outcome.answer is Answer.MISS:
        return f"{_quoted(outcome.function)}; fwd=miss; {detail}"
    return f"{_quoted(outcome.function)}; hit; ttl={max(-LONGEST, int(min(outcome.left, LONGEST)))}; {detail}"


def _quoted(text: str) -> str:
    """A string of RFC 9651, which knows printable ASCII alone."""
    plain = "".join(character if " " <= character <= "~" else "?" for character in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
