"""Replies that the client who asked may use again, instead of asking once more."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from typing import TypeVar

from directives.errors import DecoratorError

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

# ``functools.wraps`` copies it outward, as it does a policy.
MAY_KEEP = "__directives_client_may_keep__"


def client_may_keep(function: AnyFunction) -> AnyFunction:
    """Say of a server function that it only reads: a client may use its reply again instead of calling it.

    For how long is what the cached functions say that it uses, private ones too: the shortest ``stale`` of their lives, at
    least 30 seconds; without any, that of the profile ``default``. The reply is that client's alone. Without this, every call
    runs: a function that changes something may be made of private results as well.

    Args:
        function: The server function.

    Raises:
        DecoratorError: It is a generator; the items of a stream are not kept.

    See Next.js, "'use cache: private'".
    """
    plain = inspect.unwrap(function)
    if inspect.isasyncgenfunction(plain) or inspect.isgeneratorfunction(plain):
        name = getattr(function, "__qualname__", "a function")
        raise DecoratorError(
            f"@client_may_keep decorates {name}, a generator: a stream is not kept, return a list"
        )
    setattr(function, MAY_KEEP, True)
    return function
