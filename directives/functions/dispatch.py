"""Dispatch: from the ID and arguments of a call to a result that is about to be computed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from directives.cache.reusable import MAY_KEEP
from directives.errors import StaleManifestError
from directives.errors import UnknownFunctionError
from directives.functions.admission import admit
from directives.functions.admission import is_guarded
from directives.functions.form_states import FormState
from directives.functions.form_states import open_state
from directives.functions.form_states import seal_state
from directives.functions.registry import Registry
from directives.functions.running import PLAIN
from directives.functions.running import STREAMS
from directives.functions.running import Around
from directives.functions.running import Plain
from directives.functions.running import as_it_is
from directives.functions.running import items
from directives.functions.running import result
from directives.functions.schemas import Format
from directives.functions.values import resolve

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    from directives.functions.registered import Registered

log = logging.getLogger("directives")


class Call(NamedTuple):
    """A call as it came in; everything in it is hostile.

    Attributes:
        function_id: The ID of the function.
        args: Positional arguments.
        kwargs: Keyword arguments.
        bound: The sealed captured values, if the caller sent any.
        references: Whether there are references among the arguments: to server functions, to files, forms.
        form: How the arguments came.
        files: The files that came along, by the names that references have for them.
        state: The sealed state of the form that called, if it has one.
    """

    function_id: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] | None = None
    bound: str | None = None
    references: bool = False
    form: Format = Format.CBOR
    files: Mapping[str, FileStorage] | None = None
    state: str | None = None


class Started(NamedTuple):
    """A call that was accepted; nothing of the function has run yet.

    Attributes:
        result: What to await for the result, unless the function answers item by item.
        items: Its items, if it does.
        admission: What asks the function's policy, if it has one; awaited by ``admitted``.
        keepable: Whether the client may use the result again instead of calling.
        next_state: Seals what the function gives as the next state of the form that called, if that has one.
    """

    result: Coroutine[Any, Any, Any] | None = None
    items: AsyncIterator[Any] | None = None
    admission: Coroutine[Any, Any, None] | None = None
    keepable: bool = False
    next_state: Callable[[Any], str] | None = None

    async def admitted(self) -> None:
        """Wait for the function's policy to admit the call; to be awaited before any of the reply is given.

        Raises:
            AccessDenied: The call may not run.
            Redirect: It may not run, and the caller is to go elsewhere.
        """
        if self.admission is None:
            return
        try:
            await self.admission
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the call up, if nothing of the function has run yet; of one that has ended nothing is left to do."""
        if self.result is not None:
            self.result.close()


def dispatch(
    registry: Registry,
    call: Call,
    *,
    plain: Plain | None = None,
    asked: Plain | None = None,
    around: Around = as_it_is,
) -> Started:
    """Accept a call: find its function, open what it captured, see that the arguments fit.

    Args:
        registry: Where functions are found, exactly, by ID.
        call: The call.
        plain: What runs a plain ``def``, because an event loop has to go on meanwhile.
        asked: What runs a plain predicate, or a source of an injected parameter, if it is not simply called.
        around: Waits for what the function gives, and puts what is a framework's own in our terms.

    Raises:
        UnknownFunctionError: No server function has the ID.
        SealError: The captured values, or the form's state, were not made here for this function.
        OutdatedPageError: The function captures more now than when the page was made.
        ArgumentsError: The arguments do not fit the parameters.
    """
    try:
        registered = registry.find(call.function_id)
    except StaleManifestError as error:
        log.error("%s", error)
        raise UnknownFunctionError("no server function has this ID") from error
    args, kwargs, next_state = call.args, call.kwargs or {}, None
    if call.state is not None:
        form = open_state(registered, call.state)
        args = (*form.state, *args)
        if form.state:
            next_state = partial(_sealed_state, registered, form.key)
    if call.references:
        args = resolve(registry, args, "args", call.files or {})
        kwargs = resolve(registry, kwargs, "kwargs", call.files or {})
    args, kwargs = registered.validate(args, kwargs, call.form)
    function = registered.reference(call.bound)
    positional: Sequence[Any] = args
    admission = None
    if is_guarded(registered, function):
        # Admission puts what is injected into both, before they are used.
        positional = to_fill = list(args)
        kwargs = dict(kwargs)
        admission = admit(registered, function, to_fill, kwargs, asked)
    flavor = registered.record.flavor
    if flavor not in PLAIN:
        plain = None
    look = registry.taints.look
    if flavor in STREAMS:
        stream = items(function, positional, kwargs, plain=plain, look=look, around=around)
        return Started(items=stream, admission=admission, next_state=next_state)
    outcome = result(function, positional, kwargs, plain=plain, look=look, around=around)
    keepable = getattr(function, MAY_KEEP, False)
    return Started(outcome, admission=admission, keepable=keepable, next_state=next_state)


def _sealed_state(registered: Registered, key: str, state: Any) -> str:
    return seal_state(registered, FormState(key, (state,)))
