"""A module's side of the registry: what its transformed code talks to while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import CodeType
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import ClientOnlyError
from directives.functions.admission import check_policy
from directives.functions.captured import Nested
from directives.functions.reference import ServerFunction
from directives.functions.registered import SERVER
from directives.functions.registered import Registered

if TYPE_CHECKING:
    from directives.functions.registry import Registry
    from directives.islands import ClientReference


class Module:
    """What transformed code calls ``__directives__``.

    Args:
        registry: Where the module's functions are found by ID.
        name: The module's name, as its code was compiled with.
        namespace: Its globals.
        code: Its code.
        records: The records of its functions, as constants.
    """

    def __init__(
        self,
        registry: Registry,
        name: str,
        namespace: dict[str, Any],
        code: CodeType,
        records: tuple[tuple[Any, ...], ...],
    ) -> None:
        self.registry = registry
        self.name = name
        self.namespace = namespace
        self.code = code
        self.functions = {constant[0]: Registered(self, constant) for constant in records}
        self.noted: dict[CodeType, int] = {}

    @property
    def is_main(self) -> bool:
        """Whether the module is the program itself, run by ``python -m`` or ``directives run``."""
        return self.namespace.get("__name__") == "__main__"

    def __repr__(self) -> str:
        return f"<directives of module {self.name}>"

    def serves(self, qualname: str) -> bool:
        """Whether a name in it is that of a server function."""
        return any(
            function.record.qualname == qualname and function.record.directive == SERVER
            for function in self.functions.values()
        )

    def note_policies(self, code: CodeType, policies: int) -> None:
        """Remember that a function has been given policies, by whatever decorator."""
        self.noted[code] = max(policies, self.noted.get(code, 0))

    def server_function(self, function_id: str) -> Callable[[Any], ServerFunction[..., Any]]:
        """The decorator that makes a function a server function."""
        return partial(self._make_server_function, self.functions[function_id])

    def _make_server_function(self, registered: Registered, function: Any) -> ServerFunction[..., Any]:
        check_policy(registered, function)
        registered.live = ServerFunction(function, registered.id, home=registered)
        return registered.live

    def nested_function(
        self,
        function_id: str,
        wrapper: FunctionType | None = None,
        decorators: tuple[Callable[[Any], Any], ...] = (),
    ) -> Callable[[Any], ServerFunction[..., Any]]:
        """The decorator that makes a function inside another one a server function.

        Args:
            function_id: The function's ID.
            wrapper: What applies its decorators to a rebuilt one, if it has any.
            decorators: Those decorators, applied here.
        """
        return partial(self._make_nested_function, self.functions[function_id], wrapper, decorators)

    def _make_nested_function(
        self,
        registered: Registered,
        wrapper: FunctionType | None,
        decorators: tuple[Callable[[Any], Any], ...],
        function: FunctionType,
    ) -> ServerFunction[..., Any]:
        decorated: Any = function
        for decorator in reversed(decorators):
            decorated = decorator(decorated)
        check_policy(registered, decorated)
        return ServerFunction(
            decorated, registered.id, Nested(registered, function, wrapper), home=registered
        )

    def cached_function(self, function_id: str) -> Callable[[Any], Any]:
        """The decorator that makes a function a cached function."""
        return partial(self._make_cached_function, self.functions[function_id])

    def _make_cached_function(self, registered: Registered, function: FunctionType) -> FunctionType:
        caches = self.registry.caches
        if caches is None:
            return function
        calls = registered.calls
        if calls is None:
            from directives.cache.wrapper import CachedCalls

            cached = caches.register(registered.record, function)
            calls = registered.calls = CachedCalls(cached, function.__code__)
        wrapper = calls.wrap(function)
        if not registered.record.nested:
            vars(wrapper).setdefault("warm", partial(_warm, wrapper))
        return wrapper

    def client_reference(self, name: str) -> ClientReference:
        """A stand-in for a public name of a 'use client' module."""
        from directives.functions.values import special_for
        from directives.islands import ClientReference

        special = special_for(self.registry.types, markup=True)
        return ClientReference(self.name, name, self.registry.taints.look, special)

    def client_names(self, hidden: tuple[str, ...]) -> Callable[[str], Any]:
        """The ``__getattr__`` of a 'use client' module on the server."""

        def look_up(name: str) -> Any:
            if name in hidden:
                raise ClientOnlyError(
                    f"{name!r} of {self.name} exists in client code alone: the module begins with 'use client', and its "
                    "body does not run on the server. Move what both sides need to a module without a directive.",
                    name=name,
                    path=self.code.co_filename,
                )
            raise AttributeError(f"module {self.name!r} has no attribute {name!r}", name=name)

        return look_up


def _warm(wrapper: FunctionType, /, *args: Any, **kwargs: Any) -> None:
    from directives.cache.warming import warm

    warm(wrapper, *args, **kwargs)


def calling_module(registry: Registry, name: str, records: tuple[tuple[Any, ...], ...], depth: int) -> Module:
    """The side of the module whose code runs ``depth`` frames up."""
    frame = sys._getframe(depth + 1)
    return Module(registry, name, frame.f_globals, frame.f_code, records)
