"""An error deep inside cached functions."""


def deep(n):
    'use cache'
    if n == 0:
        raise LookupError('deep')
    return deep(
        n - 1
    )


def outer():
    captured = 3

    def inner():
        'use cache'

        return deep(captured)
    return inner


outer()()
