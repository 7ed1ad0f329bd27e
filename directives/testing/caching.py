"""The caches of a process for the length of a test: empty, watched, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.explain import find_calls
from directives.cache.outcome import Answer
from directives.cache.outcome import Outcome

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.testing.clock import MovableClock

PATIENCE: Final = 10.0  # seconds that a refresh may take


class CacheOfTest:
    """What a test sees of the cache.

    Args:
        caches: The caches of the process.
        clock: Their clock.

    Attributes:
        clock: The same, for the test to move: ``clock.advance(60)``.
        outcomes: How each call of a cached function was answered so far.
    """

    def __init__(self, caches: Caches, clock: MovableClock) -> None:
        self.clock = clock
        self.outcomes: list[Outcome] = []
        self._caches = caches

    @contextmanager
    def assert_hit(self, function: Callable[..., Any]) -> Iterator[None]:
        """See that all calls of a cached function within the block are answered by fresh results.

        Args:
            function: The cached function.

        Raises:
            AssertionError: One was not, and why; or there was none.
        """
        with self._assert_all(function, Answer.HIT, None):
            yield

    @contextmanager
    def assert_stale(self, function: Callable[..., Any]) -> Iterator[None]:
        """See that they are given old results, while new ones are computed; see ``assert_hit``."""
        with self._assert_all(function, Answer.STALE, None):
            yield

    @contextmanager
    def assert_miss(self, function: Callable[..., Any], reason: str | None = None) -> Iterator[None]:
        """See that they find nothing to serve; see ``assert_hit``.

        Args:
            function: The cached function.
            reason: Why: one of ``directives.cache.statistics.Reason``, such as ``"never seen"`` or ``"expired"``.
        """
        with self._assert_all(function, Answer.MISS, reason):
            yield

    def settle(self) -> None:
        """Wait for the refreshes that plain functions have going on in threads; those of coroutines are their loop's.

        Raises:
            TimeoutError: They take longer than ten seconds.
        """
        if not self._caches.background.settle(PATIENCE):
            raise TimeoutError(f"results are still being computed in the background after {PATIENCE:g} s")

    @contextmanager
    def _assert_all(self, function: Callable[..., Any], answer: Answer, reason: str | None) -> Iterator[None]:
        name = find_calls(function)[0].cached.name
        before = len(self.outcomes)
        yield
        told = [outcome for outcome in self.outcomes[before:] if outcome.function == name]
        wanted = f"{answer}, {reason}" if reason else str(answer)
        if not told:
            raise AssertionError(f"{name}: expected a {wanted}, and it was not called")
        for outcome in told:
            if outcome.answer is not answer or reason not in (None, outcome.reason):
                raise AssertionError(f"expected a {wanted}; {outcome}")


@contextmanager
def fresh_caches(caches: Caches, clock: MovableClock) -> Iterator[CacheOfTest]:
    """Empty the caches of a process and watch them; all stores are in memory meanwhile.

    Args:
        caches: The caches.
        clock: The clock by which results live.
    """
    from directives.cache.caches import ADDRESSES
    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.trace import Trace
    from directives.cache.watch import Watch

    seen = CacheOfTest(caches, clock)
    before, caches.clock = caches.clock, clock
    caches.reset()
    for name in ADDRESSES.keys() | caches.settings.cache_handlers.keys():
        caches.use(name, MemoryHandler(caches.settings.cache_max_memory_size, clock))
    caches.watched_by(Watch(Trace(logged=False, tell=seen.outcomes.append)))
    try:
        yield seen
    finally:
        caches.clock = before
        caches.reset()
