"""The scripts, written once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.client.script.node import put_scripts


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts as browsers get them."""
    return put_scripts(tmp_path_factory.mktemp("scripts"))
