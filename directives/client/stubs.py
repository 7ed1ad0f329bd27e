"""What the client half of a ``'use server'`` module consists of.

Generated code uses these names; a program that calls server functions needs none of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Generator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any
from typing import Final
from typing import ParamSpec
from typing import TypeVar
from typing import overload

from directives.functions import ServerFunction
from directives.functions.waiting import End
from directives.functions.waiting import Run

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Default:
    """Stands for a parameter's default value, which only the server knows."""

    def __repr__(self) -> str:
        return "..."


DEFAULT: Final[Any] = Default()
"""An argument that is not sent, so that the server's default applies."""


def server_function(function_id: str) -> Callable[[Callable[P, R]], ServerFunction[P, R]]:
    """Make a stub the reference of the server function it calls.

    Args:
        function_id: The function's ID.
    """

    def make(stub: Callable[P, R]) -> ServerFunction[P, R]:
        return ServerFunction(stub, function_id, runner=_beside)

    return make


def _beside(end: End | None = None) -> AbstractContextManager[Run]:
    from directives.client.background import beside

    return beside(end)


@overload
def sync(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]: ...
@overload
def sync(function: Callable[P, AsyncIterable[T]]) -> Callable[P, Generator[T, None, None]]: ...


def sync(function: Callable[P, Any]) -> Callable[P, Any]:
    """The attribute ``sync`` of a server function, for type checkers that see the plain function in the source.

    Args:
        function: A server function, or the stub of one.

    Returns:
        The same function for code that cannot await; see ``directives.ServerFunction.sync``.

    Raises:
        TypeError: It is no server function.
    """
    if not isinstance(function, ServerFunction):
        raise TypeError(f"sync() takes a server function, not {function!r}: is the import hook on?")
    waited: Callable[P, Any] = function.sync
    return waited


async def call(
    function_id: str,
    positional_only: tuple[Any, ...],
    named: Mapping[str, Any],
    rest: tuple[Any, ...],
    keyword_only: Mapping[str, Any],
) -> Any:
    """Call a server function over the network; see ``directives.client.transport.Transport.call``."""
    from directives.client.current import current_transport

    args, kwargs = arguments(positional_only, named, rest, keyword_only)
    return await current_transport().call(function_id, args, kwargs)


def stream(
    function_id: str,
    positional_only: tuple[Any, ...],
    named: Mapping[str, Any],
    rest: tuple[Any, ...],
    keyword_only: Mapping[str, Any],
) -> AsyncIterator[Any]:
    """The items of a server function that is an async generator, as they come."""
    from directives.client.current import current_transport

    args, kwargs = arguments(positional_only, named, rest, keyword_only)
    return current_transport().stream(function_id, args, kwargs)


def arguments(
    positional_only: tuple[Any, ...],
    named: Mapping[str, Any],
    rest: tuple[Any, ...],
    keyword_only: Mapping[str, Any],
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments as they travel: those left to the server's defaults are not among them.

    Args:
        positional_only: Values of the parameters before a ``/``.
        named: Values of the parameters that take either form, by name.
        rest: Values of ``*args``; with any, ``named`` was given by position too.
        keyword_only: Values of the parameters after a ``*`` and of ``**kwargs``, by name.
    """
    if rest:
        return [*positional_only, *named.values(), *rest], _given(keyword_only)
    args = list(positional_only)
    while args and args[-1] is DEFAULT:
        args.pop()
    return args, _given(named) | _given(keyword_only)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not DEFAULT}
