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
