"""Cached functions made in a test, without a compiler: what surrounds ``get_or_fill``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from directives.cache.caches import Caches
from directives.cache.fill import aget_or_fill
from directives.cache.fill import get_or_fill
from directives.cache.function import CachedFunction
from directives.compiler.model import FunctionRecord
from directives.settings import Settings


class TestClock:
    """A clock that stands still until it is told to go on."""

    __test__ = False

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        """The time of day."""
        return self.time

    def monotonic(self) -> float:
        """The same."""
        return self.time


def make_caches(clock: TestClock | None = None, root: Path = Path("/nowhere"), **settings: Any) -> Caches:
    """Caches of their own, with a clock that the test moves."""
    made = Settings(root, **settings)
    return Caches(lambda: made, clock or TestClock())


def cached(caches: Caches, function: Callable[..., Any], directive: str = "use cache") -> CachedFunction:
    """A cached function of these caches."""
    name = function.__name__
    record = FunctionRecord(f"id of {name}", "shop", name, directive, "shop.py", 1, 1)
    return caches.register(record, function)


def call(function: CachedFunction, *args: Any) -> Any:
    """Call it, as its wrapper would."""
    key = repr((function.id, args)).encode()
    return get_or_fill(function, key, lambda: function.function(*args)).value.copy()


async def acall(function: CachedFunction, *args: Any) -> Any:
    """Call a coroutine function, as its wrapper would."""
    key = repr((function.id, args)).encode()
    return (await aget_or_fill(function, key, lambda: function.function(*args))).value.copy()
