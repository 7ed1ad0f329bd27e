"""Decorators, defaults and annotations are evaluated once, in Python's order."""
import asyncio
import functools


def named(name):
    log('make ' + name)

    def decorate(function):
        log('apply ' + name)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            log('call ' + name)
            return function(*args, **kwargs)
        return wrapper
    return decorate


@named('a')
@named('b')
async def server(x: log('annotation') = log('default')) -> log('return'):
    'use server'
    return x


@named('c')
@named('d')
def cached(x: log('annotation 2') = log('default 2')):
    'use cache'
    return x


def outer(prefix):
    @named(prefix + 'e')
    @(lambda function: named(prefix + 'f')(function))
    @named(prefix + 'g')
    async def inner(x: log('inner annotation') = log('inner default'), *, y=log('inner keyword')):
        'use server'
        return prefix, x, y

    @named(prefix + 'h')
    def kept(x=log('kept default')):
        'use cache'
        return prefix, x
    return inner, kept


print(asyncio.run(server()), cached())
inner, kept = outer('p')
print(asyncio.run(inner()), kept())
inner, kept = outer('q')
print(asyncio.run(inner(y=1)), kept(2))
