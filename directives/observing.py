"""Who watches the calls that a process answers and makes: the one seam for tracing and metrics.

A runtime without an observer pays nothing for it: its endpoint is one that knows of none.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any
from typing import Protocol

__all__ = ["Observed", "Observer", "fields"]


def fields(**values: Any) -> dict[str, Any]:
    """The ``extra`` of a log record, under names that are nobody else's.

    >>> fields(kind="internal")
    {'directives_kind': 'internal'}
    """
    return {f"directives_{name}": value for name, value in values.items()}


class Observed(Protocol):
    """One call that is being answered."""

    def during(self) -> AbstractContextManager[object]:
        """What the answer is computed in; entered again for each item of a stream."""
        ...

    def end(self, function: str | None, status: int, outcome: str) -> None:
        """The call is over.

        Args:
            function: The function's module and qualified name, if there is one: never what a caller made up.
            status: The HTTP status.
            outcome: ``"ok"``, ``"cancelled"``, or the kind of the error that the caller was told.
        """
        ...


class Observer(Protocol):
    """Watches all calls of a process; used by many threads at once."""

    def begin(self, header: Callable[[str], str | None]) -> Observed:
        """A call has come in.

        Args:
            header: Gives a header of the request; some may name the trace that the caller belongs to.
        """
        ...

    def step(self, name: str) -> AbstractContextManager[object]:
        """What a part of the current call is done in.

        Args:
            name: ``"validate"`` or ``"run"``.
        """
        ...

    def outgoing(self) -> Mapping[str, str]:
        """Headers for a call of another server, which tell it of the current trace."""
        ...
