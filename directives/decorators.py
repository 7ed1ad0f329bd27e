"""The decorator that stands for ``'use server'`` where no import hook reaches: a prompt, ``__main__``, ``exec``."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any
from typing import ParamSpec
from typing import TypeVar

from directives.access import anyone
from directives.access import policy_of
from directives.errors import DecoratorError
from directives.functions.captured import Nested
from directives.functions.live import LiveFunction
from directives.functions.live import check_decorated
from directives.functions.live import inner_function
from directives.functions.live import live_record
from directives.functions.module import Module
from directives.functions.reference import ServerFunction
from directives.runtime import runtime

__all__ = ["use_server"]

P = ParamSpec("P")
R = TypeVar("R")

NAME = "use_server"
DIRECTIVE = "use server"
LOCALS = "<locals>"


def use_server(function: Callable[P, R], /) -> ServerFunction[P, R]:
    """Make a server function, as ``'use server'`` does at the beginning of its body.

    For code that the import hook does not see: at a prompt, in a notebook, in ``__main__`` or ``exec``. Write it above
    all other decorators, so that they run on every call. A process finds such a function once it has run the definition;
    the manifest does not know it.

    See React, "'use server'".

    Args:
        function: An ``async def``; a plain ``def`` if the setting ``allow_sync_server_functions`` is on.

    Returns:
        The server function: called like the function, and handed out as a reference.

    Raises:
        DecoratorError: It cannot be a server function; says why, and what to write.
        DuplicateFunctionError: Another module has a function with the same ID.
    """
    plain = check_decorated(function, NAME, DIRECTIVE)
    record = live_record(plain, DIRECTIVE, tuple(map(_policy_text, policy_of(plain))))
    inner = _check(plain, record.qualname, record.flavor)
    module = Module(runtime.functions, record.full_name, plain.__globals__, inner.__code__, ())
    registered = LiveFunction(module, inner, record)
    module.functions[record.id] = registered
    origin = Nested(registered, inner, None) if record.nested else None
    reference = ServerFunction(function, record.id, origin, home=registered)
    if origin is None:
        registered.live = reference
    runtime.functions.add(module)
    return reference


def _check(function: FunctionType, qualname: str, flavor: str) -> FunctionType:
    """The function under all decorators, if it can be a server function."""
    inner = inner_function(function)
    around = qualname.rpartition(".")[0]
    if around and not around.endswith(LOCALS):
        raise DecoratorError(
            f"@{NAME} decorates the method {qualname}: only functions can be called from a client"
        )
    if flavor not in ("coroutine", "async generator") and not runtime.settings.allow_sync_server_functions:
        raise DecoratorError(
            f"@{NAME} decorates {qualname}, a plain `def`: the call crosses a network, so write `async def`, or turn on "
            "the setting allow_sync_server_functions"
        )
    if around and inner is not function:
        raise DecoratorError(
            f"@{NAME} stands above other decorators of {qualname}, a function inside another one, which is made anew for "
            "each call: move it to the module"
        )
    if runtime.settings.exposure == "declared" and not policy_of(function):
        raise DecoratorError(
            f"@{NAME} makes {qualname} callable by anybody, and nobody says so: write @public or @requires(...) below it"
        )
    return inner


def _policy_text(predicate: Any) -> str:
    name = getattr(predicate, "__qualname__", type(predicate).__qualname__)
    return "public" if predicate is anyone else f"requires({name})"
