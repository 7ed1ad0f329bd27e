"""What user code says to the cache: how long a result lives, what it is called by, and when it is out of date."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from directives.cache.declare import cache_life
    from directives.cache.declare import cache_tag
    from directives.cache.decorator import use_cache
    from directives.cache.explain import why
    from directives.cache.handler import CacheHandler
    from directives.cache.invalidate import revalidate_path
    from directives.cache.invalidate import revalidate_tag
    from directives.cache.invalidate import update_tag
    from directives.cache.memo import memo
    from directives.cache.reusable import client_may_keep
    from directives.cache.warming import warm

__all__ = [
    "CacheHandler",
    "cache_life",
    "cache_tag",
    "client_may_keep",
    "memo",
    "revalidate_path",
    "revalidate_tag",
    "update_tag",
    "use_cache",
    "warm",
    "why",
]

# Imported when first used, as in ``directives``.
HOMES = {
    "CacheHandler": "handler",
    "cache_life": "declare",
    "cache_tag": "declare",
    "client_may_keep": "reusable",
    "memo": "memo",
    "revalidate_path": "invalidate",
    "revalidate_tag": "invalidate",
    "update_tag": "invalidate",
    "use_cache": "decorator",
    "warm": "warming",
    "why": "explain",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    value = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = value
    return value
