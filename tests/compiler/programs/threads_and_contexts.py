"""Context variables and threads see one and the same function."""
import asyncio
import contextvars
import threading

current = contextvars.ContextVar('current', default='none')


async def who():
    'use server'
    return current.get()


def in_thread(results):
    'use cache'
    current.set('thread')
    results.append(asyncio.run(who()))
    return None


results = []
current.set('main')
thread = threading.Thread(target=in_thread, args=(results,))
thread.start()
thread.join()
print(results, asyncio.run(who()), contextvars.copy_context().run(lambda: asyncio.run(who())))
