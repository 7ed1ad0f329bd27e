"""The docstring stays the docstring."""

from __future__ import annotations

'use cache'

import inspect


def documented(a: int, /, b: Missing = 2, *c, d: 'str', **e) -> list[int]:
    """What it does."""
    'use cache'
    return [a]


async def served(a: int) -> int:
    """Served."""
    'use server'
    return a


print(__doc__)
for function in (documented, served):
    print(function.__doc__, function.__name__, function.__qualname__, function.__module__)
    print(inspect.signature(function), function.__annotations__)
    print(inspect.iscoroutinefunction(function), inspect.isasyncgenfunction(function), callable(function))
    print(function.__code__.co_firstlineno, function.__defaults__, function.__kwdefaults__)
