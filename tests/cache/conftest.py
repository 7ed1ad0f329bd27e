from __future__ import annotations

from collections.abc import Iterator

import pytest

from directives.runtime import runtime
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


@pytest.fixture
def undecorated(request: pytest.FixtureRequest) -> Iterator[None]:
    """Other tests see nothing of the functions that decorators make in this one."""
    before = dict(runtime.caches.functions)
    yield
    runtime.caches.functions.clear()
    runtime.caches.functions.update(before)
    for record in runtime.functions.records().values():
        if record.module == request.module.__name__:
            runtime.functions.forget(record.full_name)
