"""Who may call a server function, and what the server fills in itself.

```python
@requires(signed_in)
async def cancel(order_id: int, *, user: Annotated[User, Injected(current_user)]):
    'use server'
```
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import TypeVar

from directives.errors import PolicyError
from directives.request import CurrentRequest

__all__ = ["Injected", "Predicate", "public", "requires"]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])
Predicate = Callable[[CurrentRequest, Mapping[str, Any]], bool | Awaitable[bool]]
"""Decides on a call: gets the request, and the arguments by the names of their parameters."""

# ``functools.wraps`` copies it outward, from the function to whatever other decorators make of it.
POLICY = "__directives_policy__"
# What compiled code calls its module's side of the runtime.
HANDLE = "__directives__"


def public(function: AnyFunction) -> AnyFunction:
    """Say that anybody may call a server function.

    It changes nothing but what ``directives audit`` prints, and what the setting ``exposure = "declared"`` accepts.

    Args:
        function: The server function.

    Raises:
        PolicyError: The function has ``@requires`` as well.
    """
    return requires(anyone)(function)


def requires(predicate: Predicate) -> Callable[[AnyFunction], AnyFunction]:
    """Let a server function be called only if ``predicate`` holds; of several, all have to hold.

    It is asked at each call that comes over the network, when the arguments have been validated and before anything
    of the function or its other decorators runs. A call from server code is an ordinary function call: it is not asked.

    What denies the call is a false answer (the caller gets status 403), ``SignInRequired`` (401), and any other
    exception (403). ``directives.request.redirect`` denies it too, and sends the caller elsewhere.

    Args:
        predicate: A function, plain or async, of the request and of a mapping from the names of the function's
            parameters to their values: what the caller sent, defaults, and what was injected.

    Raises:
        PolicyError: The function has ``@public`` as well.
        TypeError: ``predicate`` cannot be called.
    """
    if not callable(predicate):
        raise TypeError(f"requires() needs a function that decides, not {type(predicate).__name__}")

    def decorate(function: AnyFunction) -> AnyFunction:
        policy = (predicate, *policy_of(function))
        if anyone in policy and len(policy) > 1:
            name = getattr(function, "__qualname__", "a function")
            raise PolicyError(f"{name} is @public and has another policy: remove one of them")
        setattr(function, POLICY, policy)
        tell_module(function, len(policy))
        return function

    return decorate


def tell_module(function: Any, policies: int) -> None:
    """Let the module of a function know that it has a policy, so that none is lost that the compiler did not see."""
    inner = inspect.unwrap(function)
    module = getattr(inner, "__globals__", {}).get(HANDLE)
    note = getattr(module, "note_policies", None)
    if note is not None:
        note(inner.__code__, policies)


def anyone(request: CurrentRequest, arguments: Mapping[str, Any]) -> bool:
    """The predicate that always holds: what ``public`` means."""
    return True


def policy_of(function: Any) -> tuple[Predicate, ...]:
    """The predicates that hold for a function, outermost first."""
    policy: tuple[Predicate, ...] | None = getattr(function, POLICY, None)
    if policy is None and isinstance(function, staticmethod):
        # Unlike `functools.wraps` it does not copy attributes.
        return policy_of(function.__func__)
    return policy or ()


@dataclass(frozen=True, slots=True)
class Injected:
    """Marks a parameter that the server fills at each call, and that no caller can send.

    Written in the signature, ``user: Annotated[User, Injected(current_user)]``. The parameter is not in the stubs of
    clients; a caller that sends it is refused as for any parameter that does not exist. Server code that calls the
    function passes it like any other.

    Attributes:
        source: Gives the value: a function, plain or async, of the request or of nothing. What it raises denies the
            call, as for ``requires``.
    """

    source: Callable[..., Any]
