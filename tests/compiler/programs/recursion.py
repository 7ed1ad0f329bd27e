"""Recursive functions with directives, at every level."""
import asyncio


def fibonacci(n):
    'use cache'
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def outer(limit):
    async def down(n=limit):
        'use server'
        return [n, *(await down(n - 1))] if n else []

    def factorial(n):
        'use cache'
        return n * factorial(n - 1) if n else 1
    return asyncio.run(down()), factorial(limit)


print(fibonacci(12), outer(5))
