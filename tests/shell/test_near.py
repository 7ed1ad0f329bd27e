"""What a response says of a shell at hand."""

from __future__ import annotations

import math

import pytest

from directives.cache.life import CacheLife
from directives.shell.near import Near
from directives.shell.page import Shell

LONGEST = (1 << 31) - 1


@pytest.mark.parametrize(
    ("life", "left", "said"),
    [
        (CacheLife(300, 900, 86400), 900, "s-maxage=900, stale-while-revalidate=85500"),
        (CacheLife(300, 900, 900), 0.5, "s-maxage=0, stale-while-revalidate=0"),
        (CacheLife(300, 900, 86400), -5, "s-maxage=0, stale-while-revalidate=85500"),
        (CacheLife(300, 900, math.inf), 10, f"s-maxage=10, stale-while-revalidate={LONGEST}"),
        (CacheLife(300, math.inf, math.inf), math.inf, f"s-maxage={LONGEST}, stale-while-revalidate=0"),
    ],
)
def test_caches_are_told_how_long(life: CacheLife, left: float, said: str) -> None:
    """What is left of its life, as whole seconds that every cache can read; browsers ask each time."""
    near = Near(Shell((), b"page"), b"key", 0.0, life)
    near.fresh_until = 1000.0 + left
    assert ("Cache-Control", f"public, max-age=0, {said}") in near.headers(1000.0)


def test_what_the_application_says_stays() -> None:
    """Its own Cache-Control is the only one."""
    near = Near(Shell((("cache-control", "max-age=60"),), b"page"), b"key", 0.0, CacheLife(300, 900, 900))
    assert [value for name, value in near.headers(0.0) if name.lower() == "cache-control"] == ["max-age=60"]


def test_a_change_of_the_response_is_none_of_the_shell() -> None:
    """A server may change the list of headers that it is given; the next response has them all."""
    near = Near(Shell((), b"page"), b"key", 0.0, CacheLife(300, 900, 900))
    near.headers(0.0).clear()
    assert ("Content-Length", "4") in near.headers(0.0)
