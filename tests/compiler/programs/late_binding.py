"""Captured variables are read when the function runs, as closures do."""
import asyncio


def outer():
    def reader():
        'use cache'
        return value

    async def server():
        'use server'
        return value

    try:
        reader()
    except NameError as error:
        print(type(error).__name__, error)
    value = 1
    print(asyncio.run(server()))
    value = 2
    print(reader(), asyncio.run(server()))
    return reader


def loop():
    functions = []
    for i in range(3):
        async def f():
            'use server'
            return i
        functions.append(f)
    return [asyncio.run(f()) for f in functions]


def counting():
    count = 0

    def increase():
        'use cache'
        nonlocal count
        count += 1
        return count
    return increase(), count


def forward():
    async def first(n):
        'use server'
        return 'end' if n == 0 else await second(n - 1)

    async def second(n):
        'use server'
        return await first(n)
    return asyncio.run(first(3))


print(outer()(), loop(), counting(), forward())
