"""Calls of server functions over HTTP."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import httpx

from directives import deadlines
from directives.client.addresses import address
from directives.client.background import beside
from directives.client.connections import Connections
from directives.client.failures import explained
from directives.client.failures import foreign
from directives.client.kept import Asked
from directives.client.kept import key_of
from directives.client.kept import seconds_to_keep
from directives.client.outgoing import Outgoing
from directives.client.outgoing import outgoing
from directives.client.reply import CBOR
from directives.client.reply import CBOR_SEQUENCE
from directives.client.reply import value_of
from directives.client.retries import PAUSES
from directives.client.retries import retried
from directives.client.sequence import ItemCutter
from directives.client.session import Session
from directives.errors import DecodeError
from directives.functions import ServerFunction
from directives.functions import lower_function
from directives.functions.awaited import settled

if TYPE_CHECKING:
    from directives.settings import Settings
    from directives.wire.lowering import Special
    from directives.wire.references import FunctionReference

REPLY_SIZE_LIMIT = 64 << 20
"""The largest reply, and the largest item of a stream, in bytes."""

FUNCTION_ID = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Sending:
    """A call that is about to be sent.

    Attributes:
        url: Where to.
        body: What it says.
        ends: When it has to be over.
        session: Whose it is.
        cookie: What the user's cookies are at this moment.
    """

    url: httpx.URL
    body: Outgoing
    ends: float | None
    session: Session
    cookie: str

    def headers(self) -> dict[str, str]:
        """The headers that do not depend on what is asked for."""
        headers = {**self.session.headers, **self.body.headers}
        if self.cookie:
            headers["cookie"] = self.cookie
        if self.ends is not None:
            headers[deadlines.HEADER] = str(deadlines.milliseconds(self.ends))
        return headers

    def kept(self) -> bytes | None:
        """The body of an earlier reply to the same call, if it may be used again."""
        key = self._key()
        return None if key is None else self.session.kept.find(key)

    def keep(self, response: httpx.Response, body: bytes, asked: Asked) -> None:
        """Keep a reply, if the server says that it may be used again."""
        seconds = seconds_to_keep(response)
        if seconds and (key := self._key()) is not None:
            self.session.kept.keep(key, body, seconds, asked)

    def _key(self) -> bytes | None:
        """What tells it from all calls of this user that may have another answer; none if it has files."""
        content = self.body.content
        if content is None:
            return None
        return key_of(str(self.url).encode(), self.cookie.encode("utf-8", "surrogateescape"), content)


class Transport:
    """Calls the server functions of one server.

    Args:
        settings: Gives the settings in force; ``url`` and ``endpoint`` say where the server is.
        connections: The HTTP connections; those of one's own have certificates and proxies of one's own.
        limit: The largest reply, and the largest item of a stream, in bytes.
        special: How arguments travel that the format does not know.
        pauses: The longest seconds before each time that a call is sent again after its connection broke, if that is
            safe; see ``directives.client.idempotent``. A stream is never sent again.
        told: Gives headers that tell the server of the current trace.
        session: Gives what the calls of the current user have in common.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        connections: Connections,
        limit: int = REPLY_SIZE_LIMIT,
        special: Special = lower_function,
        pauses: Sequence[float] = PAUSES,
        told: Callable[[], Mapping[str, str]] = dict,
        session: Callable[[], Session] | None = None,
    ) -> None:
        self._settings = settings
        self._connections = connections
        self._limit = limit
        self._special = special
        self._pauses = pauses
        self._told = told
        own = Session()
        self._session = session or (lambda: own)

    async def call(
        self, function_id: str, args: Sequence[Any], kwargs: Mapping[str, Any], bound: str | None = None
    ) -> Any:
        """Call a function and wait for its result.

        Args:
            function_id: The function's ID.
            args: Positional arguments.
            kwargs: Keyword arguments.
            bound: Its captured values, sealed by the server, if it came with any.

        Raises:
            RemoteError: The function failed, the server refused the call, cannot be reached, or
                answers with something else; ``kind`` tells which.
            DeadlineExceeded: The call was not over in time; see ``directives.deadlines``.
            ExpectedError: The function raised one whose class this program has imported.
            Redirect: The function redirects, as it would if called in the server.
            EncodeError: An argument cannot travel; names its path and type.
            SettingsError: The server's address is not set, or is no address.
        """
        message = {"args": list(args), "kwargs": dict(kwargs)} | ({"bound": bound} if bound else {})
        ends = deadlines.moment(self._settings().call_timeout)
        async with deadlines.enforced(ends):
            sending = await self._sending(function_id, message, ends)
            kept = sending.kept()
            if kept is not None:
                return value_of(httpx.codes.OK, kept, self._received)
            # The same key each time: who sends the call again on the way, such as a proxy, does not run it twice.
            key = {"idempotency-key": f'"{os.urandom(16).hex()}"'}
            return await retried(lambda: self._value(sending, key), self._pauses)

    async def _sending(self, function_id: str, message: Mapping[str, Any], ends: float | None) -> Sending:
        url = address(self._settings(), function_id)
        body = outgoing(await settled(message), self._special)
        session = self._session()
        return Sending(url, body, ends, session, session.cookie(url))

    async def _value(self, sending: Sending, extra: Mapping[str, str]) -> Any:
        asked = sending.session.kept.asked()
        async with self._reply(sending, extra, CBOR) as response:
            body = await self._body(response)
            value = value_of(response.status_code, body, self._received)
            sending.keep(response, body, asked)
            return value

    async def stream(
        self, function_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> AsyncIterator[Any]:
        """Call a function that is a generator; its items, as they come.

        Raises:
            RemoteError: As for ``call``, at any item.
            EncodeError: As for ``call``.
            SettingsError: As for ``call``.
        """
        message = {"args": list(args), "kwargs": dict(kwargs)}
        ends = deadlines.moment(self._settings().call_timeout)
        async with AsyncExitStack() as stack:
            async with deadlines.enforced(ends):
                sending = await self._sending(function_id, message, ends)
                # What it changes while it goes on, its headers could not tell.
                stack.callback(sending.session.kept.forget)
                reply = self._reply(sending, {}, CBOR_SEQUENCE, CBOR)
                response = await stack.enter_async_context(reply)
            if _media_type(response) == CBOR:
                value_of(response.status_code, await self._body(response))
                raise foreign(response, "one value instead of a stream")
            cutter = ItemCutter(self._limit)
            async for chunk in deadlines.each(response.aiter_bytes(), ends):
                for item in cutter.feed(chunk):
                    yield value_of(response.status_code, item, self._received)
            cutter.finish()

    @asynccontextmanager
    async def _reply(
        self, sending: Sending, extra: Mapping[str, str], *media_types: str
    ) -> AsyncIterator[httpx.Response]:
        """The server's reply, its body not read yet; what breaks while it is read becomes a RemoteError."""
        client = await self._connections.client()
        headers = {**self._told(), **sending.headers(), **extra, "accept": ", ".join(media_types)}
        request = client.build_request(
            "POST", sending.url, content=sending.body.content, files=sending.body.files, headers=headers
        )
        with explained(sending.url):
            async with sending.session.reply(client, request) as response:
                if _media_type(response) not in {CBOR, *media_types}:
                    raise foreign(response, _media_type(response) or "no content type")
                yield response

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limit:
                raise DecodeError(f"it is larger than {self._limit} bytes")
        return bytes(body)

    def _received(self, reference: FunctionReference) -> ServerFunction[..., Any]:
        """A server function among the values that the server sent: calling it calls the server again."""
        if not FUNCTION_ID.fullmatch(reference.id):
            raise DecodeError("it holds a server function with a malformed ID")

        async def stub(*args: Any, **kwargs: Any) -> Any:
            return await self.call(reference.id, args, kwargs, reference.bound)

        stub.__name__ = stub.__qualname__ = reference.id
        return ServerFunction(stub, reference.id, Received(reference.bound), runner=beside)


@dataclass(frozen=True, slots=True)
class Received:
    """Where a received server function has its captured values from: the server sealed them."""

    bound: str | None

    def seal(self, outer: tuple[Any, ...] = (), *, limited: bool = True) -> str | None:
        """The captured values as they came."""
        return self.bound

    def plaintext(self, outer: tuple[Any, ...] = ()) -> bytes | None:
        """Nothing: only the server can read them."""
        return None

    def held(self) -> str | None:
        """The same: here they stay sealed."""
        return self.bound


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
