"""How a call of a cached function was answered, or would be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from directives.cache.life import CacheLife
    from directives.cache.statistics import Reason


class Answer(StrEnum):
    """Where the answer to a call comes from."""

    HIT = "hit"
    STALE = "stale"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call of a cached function was answered, or would be.

    Attributes:
        function: The function's module and qualified name.
        answer: ``"hit"``; ``"stale"`` for an old result, given while a new one is computed; or ``"miss"``.
        reason: Of a miss, why nothing was there to serve.
        detail: The same in a sentence, with what is known besides.
        differing: Of a call that was never seen, the arguments in which it differs from the nearest result.
        left: Of a hit, for how many seconds the result is fresh; negative if it is stale.
    """

    function: str
    answer: Answer
    reason: Reason | None = None
    detail: str = ""
    differing: tuple[str, ...] = ()
    left: float = 0.0

    def __str__(self) -> str:
        return f"{self.function}: {self._after(self.detail)}"

    @property
    def brief(self) -> str:
        """The answer and why, with no value of an argument in it."""
        names = ", ".join(self.differing)
        return self._after(f"no result has this call's {names}" if names else self.detail)

    def _after(self, detail: str) -> str:
        reason = f"{self.answer}, {self.reason}" if self.reason else str(self.answer)
        return f"{reason}: {detail}" if detail else reason


def span(seconds: float) -> str:
    """A span of time for people."""
    if seconds == float("inf"):
        return "never"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:.0f} s"


def ago(seconds: float) -> str:
    """A moment for people, by the seconds since."""
    return f"{span(max(0.0, seconds))} ago"


def life_text(life: CacheLife) -> str:
    """A life for people."""
    return f"{span(life.stale)} / {span(life.revalidate)} / {span(life.expire)}"
