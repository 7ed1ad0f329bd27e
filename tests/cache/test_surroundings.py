"""What computations are surrounded with: a framework's own context, entered where the function is computed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from directives.runtime import runtime
from tests.conformance.caching import page
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

of_the_caller: ContextVar[str] = ContextVar("of_the_caller", default="nobody's")
of_the_framework: ContextVar[str] = ContextVar("of_the_framework", default="none")

SOURCE = """
from directives.cache import cache_life
from tests.cache.test_surroundings import of_the_caller, of_the_framework

def now(n):
    'use cache'
    return [of_the_caller.get(), of_the_framework.get()]

async def later(n):
    'use cache'
    return [of_the_caller.get(), of_the_framework.get()]

async def own(n):
    'use cache: private'
    return [of_the_caller.get(), of_the_framework.get()]
"""


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was entered and left, in order."""
    events: list[str] = []

    @contextmanager
    def framework(caller: str) -> Iterator[None]:
        events.append("entered")
        token = of_the_framework.set(f"application of {caller}")
        yield
        of_the_framework.reset(token)
        events.append("left")

    monkeypatch.setattr(runtime.caches, "surroundings", ())
    runtime.caches.surround(lambda: framework(of_the_caller.get()))
    return events


def test_computations_are_surrounded(load: Load, entered: list[str]) -> None:
    """What a framework needs is made where the function is called and entered where it runs; nothing else crosses."""
    module = load(SOURCE)
    token = of_the_caller.set("ada")
    try:
        assert module.now(1) == asyncio.run(module.later(1)) == ["nobody's", "application of ada"]
        assert entered == ["entered", "left"] * 2
        assert module.now(1) == ["nobody's", "application of ada"]
        assert len(entered) == 4
        assert page(lambda: asyncio.run(module.own(1))).text == "['ada', 'none']"
    finally:
        of_the_caller.reset(token)
