"""Deferred parts: functions that are called when somebody asks for the page, not when it is rendered ahead."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import ParamSpec
from typing import Self

from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.cache.scope import request_of
from directives.errors import DeferredError
from directives.errors import NoRequestError

if TYPE_CHECKING:
    from markupsafe import Markup

P = ParamSpec("P")

SLOT: Final = "directives-"
BEGUN: Final = (
    "deferred() was called after the response had begun, as in a template that is streamed: the parts of a page are known "
    "before its first byte is sent"
)


@dataclass(frozen=True, slots=True)
class Deferred:
    """A part of a page that is being made.

    Attributes:
        slot: The name of its place in the page.
        function: What gives its markup.
        args: Positional arguments.
        kwargs: Keyword arguments.
    """

    slot: str
    function: Callable[..., object]
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] | None = None

    @property
    def function_name(self) -> str:
        """Its function's name, for messages."""
        return f"{getattr(self.function, '__module__', '')}.{getattr(self.function, '__qualname__', '')}"

    def open(self) -> Self:
        """The part itself; see ``Part.open``."""
        return self


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page that was rendered ahead: its function by name, so that any process can call it.

    Attributes:
        slot: The name of its place in the page.
        module: The module of its function.
        name: The function's name there.
        given: Its arguments, in the trusted codec.
    """

    slot: str
    module: str
    name: str
    given: bytes

    @property
    def function_name(self) -> str:
        """Its function's name, for messages."""
        return f"{self.module}.{self.name}"

    @classmethod
    def of(cls, part: Deferred) -> Self:
        """The part as it is kept.

        Raises:
            DeferredError: Its function is not one that its module has under its name.
            EncodeError: An argument cannot be kept; names its path and type.
        """
        from sys import modules

        from directives.cache.process import registered_types
        from directives.wire.trusted import dumps

        function = part.function
        module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
        if vars(modules.get(module, object)).get(name) is not function:
            raise DeferredError(
                f"deferred() was given {part.function_name}, which cannot be found again by its name when the page is served: in "
                "a page that is rendered ahead, defer a function of a module"
            )
        given = dumps([list(part.args), dict(part.kwargs or {})], types=registered_types())
        return cls(part.slot, module, name, given)

    def open(self) -> Deferred:
        """The part, ready to be called. Its names are our own: shells are stamped.

        Raises:
            DeferredError: This program has no such function.
            DecodeError: The arguments cannot be read.
        """
        from importlib import import_module

        from directives.cache.process import registered_types
        from directives.wire.trusted import loads

        function = vars(import_module(self.module)).get(self.name)
        if not callable(function):
            raise DeferredError(f"{self.module} has no function {self.name} any more, which a page defers to")
        args, kwargs = loads(self.given, types=registered_types())
        return Deferred(self.slot, function, args, kwargs)


def deferred(fallback: object, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> Markup:
    """A place in a page whose content waits for the request, while the rest of the page is shown already.

    A page that is rendered ahead has the fallback in it. When it is asked for, the function is called, beside the others
    that the page defers, and its markup is streamed into the same response; browsers put it in its place without
    JavaScript. The function may look at the request: cookies, private caches, ``connection()``. Where it raises, the
    fallback stays, and the log has the error under a digest. What has ``__html__`` is markup, anything else is escaped.

    Args:
        fallback: What is shown meanwhile.
        function: Gives the content, or a coroutine of it; a function of a module where the page is rendered ahead.
        *args: Its arguments; values that can be cached where the page is rendered ahead.
        **kwargs: The same by name.

    Returns:
        Markup for the page.

    Raises:
        NoRequestError: No page is being made.
        DeferredError: In a cached function, in a deferred part, or after the response has begun.

    See React, "Suspense", and Next.js, "Partial Prerendering".
    """
    from markupsafe import Markup

    scope = current_scope()
    if isinstance(scope, FunctionScope):
        raise DeferredError(
            f"deferred() was called while {scope.function.name} ('{scope.function.record.directive}') was being computed: "
            "what is kept for all cannot wait for a request. Call it in the view or template, and pass the markup on"
        )
    page = request_of(scope)
    if page is None or page.serves:
        raise NoRequestError("deferred() was called while no page is being made")
    if page.parts is None:
        raise DeferredError(BEGUN)
    part = Deferred(f"{SLOT}{len(page.parts)}", function, args, kwargs)
    page.parts += (part,)
    return Markup('<slot name="{}">{}</slot>').format(part.slot, fallback)
