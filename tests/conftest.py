"""Settings of the whole suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# With pytest-xdist the process that prints the summary loads no conftest of a folder below.
from tests.conformance.conftest import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

# A run that decides over a change tries the same examples each time; everybody else's looks for new ones.
# How long one example takes says nothing on a busy machine.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("elsewhere", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "elsewhere")


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    """A developer's own settings change no test."""
    for name in [name for name in os.environ if name.startswith("DIRECTIVES_") or name == "PYTHONDIRECTIVES"]:
        del os.environ[name]
