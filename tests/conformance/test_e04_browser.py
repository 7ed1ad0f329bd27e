"""E04: Python in the browser calls a server function; ``tests/e2e/test_islands.py`` does so in one."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from directives.browser import CallError
from directives.browser.entry import connect
from directives.bundle import make_bundle
from directives.functions import dispatch
from directives.http import Endpoint
from directives.runtime import runtime
from directives.settings import Settings
from tests.answering import scope_of
from tests.http.calling import request
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

ACTIONS = """
'use server'
async def double(number: int) -> int:
    return 2 * number
"""


class Page:
    """Calls the endpoint, as the page's script does."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def ask(self, id: str, body: str, concurrent: int) -> str:
        reply = await self._endpoint.handle(
            request(f"/_directives/{id}", body.encode(), content_type="application/json")
        )
        assert isinstance(reply.body, bytes)
        return json.dumps([reply.status, json.loads(reply.body)])


def test_e04_python_in_the_browser_calls_by_name(load: Load, settings: Settings, tmp_path: Path):
    """What the bundle holds of a server module is called like the function itself."""
    load(ACTIONS, "actions")
    (tmp_path / "actions.py").write_text(ACTIONS)
    (tmp_path / "table.py").write_text("'use client'\nfrom actions import double\ndef Table(): ...\n")
    parts = {part.module: part for part in make_bundle(settings).bundle.parts.values()}
    stubs = ModuleType("actions_in_the_browser")
    exec(parts["actions"].content, stubs.__dict__)
    connect(Page(Endpoint(settings, partial(dispatch, runtime.functions), scope_of)))  # type: ignore[arg-type]

    async def component() -> None:
        assert await stubs.double(21) == 42
        with pytest.raises(CallError, match="arguments") as caught:
            await stubs.double("x")
        assert (caught.value.status, caught.value.problems[0]["path"]) == (422, "number")

    asyncio.run(component())
