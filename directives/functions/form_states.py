"""The state of a form on its way through the page: sealed with the form's key, for one function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import EncodeError
from directives.errors import OutdatedPageError
from directives.errors import UnknownTypeError
from directives.functions.sealed_functions import lowering
from directives.functions.sealed_functions import raising

if TYPE_CHECKING:
    from directives.functions.reference import ServerFunction
    from directives.functions.registered import Registered


@dataclass(frozen=True, slots=True, repr=False)
class FormState:
    """What tells a form from others of its function, and its state.

    Attributes:
        key: The key that the page gave it.
        state: Its state, in a tuple; an empty one for a form without.
    """

    key: str = ""
    state: tuple[Any, ...] = ()


def home_of(function: ServerFunction[..., Any]) -> Registered:
    """What the module of a server function has registered.

    Raises:
        TypeError: It is a function of another process.
    """
    if function._home is None:
        raise TypeError(f"{function!r} is no server function of this process")
    return function._home


def sealed_for(function: ServerFunction[..., Any], form: FormState, *, limited: bool = True) -> str | None:
    """What a form says of its function besides the ID: the captured values and, behind a dot, the form's state.

    Args:
        function: The function.
        form: The form.
        limited: Whether it has to fit into an address.

    Raises:
        EncodeError: A captured value or the state cannot travel, or is larger than the setting ``captured_size_limit``.
    """
    bound = None if function._origin is None else function._origin.seal(limited=limited)
    if form == FormState():
        return bound
    home = home_of(function)
    state = seal_state(home, form)
    if limited:
        home.module.registry.sealer().check_state(home.record.full_name, state)
    return f"{bound or ''}.{state}"


def captured_as(function: ServerFunction[..., Any], bound: str | None) -> bool:
    """Whether a function captures now what somebody was given, sealed, before.

    Raises:
        SealError: That was not sealed here for this function.
        ExpiredPageError: It was sealed too long ago.
    """
    own = None if function._origin is None else function._origin.plaintext()
    if bound is None or own is None:
        return bound is None and own is None
    return home_of(function).module.registry.sealer().open(function.id, bound) == own


def seal_state(registered: Registered, form: FormState) -> str:
    """Seal the state of a form.

    Args:
        registered: The form's function.
        form: The form.

    Raises:
        EncodeError: The state holds what cannot travel; names its path and type.
    """
    from directives.wire.trusted import dumps

    registry = registered.module.registry
    look = registry.taints.look()
    try:
        plaintext = dumps((form.key, *form.state), types=registry.types, special=lowering(), look=look)
    except EncodeError as error:
        name = registered.record.full_name
        raise EncodeError(f"the state of a form of {name} cannot travel: {error}") from None
    return registry.sealer().seal_state(registered.id, plaintext)


def open_state(registered: Registered, sealed: str) -> FormState:
    """What ``seal_state`` sealed.

    Args:
        registered: The function of the form that was sent.
        sealed: What came with it.

    Raises:
        SealError: It was not sealed here for this function.
        OutdatedPageError: It holds a value of a class that is no more, or is too old.
    """
    from directives.wire.trusted import loads

    registry = registered.module.registry
    plaintext = registry.sealer().open_state(registered.id, sealed)
    try:
        key, *state = loads(plaintext, types=registry.types, special=raising(registry))
    except UnknownTypeError as error:
        raise OutdatedPageError(f"a form of {registered.record.full_name}: {error}") from error
    return FormState(key, tuple(state))
