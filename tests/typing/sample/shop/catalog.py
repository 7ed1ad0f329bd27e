'use cache'

from collections.abc import Iterator


def stock(category: str, *, page: int = 1) -> list[dict[str, int]]:
    return [{category: page}]


async def price(sku: str) -> float:
    'use cache: remote'
    return len(sku) * 1.5


def history(user: int) -> Iterator[str]:
    'use cache: private'
    yield f'order of {user}'
