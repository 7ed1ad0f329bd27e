'use cache'

from collections.abc import AsyncIterator
from collections.abc import Iterator

from directives.cache import cache_life
from directives.cache import cache_tag
from directives.request import cookies


def stock(category: str, *, page: int = 1) -> list[dict[str, int]]:
    cache_life('hours')
    cache_tag('stock', f'stock of {category}')
    return [{category: page}]


async def price(sku: str) -> float:
    'use cache: remote'
    cache_life(revalidate=60, expire=3600)
    return len(sku) * 1.5


def history(user: int) -> Iterator[str]:
    'use cache: private'
    yield f'order of {user}, seen by {cookies().get("user")}'


async def changes(since: int) -> AsyncIterator[int]:
    yield since
