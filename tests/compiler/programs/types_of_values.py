"""Sorting, mapping, partial application: functions with directives as values."""
import asyncio
import functools


def key(text):
    'use cache'
    return text.lower()


async def add(a, b):
    'use server'
    return a + b


partial = functools.partial(add, 1)
table = {'add': add, 'key': key}
print(sorted('bAc', key=key), list(map(key, 'AB')), asyncio.run(partial(2)), asyncio.run(table['add'](3, 4)))
print(asyncio.run((lambda function: function(5, 6))(add)), add == add, len({add, add}), bool(add))
