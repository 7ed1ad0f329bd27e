"""How long an entry lives: three spans, the profiles that name them, and how several of them combine."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

NEVER: Final = math.inf


def check_seconds(name: str, value: object) -> None:
    """Raise for what is no span of time.

    Raises:
        TypeError: ``value`` is neither an int nor a float.
        ValueError: It is negative, not a number, or too large for a float.
    """
    if type(value) not in (int, float):
        raise TypeError(f"{name} is a number of seconds, not {type(value).__qualname__}")
    if not value >= 0:  # type: ignore[operator]  # also true of nan
        raise ValueError(f"{name} is a number of seconds from 0 on, not {value!r}")
    if sys.float_info.max < value < NEVER:  # type: ignore[operator]  # a whole number that no clock reaches
        raise ValueError(f"{name} is too large a number of seconds; math.inf stands for never")


@dataclass(frozen=True, slots=True)
class CacheLife:
    """How long an entry lives, in seconds since its computation began.

    See Next.js, "cacheLife".

    Attributes:
        stale: How long a client may use it without asking the server.
        revalidate: From then on it is served once more while it is computed anew in the background.
        expire: From then on it is gone; ``math.inf`` for never.

    Raises:
        ValueError: A span is negative, not a number, or ``revalidate`` is longer than ``expire``.
        TypeError: A span is no number of seconds.
    """

    stale: float
    revalidate: float
    expire: float

    def __post_init__(self) -> None:
        check_seconds("stale", self.stale)
        check_seconds("revalidate", self.revalidate)
        check_seconds("expire", self.expire)
        if self.revalidate > self.expire:
            raise ValueError(
                f"revalidate ({self.revalidate:g} s) is longer than expire ({self.expire:g} s): an entry that is "
                "gone cannot be served while it is computed anew"
            )

    def shortest(self, other: CacheLife) -> CacheLife:
        """The minimum of each field of two lives."""
        return CacheLife(
            min(self.stale, other.stale),
            min(self.revalidate, other.revalidate),
            min(self.expire, other.expire),
        )


PROFILES: Final[Mapping[str, CacheLife]] = MappingProxyType(
    {
        "default": CacheLife(300, 900, NEVER),
        "seconds": CacheLife(30, 1, 60),
        "minutes": CacheLife(300, 60, 3_600),
        "hours": CacheLife(300, 3_600, 86_400),
        "days": CacheLife(300, 86_400, 604_800),
        "weeks": CacheLife(300, 604_800, 2_592_000),
        "max": CacheLife(300, 2_592_000, 31_536_000),
    }
)
