"""A nested function sees every kind of binding of the function around it."""
import asyncio
from contextlib import nullcontext


def parameters(a, /, b=log(2), *c, d=log(4), **e):
    async def inner():
        'use server'
        return a, b, c, d, e
    return inner


def statements(command):
    plain = 1
    first, (second, *third) = 2, (3, 4)
    annotated: int = 5
    grown = [6]
    grown += [7]
    for index, letter in enumerate('ab'):
        pass
    with nullcontext('managed') as managed:
        pass
    import json as imported
    from math import floor
    if (walrus := len(command)) > 0:
        last = [leaked := value for value in command]
    match command:
        case {'name': str(name), **rest}:
            pass
        case [str(name), *rest] as whole:
            pass

    def helper():
        return 'helped'

    class Local:
        value = 'class'

    gone = 1
    del gone

    def inner():
        'use cache'
        return (plain, first, second, third, annotated, grown, index, letter, managed, imported.dumps(1),
                floor(2.5), walrus, last, leaked, name, rest, helper(), Local.value)
    return inner


def handler():
    try:
        raise ValueError('caught')
    except ValueError as error:
        def inner():
            'use cache'
            return str(error)
        print(inner())
    try:
        inner()
    except NameError as unbound:
        print(unbound)


def comprehension(values):
    functions = [make(value) for value in values]
    return [function() for function in functions]


def make(value):
    def inner():
        'use cache'
        return [value * other for other in range(value)]
    return inner


print(asyncio.run(parameters(1, 2, 3, d=4, e=5)()))
print(statements(['x', 'y', 'z'])())
handler()
print(comprehension([1, 2, 3]))
