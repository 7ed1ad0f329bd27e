"""What user code says of results that are out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Sequence
from types import FrameType

from directives.cache.declare import check_tag
from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.entry import stale_now
from directives.cache.life import CacheLife
from directives.cache.life import check_seconds
from directives.cache.process import current_caches
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.cache.scope import path_tag
from directives.cache.scope import request_of
from directives.errors import CacheScopeError
from directives.functions.module import Module


def update_tag(*tags: str) -> None:
    """Drop every cached result that has one of some tags; in a server function only.

    The next call computes anew, in this very request too: a server function reads its own writes. A result that is being
    computed meanwhile is dropped as well.

    Args:
        tags: The tags.

    Raises:
        CacheScopeError: No server function is being called.
        ValueError: A tag is empty or too long.
        TypeError: A tag is no text.

    See Next.js, "updateTag".
    """
    _refuse_when_computing("update_tag")
    request = request_of(current_scope())
    if not (request is not None and request.serves) and not _in_server_function():
        raise CacheScopeError(
            "update_tag() was called outside of a server function; elsewhere use revalidate_tag(), which lets others be "
            "served the old result while the new one is computed"
        )
    _mark(tags, expired_now)


def revalidate_tag(tag: str, profile: str | CacheLife = "max", /, *, expire: float | None = None) -> None:
    """Have every cached result that has a tag computed anew: the old one is served meanwhile.

    Args:
        tag: The tag.
        profile: The name of a profile, or a life, whose ``expire`` says how long the old result may still be served.
        expire: The same in seconds; 0 drops the result at once.

    Raises:
        CacheScopeError: A cached function is being computed.
        ValueError: The tag is empty or too long; there is no such profile.
        TypeError: The tag is no text, or ``expire`` no number.

    See Next.js, "revalidateTag".
    """
    _refuse_when_computing("revalidate_tag")
    if expire is None:
        life = current_caches().profile(profile) if isinstance(profile, str) else profile
        expire = life.expire
    check_seconds("expire", expire)
    seconds = expire
    _mark((tag,), lambda now: stale_now(now, seconds))


def revalidate_path(path: str, /) -> None:
    """Have everything cached that the page of a path uses computed anew at its next visit.

    Args:
        path: The path, as the browser asks for it, such as ``/blog``.

    Raises:
        CacheScopeError: A cached function is being computed.
        ValueError: It is no path, or longer than a tag may be.

    See Next.js, "revalidatePath".
    """
    _refuse_when_computing("revalidate_path")
    if type(path) is not str or not path.startswith("/"):
        raise ValueError(f"revalidate_path() takes a path that begins with a slash, not {path!r}")
    _mark((path_tag(path),), expired_now)


def _in_server_function() -> bool:
    """Whether a server function runs that server code has called as the ordinary function that it is."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__directives__")
        if type(module) is Module and module.serves(frame.f_code.co_qualname):
            return True
        frame = frame.f_back
    return False


def _mark(tags: Sequence[str], mark: Callable[[float], TagMark]) -> None:
    for tag in tags:
        check_tag(tag)
    request = request_of(current_scope())
    if request is not None:
        request.updated = True
    caches = current_caches()
    failures: list[Exception] = []
    for store in caches.reachable_stores():
        try:
            store.handler.mark_tags(tags, mark(store.handler.now()))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the other stores are told
            failures.append(error)
    caches.news.marked(tags)
    if caches.watch.trace is not None:
        caches.watch.trace.mark(tags, caches.clock.now())
    if failures:
        first, *others = failures
        for other in others:
            first.add_note(f"Another store could not be told either: {other}")
        raise first


def _refuse_when_computing(name: str) -> None:
    scope = current_scope()
    if isinstance(scope, FunctionScope):
        raise CacheScopeError(
            f"{name}() was called while {scope.function.name} ('{scope.function.record.directive}') was being computed: a "
            "result does not change what it is made of. Call it where the data is changed, as in a server function."
        )
