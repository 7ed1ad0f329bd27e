"""What seals the captured values of nested functions, by the rules that are set."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from directives.errors import EncodeError
from directives.errors import NoRequestError
from directives.errors import SettingsError
from directives.request import CurrentRequest
from directives.request import current_request

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord

STATE = b"state\0"  # no ID begins so
Session = Callable[[CurrentRequest], str | None]
"""Gives what identifies the session of a request; ``None`` where there is none."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals what a function captured, and opens it for that function and session again.

    Attributes:
        keys: The first seals, all open.
        max_age: Seconds for which a sealed value can be used; ``None`` for ever.
        size_limit: The longest sealed text, in bytes.
        session: What a sealed value is bound to besides its function, if anything.
        clock: The time, in seconds since 1970.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    max_age: float | None = None
    size_limit: int = 3072
    session: Session | None = None
    clock: Callable[[], float] = time.time

    def seal(
        self, record: FunctionRecord, plaintext: bytes, sizes: Callable[[], Mapping[str, int]] | None
    ) -> str:
        """Seal what a function captured.

        Args:
            record: The function.
            plaintext: What it captured.
            sizes: Tells how many bytes each part of that takes, for the error; ``None`` if it may be of any size.

        Raises:
            EncodeError: It is larger than the limit; names the largest part.
            NoRequestError: It would be bound to the session of a request, and none is being answered.
        """
        from directives.wire.sealing import seal

        sealed = seal(self.keys, plaintext, self._purpose(record.id), clock=self.clock)
        if sizes is not None and len(sealed) > self.size_limit:
            name, size = max(sizes().items(), key=lambda part: part[1])
            raise EncodeError(
                f"server function {record.full_name} cannot be handed out: sealed, what it captures takes "
                f"{len(sealed)} bytes, and the setting `captured_size_limit` allows {self.size_limit}, because it has "
                f"to fit into an address; the largest is {name} with {size} bytes: capture a key of it and look it up "
                "in the function, or raise the limit, or let a form carry it in `.fields` with `.action` as its action"
            )
        return sealed

    def seal_state(self, function_id: str, plaintext: bytes) -> str:
        """Seal the state of a form.

        Args:
            function_id: The ID of its function.
            plaintext: The state.

        Raises:
            NoRequestError: See ``seal``.
        """
        from directives.wire.sealing import seal

        return seal(self.keys, plaintext, STATE + self._purpose(function_id), clock=self.clock)

    def open_state(self, function_id: str, sealed: str) -> bytes:
        """What ``seal_state`` sealed for a function; raises what ``open`` does."""
        from directives.wire.sealing import open_sealed

        purpose = STATE + self._purpose(function_id)
        return open_sealed(self.keys, sealed, purpose, max_age=self.max_age, clock=self.clock)

    def check_state(self, name: str, sealed: str) -> None:
        """See that the sealed state of a form fits into an address.

        Args:
            name: The name of the function.
            sealed: The state.

        Raises:
            EncodeError: It does not.
        """
        if len(sealed) > self.size_limit:
            raise EncodeError(
                f"the state of a form of {name} takes {len(sealed)} bytes, sealed, and the setting `captured_size_limit` "
                f"allows {self.size_limit} in an address: let the form carry it in fields, as in `<form action="
                '"{{ form.action }}" method="post">{{ form.fields }}`, or keep less in it'
            )

    def open(self, function_id: str, sealed: str) -> bytes:
        """What was sealed for a function.

        Raises:
            SealError: It was not sealed here for this function and session.
            ExpiredPageError: It was sealed too long ago.
        """
        from directives.wire.sealing import open_sealed

        return open_sealed(
            self.keys, sealed, self._purpose(function_id), max_age=self.max_age, clock=self.clock
        )

    def _purpose(self, function_id: str) -> bytes:
        if self.session is None:
            return function_id.encode()
        request = current_request()
        if request is None:
            raise NoRequestError(
                "captured values are bound to the session of a request, says the setting `captured_session`, and no "
                "request is being answered: hand server functions out in a page or in another server function"
            )
        session = self.session(request)
        if session is None:
            return function_id.encode() + b"\0"
        if type(session) is not str:
            raise SettingsError(
                "captured_session",
                f"what `captured_session` names has to give a text or None, not {type(session).__name__}",
            )
        return function_id.encode() + b"\1" + session.encode("utf-8", "surrogatepass")


def session_named(setting: Session | str | None) -> Session | None:
    """The function that the setting ``captured_session`` is, or names as ``module:function``.

    Raises:
        SettingsError: There is no such function.
    """
    if not isinstance(setting, str):
        return setting
    module, _, name = setting.partition(":")
    try:
        found: Session = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SettingsError("captured_session", f"setting 'captured_session': {error}") from error
    if not callable(found):
        raise SettingsError("captured_session", f"setting 'captured_session': {setting!r} is no function")
    return found
