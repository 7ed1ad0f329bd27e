"""How a Python client learns that it was denied."""

from __future__ import annotations

import asyncio
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest

from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.errors import RemoteError
from directives.settings import Settings
from tests.access.calls import POLICIES
from tests.access.calls import http
from tests.loading import Load


def transport() -> Transport:
    """A transport whose server is the middleware."""

    def handle(request: httpx.Request) -> httpx.Response:
        reply = http().post(request.url.path, data=request.content, headers=dict(request.headers))
        return httpx.Response(reply.status_code, headers=list(reply.headers), content=reply.data)

    def open_client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(handle), trust_env=False)

    return Transport(lambda: Settings(Path.cwd(), url="http://shop.example"), Connections(open_client))


async def stream(function_id: str) -> list[Any]:
    return [item async for item in transport().stream(function_id, (), {})]


@pytest.mark.parametrize(
    ("predicate", "status", "kind"), [("signed_in", 401, "sign-in-required"), ("never", 403, "forbidden")]
)
def test_a_denied_call_is_a_remote_error(load: Load, predicate: str, status: int, kind: str) -> None:
    """Its kind and status tell the two apart, for a call and for a stream."""
    module = load(
        dedent(POLICIES)
        + dedent(f"""
        def never(request, arguments):
            return False
        @requires({predicate})
        async def act():
            'use server'
        @requires({predicate})
        async def count():
            'use server'
            yield 1
    """)
    )
    with pytest.raises(RemoteError) as denied:
        asyncio.run(transport().call(module.act.id, (), {}))
    assert (denied.value.status, denied.value.kind, denied.value.digest) == (status, kind, None)
    with pytest.raises(RemoteError) as denied:
        asyncio.run(stream(module.count.id))
    assert (denied.value.status, denied.value.kind) == (status, kind)
