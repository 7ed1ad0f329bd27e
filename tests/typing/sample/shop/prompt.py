"""Functions that no import hook has seen."""

from __future__ import annotations

from collections.abc import AsyncIterator

from directives import use_server
from directives.cache import use_cache
from directives.cache.life import CacheLife


@use_cache
def doubled(number: int, *, times: int = 1) -> list[int]:
    return [number * 2] * times


@use_cache(life='hours', tags=['rates'], store='remote')
async def rate(currency: str) -> float:
    return len(currency) * 1.5


@use_cache(life=CacheLife(stale=30, revalidate=60, expire=3600))
def fresh(number: int) -> str:
    return str(number)


class Till:
    @use_cache
    def total(self, coins: tuple[int, ...]) -> int:
        return sum(coins)


@use_server
async def pay(cents: int, *, note: str = '') -> bool:
    return cents > 0 or bool(note)


@use_server
async def receipts(user: str) -> AsyncIterator[str]:
    yield user
