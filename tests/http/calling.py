"""An endpoint around functions that a test writes, and requests to it as values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from collections.abc import AsyncIterator
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from werkzeug.datastructures import Headers

from directives.errors import UnknownFunctionError
from directives.functions import Call
from directives.functions import Started
from directives.http import Endpoint
from directives.http import HttpRequest
from directives.http import HttpResponse
from directives.http.messages import BodyTooLarge
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.answering import scope_of

CBOR, JSON = "application/cbor", "application/json"
ENCODE: dict[str, Callable[..., bytes]] = {CBOR: encode_cbor, JSON: encode_json}


@dataclass
class Server:
    """Coroutine functions and asynchronous generator functions by ID, behind an endpoint."""

    functions: dict[str, Callable[..., Any]]
    settings: Settings = field(default_factory=lambda: Settings(Path("/nowhere")))
    calls: list[Call] = field(default_factory=list)

    def dispatch(self, call: Call) -> Started:
        self.calls.append(call)
        if call.function_id not in self.functions:
            raise UnknownFunctionError("no server function has this ID")
        made = self.functions[call.function_id](*call.args, **(call.kwargs or {}))
        return Started(items=made) if isinstance(made, AsyncIterator) else Started(result=made)

    def answer(self, request: HttpRequest) -> HttpResponse:
        endpoint = Endpoint(self.settings, self.dispatch, scope_of)
        assert endpoint.claims(request.method, request.path, request.query)
        return asyncio.run(endpoint.handle(request))

    def call(self, function_id: str, *args: Any, media: str = CBOR, **options: Any) -> HttpResponse:
        body = ENCODE[media]({"args": list(args)})
        return self.answer(request(f"/_directives/{function_id}", body, content_type=media, **options))

    def submit(self, query: str, body: bytes = b"a=1", path: str = "/page", **options: Any) -> HttpResponse:
        options.setdefault("content_type", "application/x-www-form-urlencoded")
        return self.answer(request(path, body, query=query, **options))


def request(
    path: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    query: str = "",
    host: str = "shop.example",
    root: str = "",
    piece: int = 1000,
    **headers: str,
) -> HttpRequest:
    """A request value; headers are given as keyword arguments."""

    async def read(limit: int) -> bytes:
        if len(body) > limit:
            raise BodyTooLarge
        return body

    async def pieces(limit: int) -> AsyncGenerator[bytes, None]:
        for start in range(0, len(body), piece):
            if start + piece > limit:
                raise BodyTooLarge
            yield body[start : start + piece]

    written = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    get = written.get
    return HttpRequest(
        method,
        path,
        query,
        host,
        get("accept"),
        get("content-type"),
        get("origin"),
        get("sec-fetch-site"),
        written,
        read,
        pieces,
        root,
        get("x-directives-timeout"),
        get("idempotency-key"),
    )


def header(response: HttpResponse, name: str) -> str | None:
    return Headers(response.headers).get(name)


def content(response: HttpResponse) -> Any:
    """What a reply says, decoded by its own content type."""
    assert type(response.body) is bytes
    decode = {CBOR: decode_cbor, JSON: decode_json}[header(response, "content-type") or ""]
    return decode(response.body, Budget())


def error(response: HttpResponse) -> tuple[int, str]:
    """Status and kind of an error; the header and the body agree on the kind."""
    kind = content(response)["error"]["kind"]
    assert header(response, "x-directives-error") == kind
    return response.status, kind
