"""Calls of server functions over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

import httpx

from directives import deadlines
from directives.client.connections import Connections
from directives.client.connections import open_client
from directives.client.outgoing import outgoing
from directives.client.reply import CBOR
from directives.client.reply import CBOR_SEQUENCE
from directives.client.reply import value_of
from directives.client.sequence import ItemCutter
from directives.errors import DecodeError
from directives.errors import RemoteError
from directives.errors import SettingsError
from directives.functions import ServerFunction
from directives.functions import lower_function
from directives.functions import special_for
from directives.functions.awaited import settled

if TYPE_CHECKING:
    from directives.settings import Settings
    from directives.wire.lowering import Special
    from directives.wire.references import FunctionReference

REPLY_SIZE_LIMIT = 64 << 20
"""The largest reply, and the largest item of a stream, in bytes."""

PAUSES = (0.05, 0.25)
BROKEN = frozenset({"unreachable", "interrupted"})
"""The kinds of a call whose connection broke."""

FUNCTION_ID = re.compile(r"[0-9a-f]{40}")
NO_URL = (
    "client code does not know its server: set the variable DIRECTIVES_URL, or the setting `url`, "
    "to the server's address, such as http://127.0.0.1:8000"
)


class Transport:
    """Calls the server functions of one server.

    Args:
        settings: Gives the settings in force; ``url`` and ``endpoint`` say where the server is.
        open_client: Makes the HTTP client of an event loop; the place for headers, certificates
            and proxies of one's own.
        limit: The largest reply, and the largest item of a stream, in bytes.
        special: How arguments travel that the format does not know.
        pauses: The seconds before each time that a call is sent again after its connection broke. The server is told
            that it is the same call, and runs it once; a stream is never sent again.
        told: Gives headers that tell the server of the current trace.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        open_client: Callable[[], httpx.AsyncClient] = open_client,
        limit: int = REPLY_SIZE_LIMIT,
        special: Special = lower_function,
        pauses: Sequence[float] = PAUSES,
        told: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._settings = settings
        self._connections = Connections(open_client)
        self._limit = limit
        self._special = special
        self._pauses = pauses
        self._told = told

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
        # The same key each time: it tells a call that is sent again from another one.
        key = {"idempotency-key": f'"{os.urandom(16).hex()}"'}
        async with deadlines.enforced(ends):
            message = await settled(message)
            for pause in self._pauses:
                try:
                    return await self._value(function_id, message, ends, key)
                except RemoteError as error:
                    if error.kind not in BROKEN:
                        raise
                await asyncio.sleep(pause)
            return await self._value(function_id, message, ends, key)

    async def _value(
        self, function_id: str, message: Mapping[str, Any], ends: float | None, extra: Mapping[str, str]
    ) -> Any:
        async with self._reply(function_id, message, ends, extra, CBOR) as response:
            return value_of(response.status_code, await self._body(response), self._received)

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
                reply = self._reply(function_id, await settled(message), ends, {}, CBOR_SEQUENCE, CBOR)
                response = await stack.enter_async_context(reply)
            if _media_type(response) == CBOR:
                value_of(response.status_code, await self._body(response))
                raise _foreign(response, "one value instead of a stream")
            cutter = ItemCutter(self._limit)
            async for chunk in deadlines.each(response.aiter_bytes(), ends):
                for item in cutter.feed(chunk):
                    yield value_of(response.status_code, item, self._received)
            cutter.finish()

    @asynccontextmanager
    async def _reply(
        self,
        function_id: str,
        message: Mapping[str, Any],
        ends: float | None,
        extra: Mapping[str, str],
        *media_types: str,
    ) -> AsyncIterator[httpx.Response]:
        """The server's reply, its body not read yet; what breaks while it is read becomes a RemoteError."""
        url = _address(self._settings(), function_id)
        body = outgoing(message, self._special)
        client = await self._connections.client()
        headers = {**self._told(), **body.headers, **extra, "accept": ", ".join(media_types)}
        if ends is not None:
            headers[deadlines.HEADER] = str(deadlines.milliseconds(ends))
        with _explained(url):
            async with client.stream(
                "POST", url, content=body.content, files=body.files, headers=headers
            ) as response:
                if _media_type(response) not in {CBOR, *media_types}:
                    raise _foreign(response, _media_type(response) or "no content type")
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
        return ServerFunction(stub, reference.id, Received(reference.bound))


@dataclass(frozen=True, slots=True)
class Received:
    """Where a received server function has its captured values from: the server sealed them."""

    bound: str | None

    def seal(self, outer: tuple[Any, ...] = ()) -> str | None:
        """The captured values as they came."""
        return self.bound

    def held(self) -> str | None:
        """The same: here they stay sealed."""
        return self.bound


@cache
def process_transport() -> Transport:
    """The transport of this process's stubs, with the settings in force at each call."""
    from directives.runtime import runtime

    special = special_for(runtime.functions.types, markup=False)

    def told() -> Mapping[str, str]:
        return {} if runtime.observer is None else runtime.observer.outgoing()

    return Transport(lambda: runtime.settings, special=special, told=told)


def _address(settings: Settings, function_id: str) -> httpx.URL:
    if settings.url is None:
        raise SettingsError("url", NO_URL)
    try:
        url = httpx.URL(f"{settings.url.rstrip('/')}{settings.endpoint}/{function_id}")
    except httpx.InvalidURL as error:
        raise SettingsError("url", f"the setting `url` (DIRECTIVES_URL) is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError("url", "the setting `url` (DIRECTIVES_URL) must begin with http:// or https://")
    return url


@contextmanager
def _explained(url: httpx.URL) -> Iterator[None]:
    """Turn what can go wrong on the way into one kind of error that names the server."""
    server = _shown(url)
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        reason = str(error) or "no answer"
        message = (
            f"cannot reach the server at {server}: {reason}; is it running, and is DIRECTIVES_URL right?"
        )
        raise RemoteError(message, kind="unreachable", status=0) from error
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        message = f"the server at {server} broke off before its reply was complete: {reason}"
        raise RemoteError(message, kind="interrupted", status=0) from error
    except DecodeError as error:
        message = f"the reply of the server at {server} cannot be read: {error}"
        raise RemoteError(message, kind="protocol", status=0) from error


def _foreign(response: httpx.Response, found: str) -> RemoteError:
    message = (
        f"{_shown(response.request.url)} answered {response.status_code} with {found}: no endpoint of directives "
        "is there; compare DIRECTIVES_URL and the setting `endpoint` on both sides"
    )
    return RemoteError(message, kind="protocol", status=response.status_code)


def _shown(url: httpx.URL) -> str:
    """A server's address without the name and password that may be in it."""
    return str(url.copy_with(userinfo=b"", path="/", query=None, fragment=None)).rstrip("/")


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
