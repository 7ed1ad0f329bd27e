"""Type parameters of functions and classes."""
import asyncio

type Pair[T] = tuple[T, T]


async def first[T: (int, str)](pair: Pair[T]) -> T:
    'use server'
    return pair[0], T.__name__


class Box[T]:
    def get(self, value: T) -> T:
        'use cache'
        return value, T


def outer[T](x: T):
    def inner(y: T) -> T:
        'use cache'
        return x, y, T.__name__
    return inner


print(asyncio.run(first((1, 2))), Box().get(1), outer(1)(2), first.__type_params__)
