"""The reference: what a server function is to everybody who holds it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import update_wrapper
from operator import attrgetter
from types import CodeType
from typing import TYPE_CHECKING
from typing import Any
from typing import Generic
from typing import ParamSpec
from typing import Protocol
from typing import TypeVar

from directives.functions.waiting import Runner
from directives.functions.waiting import Waited
from directives.functions.waiting import own_loop
from directives.request import current_request

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

QUERY_FIELD = "_directives"
KEY_MARK = "~"


class Origin(Protocol):
    """What a nested server function was made from."""

    def seal(self, outer: tuple[Any, ...] = ()) -> str | None:
        """The captured values, sealed; ``outer`` are the origins being sealed around it."""
        ...

    def held(self) -> Any:
        """What tells it from others with its ID."""
        ...


class ServerFunction(Generic[P, R_co]):
    """A server function: called like the function it is, and handed out as a reference.

    Server code calls it as an ordinary function: no network, no serialization, same signature. As text it is
    the address of a form's action, ``<form action="{{ place_order }}" method="post">``; values and pages carry
    its ID and, sealed, what it captured, and never its code, file or closure.

    See React's reference page of ``'use server'``.

    Args:
        function: What to call.
        function_id: Its ID.
        origin: What it was made from, if a function encloses it.
        received: Whether a caller named it among arguments, so that calling it asks its policy.
        runner: Where ``sync`` waits for it.

    Attributes:
        sync: The same function for code that cannot await: it waits for the result and gives it; of a stream it gives
            the items, as an iterator. In server code the function runs in this very thread. Called while an event loop
            runs in the thread it is a ``RunningLoopError``, which says what to write instead.
    """

    sync = Waited()

    do_not_call_in_templates = True
    """Django's word: ``{{ like }}`` is the form's action, not a call."""

    _function: Callable[P, R_co]
    __name__: str
    __qualname__: str

    def __init__(
        self,
        function: Callable[P, R_co],
        function_id: str,
        origin: Origin | None = None,
        *,
        received: bool = False,
        runner: Runner = own_loop,
    ) -> None:
        update_wrapper(self, function)
        if not hasattr(function, "__qualname__"):
            self.__name__ = self.__qualname__ = function_id
        self._function = function
        self._id = function_id
        self._origin = origin
        self._received = received
        self._runner = runner

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    else:
        # Found on the class by the interpreter itself: a call runs the function without a frame in between.
        __call__ = property(attrgetter("_function"))

    @property
    def id(self) -> str:
        """The function's ID: 40 hexadecimal digits."""
        return self._id

    def bound(self) -> str | None:
        """The captured values as they are now, sealed; ``None`` if there is nothing to send along.

        Raises:
            EncodeError: A captured value cannot travel; names the variable and its type.
            NameError: A captured variable has no value at this moment.
        """
        return None if self._origin is None else self._origin.seal()

    def held(self) -> Any:
        """What tells it from others with its ID: the captured values as they are now; ``None`` if it can have none.

        Raises:
            NameError: A captured variable has no value at this moment.
        """
        return None if self._origin is None else self._origin.held()

    @property
    def __directives_policy__(self) -> Any:
        """The policies of the function."""
        return getattr(self._function, "__directives_policy__", None)

    @__directives_policy__.setter
    def __directives_policy__(self, policy: Any) -> None:
        from directives.errors import PolicyError

        raise PolicyError(
            f"a policy stands above what makes {self.__qualname__} a server function, so it would not be enforced: "
            "write the policy below it"
        )

    def __str__(self) -> str:
        """The action of a form that calls the function, relative to any page.

        In a page that is made for a request it ends with a key of its own, so that a form sent twice runs once. What is
        made for many, in a cached function or ahead of any request, has none: its visitors are not one.
        """
        sealed = self.bound()
        named = self._id if sealed is None else f"{self._id}.{sealed}"
        key = "" if current_request.get(None) is None else f"{KEY_MARK}{os.urandom(16).hex()}"
        return f"?{QUERY_FIELD}={named}{key}"

    def __html__(self) -> str:
        """The same for templates; nothing in it needs escaping."""
        return str(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"<ServerFunction {self.__module__}.{self.__qualname__}>"

    def __reduce__(self) -> str:
        return self.__qualname__

    # What `inspect` looks at to tell that calling this gives a coroutine: the code up to 3.11, then a mark.

    @property
    def __code__(self) -> CodeType:
        code: CodeType = self._function.__code__
        return code

    @property
    def __defaults__(self) -> tuple[Any, ...] | None:
        return getattr(self._function, "__defaults__", None)

    @property
    def __kwdefaults__(self) -> dict[str, Any] | None:
        return getattr(self._function, "__kwdefaults__", None)

    @property
    def _is_coroutine_mark(self) -> object:
        import inspect

        if inspect.iscoroutinefunction(self._function):
            return getattr(inspect, "_is_coroutine_mark", None)
        return None
