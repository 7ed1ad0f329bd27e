"""An error inside an async generator."""
import asyncio


async def items():
    'use server'
    yield 1
    raise RuntimeError('in the middle')


async def main():
    async for item in items():
        print(item)


asyncio.run(main())
