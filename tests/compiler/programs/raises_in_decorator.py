"""A decorator that fails, on a nested server function."""


def failing(function):
    log(function.__name__)
    raise TypeError(f'cannot decorate {function.__name__}')


def outer():
    x = 1

    @failing
    async def inner():
        'use server'
        return x
    return inner


outer()
