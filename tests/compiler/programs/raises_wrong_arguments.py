"""A call that does not fit: Python's own words, for every kind of function."""
import asyncio


async def server(a, *, b):
    'use server'
    return a, b


def cached(a, /):
    'use cache'
    return a


class Shop:
    def method(self, a):
        'use cache'

    @staticmethod
    async def static(a):
        'use server'


def outer(captured):
    async def nested(a):
        'use server'
        return captured
    return nested


for call in (
    lambda: server(),
    lambda: server(1),
    lambda: server(1, 2, b=3),
    lambda: server(1, b=2, c=3),
    lambda: cached(a=1),
    lambda: Shop().method(),
    lambda: Shop.static(),
    lambda: outer(1)(),
):
    try:
        call()
    except TypeError as error:
        print(error)

server(1)
