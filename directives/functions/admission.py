"""Admission: may this call run? Asked of the function's policy, when everything else about the call is in order."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import update_wrapper
from typing import TYPE_CHECKING
from typing import Any

from directives.access import anyone
from directives.access import policy_of
from directives.errors import AccessDenied
from directives.errors import NoRequestError
from directives.errors import PolicyError
from directives.functions.reference import ServerFunction
from directives.functions.running import STREAMS
from directives.functions.running import Plain
from directives.functions.running import items
from directives.functions.running import result
from directives.request import Redirect
from directives.request import current_request

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord
    from directives.functions.registered import Registered

BARE = "requires"

log = logging.getLogger("directives")


def check_policy(registered: Registered, function: Any) -> None:
    """See that every policy written above a function arrived on what its decorators made of it.

    Raises:
        PolicyError: One did not; says which order of decorators works.
    """
    written = registered.policy
    noted = registered.module.noted
    if len(policy_of(function)) >= max(len(written), noted.get(registered.code, 0) if noted else 0):
        return
    record = registered.record
    place = record.place
    if BARE in written:
        raise PolicyError(f"{place} has `@requires` without a predicate: write `@requires(predicate)`")
    shown = ", ".join(f"`@{text}`" for text in written) or "a policy"
    raise PolicyError(
        f"{place} has {shown}, but a decorator above hides it, so it would not be enforced: write the policy as the "
        "outermost decorator, or let the other one use functools.wraps"
    )


def is_guarded(registered: Registered, function: ServerFunction[..., Any]) -> bool:
    """Whether there is anything to ask or to inject before a call may run."""
    policy = policy_of(function._function)
    return bool(policy and policy != (anyone,)) or bool(registered.injections)


async def admit(
    registered: Registered,
    function: ServerFunction[..., Any],
    args: list[Any],
    kwargs: dict[str, Any],
    asked: Plain | None = None,
) -> None:
    """Fill what is injected into the arguments of a call, and ask the function's policy.

    Args:
        registered: The function as its module registered it.
        function: The function itself.
        args: The validated positional arguments; what is injected among them is put in place.
        kwargs: The validated keyword arguments; the rest of what is injected is added.
        asked: What runs a plain predicate or source, if it is not simply called.

    Raises:
        AccessDenied: The call may not run.
        Redirect: It may not run, and the caller is to go elsewhere.
    """
    record = registered.record
    request = current_request()
    if request is None:
        raise NoRequestError(f"a call of {record.full_name} can be admitted only while a request is answered")
    injected = {}
    for name, source, takes_request in registered.injections:
        injected[name] = await ask(record, source, (request,) if takes_request else (), asked)
    known = dict(named(record, args, kwargs, function, registered)) | injected
    for predicate in policy_of(function._function):
        if not await ask(record, predicate, (request, dict(known)), asked):
            raise AccessDenied(f"{shown(predicate)} does not hold for this call of {record.full_name}")
    args[:] = place(record, args, kwargs, injected)


async def ask(
    record: FunctionRecord, question: Callable[..., Any], about: tuple[Any, ...], asked: Plain | None
) -> Any:
    """What a predicate or a source answers; whatever it raises denies the call."""
    try:
        plain = None if inspect.iscoroutinefunction(question) else asked
        return await result(question, about, {}, plain=plain)
    except (AccessDenied, Redirect):
        raise
    except Exception as error:
        log.warning("denied a call of %s: %s raised", record.full_name, shown(question), exc_info=error)
        raise AccessDenied(f"{shown(question)} raised {type(error).__name__}") from error


def shown(question: Callable[..., Any]) -> str:
    """The name of a predicate, for the log."""
    return str(getattr(question, "__qualname__", type(question).__qualname__))


def named(
    record: FunctionRecord,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    function: ServerFunction[..., Any],
    registered: Registered,
) -> Iterator[tuple[str, Any]]:
    """The arguments of a call by the names of their parameters."""
    positional = [p.name for p in record.sendable if p.by_position]
    by_name = {p.name for p in record.sendable if p.by_name}
    yield from defaults(inspect.unwrap(function), registered)
    yield from zip(positional, args, strict=False)
    for parameter in record.parameters:
        if parameter.kind == "varargs":
            yield parameter.name, tuple(args[len(positional) :])
        elif parameter.kind == "varkw":
            yield parameter.name, {name: value for name, value in kwargs.items() if name not in by_name}
    yield from ((name, value) for name, value in kwargs.items() if name in by_name)


def defaults(function: Any, registered: Registered) -> Iterator[tuple[str, Any]]:
    """The values of a function's defaults, where decorators let it be found."""
    if getattr(function, "__code__", None) != registered.code:
        return
    positional = [p.name for p in registered.record.parameters if p.by_position]
    values = function.__defaults__ or ()
    yield from zip(positional[len(positional) - len(values) :], values, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def place(
    record: FunctionRecord, args: Sequence[Any], kwargs: dict[str, Any], injected: Mapping[str, Any]
) -> Iterator[Any]:
    """The positional arguments with what is injected among them; what follows the last one goes by name."""
    given = list(args)
    kwargs.update(injected)
    for parameter in record.parameters:
        if not given or not parameter.by_position:
            break
        yield kwargs.pop(parameter.name) if parameter.injected else given.pop(0)
    yield from given


def received(registered: Registered, sealed: str | None) -> ServerFunction[..., Any]:
    """A server function that a caller names among the arguments of another.

    The caller chose it, so whoever calls it acts for the caller: its policy is asked at that call too.

    Raises:
        SealError: ``sealed`` was not made here for this function.
        OutdatedPageError: The function captures more now than when ``sealed`` was made.
    """
    function = registered.reference(sealed)
    if not is_guarded(registered, function):
        return function

    async def call(*args: Any, **kwargs: Any) -> Any:
        admitted = list(args)
        await admit(registered, function, admitted, kwargs)
        return await result(function, admitted, kwargs)

    async def stream(*args: Any, **kwargs: Any) -> Any:
        admitted = list(args)
        await admit(registered, function, admitted, kwargs)
        async for item in items(function, admitted, kwargs):
            yield item

    guarded = stream if registered.record.flavor in STREAMS else call
    update_wrapper(guarded, function)
    return ServerFunction(guarded, registered.id, function._origin, received=True, home=registered)
