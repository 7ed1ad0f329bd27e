from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loading import load
from tests.loading import settings
from tests.security.server import Server
from tests.security.server import serving

__all__ = ["load", "settings"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server under attack, kept for a whole file."""
    with serving(tmp_path_factory.mktemp("project")) as made:
        yield made
