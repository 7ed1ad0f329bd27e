"""A form that was sent, as the page that is made anew for it sees it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from directives.forms.data import FormData


@dataclass(frozen=True, slots=True)
class FormError:
    """Why a form was not accepted, as far as whoever sent it may know.

    Attributes:
        kind: What went wrong, in one word of the table in "HTTP"; ``arguments`` if fields do not fit.
        message: The same for a person.
        problems: What is wrong with a field, by its name.
        digest: What to look for in the server's log, if nobody but the log is told more.
        type: What an ``ExpectedError`` is known by.
        data: The fields of that error.
    """

    kind: str
    message: str
    problems: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None
    type: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, repr=False)
class Submission:
    """A form that was sent; what is sealed stays so until a form of the page asks whether it is its own.

    Attributes:
        function_id: The ID of the function that it called.
        bound: What that captured, sealed.
        state: The key and the state of the form, sealed: the new ones if the function gave any.
        values: What was sent, to be filled in again; ``None`` if the form was accepted.
        error: Why it was not accepted.
    """

    function_id: str
    bound: str | None = None
    state: str | None = None
    values: FormData | None = None
    error: FormError | None = None


@dataclass(slots=True)
class Shown:
    """A submission while a page is made for it.

    Attributes:
        submission: The submission.
        seen: Whether the page has looked at its error: one that has not would hide it.
    """

    submission: Submission
    seen: bool = False


current_shown: ContextVar[Shown | None] = ContextVar("directives.forms.current_shown", default=None)
