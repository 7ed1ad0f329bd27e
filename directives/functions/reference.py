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
from urllib.parse import quote

from directives.functions.waiting import Runner
from directives.functions.waiting import Waited
from directives.functions.waiting import own_loop
from directives.request import current_request

if TYPE_CHECKING:
    from markupsafe import Markup

    from directives.functions.registered import Registered

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)

QUERY_FIELD = "_directives"
KEY_MARK = "~"
KEPT_IN_QUERIES = "%=&+!$()*,;:@/?"  # RFC 3986, 3.4, without the quote that may end an attribute


class Origin(Protocol):
    """What a nested server function was made from."""

    def seal(self, outer: tuple[Any, ...] = (), *, limited: bool = True) -> str | None:
        """The captured values, sealed; ``outer`` are the origins being sealed around it."""
        ...

    def plaintext(self, outer: tuple[Any, ...] = ()) -> bytes | None:
        """The captured values as they are sealed."""
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
        home: What its module registered, if that is one of this process.

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
        home: Registered | None = None,
    ) -> None:
        update_wrapper(self, function)
        if not hasattr(function, "__qualname__"):
            self.__name__ = self.__qualname__ = function_id
        self._function = function
        self._id = function_id
        self._origin = origin
        self._received = received
        self._runner = runner
        self._home = home

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
    def action(self) -> str:
        """A short address for a form that contains ``fields``: ``<form action="{{ buy.action }}">{{ buy.fields }}``."""
        return address(self._id)

    @property
    def fields(self) -> Markup:
        """A hidden field with what the function captured, if it did: there it may be larger than an address.

        A form with buttons for several functions contains the fields of each.

        Raises:
            EncodeError: A captured value cannot travel; names the variable and its type.
        """
        return hidden_field(self._id, None if self._origin is None else self._origin.seal(limited=False))

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
        return address(self._id, self.bound())

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


def address(function_id: str, sealed: str | None = None) -> str:
    """The address of a form's action, relative to any page; see ``ServerFunction.__str__``.

    Args:
        function_id: The ID of the function.
        sealed: What the form says of it besides.
    """
    named = f"{QUERY_FIELD}={function_id}.{sealed}" if sealed else f"{QUERY_FIELD}={function_id}"
    request = current_request()
    if request is None:
        return f"?{named}"
    # A form leads back to its page as it was asked for; what a visitor wrote stays within the attribute.
    query = quote(page_query(request.query), safe=KEPT_IN_QUERIES, errors="surrogateescape")
    before = f"{query}&" if query else ""
    return f"?{before}{named}{KEY_MARK}{os.urandom(16).hex()}"


def page_query(query: str) -> str:
    """The query string of a page, without what named a function."""
    if QUERY_FIELD not in query:
        return query
    return "&".join(part for part in query.split("&") if not part.startswith(f"{QUERY_FIELD}="))


def hidden_field(function_id: str, sealed: str | None) -> Markup:
    """What a form says of a function, in a field for it; nothing if there is nothing to say.

    Args:
        function_id: The ID of the function.
        sealed: What the form says of it.
    """
    from markupsafe import Markup

    if not sealed:
        return Markup()
    return Markup('<input type="hidden" name="{}.{}" value="{}">').format(QUERY_FIELD, function_id, sealed)
