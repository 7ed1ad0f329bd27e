"""What the tests of section C share: a clock to move, and pages that use cached functions."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.test import TestResponse

from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.cache.caching import TestClock


@pytest.fixture
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> TestClock:
    """The clock of the process's caches, for the test to move; to be asked for before ``load``."""
    made = TestClock()
    monkeypatch.setattr(runtime.caches, "clock", made)
    return made


def page(
    function: Callable[[], object], path: str = "/", *, who: str | None = None, **options: Any
) -> TestResponse:
    """The answer of an application whose page shows what a function returns; ``who`` becomes a cookie."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = str(function()).encode()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]

    client = Client(DirectivesMiddleware(application, runtime))
    if who is not None:
        client.set_cookie("who", who)
    return client.get(path, **options)
