"""A captured variable that has no value yet."""
import asyncio


def outer():
    async def inner():
        'use server'
        return missing
    asyncio.run(inner())
    missing = 1


outer()
