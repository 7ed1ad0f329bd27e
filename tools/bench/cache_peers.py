"""The peers that a cached function is measured against, each set up as its documentation says."""

# The peers come with the extra `bench`; whoever only checks the code has none of them.
# pyright: reportMissingImports=false

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

Function = Callable[..., Any]


def page_of(category: str, page: int = 1) -> int:
    return page


async def page_of_async(category: str, page: int = 1) -> int:
    return page


def functions() -> dict[str, Function]:
    """The synchronous ones that are installed, by name."""
    return dict(_functions())


def async_functions() -> dict[str, Function]:
    """The asynchronous ones that are installed, by name."""
    return dict(_async_functions())


def _functions() -> Iterator[tuple[str, Function]]:
    if installed("cachetools"):
        import threading

        from cachetools import TTLCache
        from cachetools import cached
        from cachetools.keys import typedkey

        yield "cachetools, ttl and lock", cached(TTLCache(1000, 900), typedkey, threading.Lock())(page_of)
    if installed("dogpile"):
        from dogpile.cache import make_region

        region = make_region().configure("dogpile.cache.memory", expiration_time=900)
        yield "dogpile.cache, memory", region.cache_on_arguments()(page_of)
    if installed("django"):
        yield "Django locmem", django_locmem()
    if installed("joblib"):
        from tempfile import mkdtemp

        from joblib import Memory

        yield "joblib", Memory(mkdtemp(), verbose=0).cache(page_of)


def _async_functions() -> Iterator[tuple[str, Function]]:
    if installed("async_lru"):
        from async_lru import alru_cache

        yield "async-lru", alru_cache(typed=True)(page_of_async)
        yield "async-lru, ttl", alru_cache(typed=True, ttl=900)(page_of_async)
    if installed("aiocache"):
        from aiocache import cached as aiocached

        yield "aiocache", aiocached(ttl=900)(page_of_async)
    if installed("cashews"):
        from cashews import cache

        cache.setup("mem://")
        yield "cashews", cache(ttl=900)(page_of_async)


def django_locmem() -> Function:
    """A view's helper as Django's documentation writes one: look, else compute and keep."""
    from django.conf import settings

    settings.configure(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
    from django.core.cache import cache

    def known(category: str, page: int = 1) -> Any:
        key = f"stock:{category}:{page}"
        found = cache.get(key)
        if found is None:
            found = page_of(category, page)
            cache.set(key, found, 900)
        return found

    return known


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
