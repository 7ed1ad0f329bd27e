"""Which transport a stub calls through: that of the client whose block it is called in, else the process's own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from directives.client.connections import Connections
from directives.client.session import Session
from directives.client.transport import Transport
from directives.functions import special_for
from directives.request import current_request
from directives.runtime import runtime

if TYPE_CHECKING:
    from directives.settings import Settings


@dataclass(frozen=True, slots=True)
class Entered:
    """A client's block that is being run.

    Attributes:
        transport: The client's.
        outer: The block around it.
    """

    transport: Transport
    outer: Entered | None


entered: ContextVar[Entered | None] = ContextVar("directives.client.entered", default=None)


def current_transport() -> Transport:
    """What a stub that is called now sends its call with."""
    block = entered.get()
    return process_transport() if block is None else block.transport


@cache
def process_transport() -> Transport:
    """The transport of what is called outside of any client's block."""
    own = Session()

    def session() -> Session:
        # Who calls another server while he answers somebody does so for him: nothing is kept for the next one.
        return own if current_request() is None else Session()

    return transport_for(lambda: runtime.settings, shared_connections(), session)


@cache
def shared_connections() -> Connections:
    """The connections of everybody who has none of his own."""
    return Connections()


def transport_for(
    settings: Callable[[], Settings], connections: Connections, session: Callable[[], Session]
) -> Transport:
    """A transport that knows the process's registered classes and its current trace."""
    special = special_for(runtime.functions.types, markup=False)

    def told() -> Mapping[str, str]:
        return {} if runtime.observer is None else runtime.observer.outgoing()

    return Transport(settings, connections, special=special, told=told, session=session)


def settings_for(url: str | None) -> Callable[[], Settings]:
    """Gives the settings in force, with another server's address if one is said."""
    return lambda: runtime.settings if url is None else replace(runtime.settings, url=url)
