"""Awaiting, gathering, cancelling, async with and async for in server functions."""
import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def opened(name):
    print('open', name)
    yield name
    print('close', name)


async def work(n, delay=0.0):
    'use server'
    async with opened(n) as name:
        await asyncio.sleep(delay)
        return name * 2


async def ticks(n):
    'use server'
    try:
        for i in range(n):
            yield i
    finally:
        print('ticks closed')


async def main():
    print(await asyncio.gather(work(1), work(2)))
    task = asyncio.create_task(work(3, 60))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print('cancelled')
    print([i async for i in ticks(3)])
    generator = ticks(2)
    print(await anext(generator))
    await generator.aclose()
    print(asyncio.iscoroutinefunction(work), asyncio.iscoroutinefunction(ticks))


asyncio.run(main())
