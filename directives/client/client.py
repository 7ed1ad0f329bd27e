"""One user of a server, among others in the same program."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from directives.client.connections import Connections
from directives.client.current import Entered
from directives.client.current import entered
from directives.client.current import settings_for
from directives.client.current import shared_connections
from directives.client.current import transport_for
from directives.client.kept import KEPT_BYTES
from directives.client.session import Session


class Client:
    """One user of one server: server functions that are called inside its block are called by this user.

    Its headers, the cookies that the server sets and the replies that it may use again are its own: two clients share
    connections and nothing else. It can be entered any number of times, by many threads and tasks at once.

    Args:
        url: The server's address; that of the setting ``url`` if left out.
        headers: Sent with each call, such as ``authorization``.
        cookies: The cookies to begin with.
        connections: Connections of one's own, with certificates or proxies of one's own.
        keep_bytes: The most memory for replies that may be used again, in bytes; 0 keeps none.

    Raises:
        SettingsError: Raised by the calls, where the address is missing or none.

    See Next.js, "'use cache: private'".
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        connections: Connections | None = None,
        keep_bytes: int = KEPT_BYTES,
    ) -> None:
        self._session = Session(headers, cookies, keep_bytes)
        self._transport = transport_for(
            settings_for(url), connections or shared_connections(), lambda: self._session
        )

    def __enter__(self) -> Self:
        entered.set(Entered(self._transport, entered.get()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        block = entered.get()
        assert block is not None, "a block is left in the context that it was entered in"
        entered.set(block.outer)

    def forget(self) -> None:
        """Ask again for everything: forget the replies that may be used again."""
        self._session.kept.forget()
