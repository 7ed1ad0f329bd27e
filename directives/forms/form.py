"""One form of a page: its address, its state, and what became of it when it was sent."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from directives.cache.scope import current_scope
from directives.errors import CacheScopeError
from directives.errors import OutdatedPageError
from directives.errors import SealError
from directives.forms.data import FormData
from directives.forms.submission import FormError
from directives.forms.submission import Shown
from directives.forms.submission import current_shown

if TYPE_CHECKING:
    from markupsafe import Markup

    from directives.functions.form_states import FormState
    from directives.functions.reference import ServerFunction

S = TypeVar("S")


class Form:
    """One form of a page, made by ``action_state`` or ``form_of``.

    As text it is the address for ``action`` or ``formaction``: ``<form action="{{ form }}" method="post">``.

    Args:
        function: The server function that it calls.
        key: What tells it from other forms of the function.
        state: Its state at first, in a tuple; an empty one for a form without.

    Raises:
        EncodeError: See ``action_state``.
    """

    __slots__ = ("_function", "_key", "_shown", "_state")

    def __init__(self, function: ServerFunction[..., Any], key: str, state: tuple[Any, ...] = ()) -> None:
        self._function = function
        self._key = key
        self._shown, sent = _shown_for(function, key)
        self._state = sent.state if sent is not None and state else state

    @property
    def state(self) -> Any:
        """What the function returned last, or what it was at first; ``None`` for a form without state."""
        return self._state[0] if self._state else None

    @property
    def error(self) -> FormError | None:
        """Why the form was not accepted; ``None`` if it was, or has not been sent."""
        if self._shown is None:
            return None
        self._shown.seen = True
        return self._shown.submission.error

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong with a field, by its name; empty where nothing is."""
        error = self.error
        return {} if error is None else error.problems

    @property
    def values(self) -> FormData:
        """The texts that were sent and not accepted, to fill the fields again; empty otherwise."""
        values = None if self._shown is None else self._shown.submission.values
        return FormData() if values is None else values

    @property
    def action(self) -> str:
        """A short address, for a form that contains ``fields``."""
        return self._function.action

    @property
    def fields(self) -> Markup:
        """Hidden fields with what would be too much for an address."""
        from directives.functions.reference import hidden_field

        return hidden_field(self._function.id, self._sealed(limited=False))

    def __str__(self) -> str:
        from directives.functions.reference import address

        return address(self._function.id, self._sealed(limited=True))

    def __html__(self) -> str:
        return str(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"<Form {self._key!r} of {self._function!r}>"

    def _sealed(self, *, limited: bool) -> str | None:
        from directives.functions.form_states import FormState
        from directives.functions.form_states import sealed_for

        return sealed_for(self._function, FormState(self._key, self._state), limited=limited)


def action_state(function: Callable[..., Any], initial: S, key: object = "") -> tuple[S, Form]:
    """A form with a state, and that state: what its function returned when the form was sent last.

    The function receives ``(previous_state, form_data)``, or after the state the parameters that are named like the fields,
    and returns the next state. The state travels with the form, sealed for this function and this form.

    See React's reference page of ``useActionState``.

    Args:
        function: The server function.
        initial: The state before the form is sent for the first time; a value as server functions capture them.
        key: What tells this form from others of the same function on the page, such as the ID of a row.

    Returns:
        The state, and the form, whose text is the address for ``action``.

    Raises:
        TypeError: ``function`` is no server function of this process.
        CacheScopeError: A cached function is being computed: what one visitor has sent is nobody else's.
        EncodeError: When the form is written: the state cannot travel, or is too large for an address.
    """
    form = Form(_checked(function, "action_state"), str(key), (initial,))
    return form.state, form


def form_of(function: Callable[..., Any], key: object = "") -> Form:
    """A form without a state, for a page that shows what was wrong with it and fills it again.

    Args:
        function: The server function.
        key: What tells this form from others of the same function on the page, such as the ID of a row.

    Raises:
        TypeError: ``function`` is no server function of this process.
        CacheScopeError: A cached function is being computed: what one visitor has sent is nobody else's.
    """
    return Form(_checked(function, "form_of"), str(key))


def _checked(function: Any, name: str) -> ServerFunction[..., Any]:
    from directives.functions.reference import ServerFunction

    scope = current_scope()
    if scope is not None and scope.function is not None:
        cached = scope.function
        raise CacheScopeError(
            f"{name}() was called while {cached.name} ('{cached.record.directive}') was being computed: what a visitor has "
            "sent would be shown to others. Call it in the page."
        )
    if not isinstance(function, ServerFunction):
        raise TypeError(f"{name}() wants a server function, not {type(function).__qualname__}")
    return function


def _shown_for(function: ServerFunction[..., Any], key: str) -> tuple[Shown | None, FormState | None]:
    """What the page is made anew for, if it is this form of the function, with the same captured values."""
    shown = current_shown.get()
    if shown is None or shown.submission.function_id != function.id:
        return None, None
    from directives.functions.form_states import FormState
    from directives.functions.form_states import captured_as
    from directives.functions.form_states import home_of
    from directives.functions.form_states import open_state

    submission = shown.submission
    try:
        sent = FormState() if submission.state is None else open_state(home_of(function), submission.state)
        is_own = sent.key == key and captured_as(function, submission.bound)
    except (SealError, OutdatedPageError):  # the reply says so
        return None, None
    return (shown, sent) if is_own else (None, None)
