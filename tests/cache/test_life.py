"""Lives and their profiles."""

from __future__ import annotations

import math
from typing import Any

import pytest

from directives.cache.fill import get_or_fill
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from tests.cache.caching import cached
from tests.cache.caching import make_caches


def test_the_profiles() -> None:
    """Those of the seed's page, to the second."""
    spans = {name: (life.stale, life.revalidate, life.expire) for name, life in PROFILES.items()}
    assert spans == {
        "default": (300, 900, math.inf),
        "seconds": (30, 1, 60),
        "minutes": (300, 60, 3600),
        "hours": (300, 3600, 86400),
        "days": (300, 86400, 604800),
        "weeks": (300, 604800, 2592000),
        "max": (300, 2592000, 31536000),
    }


@pytest.mark.parametrize(
    ("spans", "error"),
    [
        ((-1, 0, 0), ValueError),
        ((0, math.nan, 1), ValueError),
        ((0, 2, 1), ValueError),
        (("1", 1, 1), TypeError),
        ((0, 1, 10**400), ValueError),
        ((10**400, 1, 2), ValueError),
        ((True, 1, 1), TypeError),
        ((None, 1, 1), TypeError),
    ],
)
def test_no_life(spans: tuple[Any, Any, Any], error: type[Exception]) -> None:
    """Negative, not a number, larger than any clock, no number, or gone before it is refreshed: refused."""
    with pytest.raises(error):
        CacheLife(*spans)


def test_the_shortest_of_two() -> None:
    """Each field by itself."""
    assert CacheLife(1, 20, 30).shortest(CacheLife(10, 2, 40)) == CacheLife(1, 2, 30)


def test_entries_made_together_are_refreshed_one_by_one() -> None:
    """With ``cache_early_refresh`` each is refreshed a little before its ``revalidate``; nothing expires earlier."""
    caches = make_caches(cache_early_refresh=0.5)
    stock = cached(caches, lambda tea: tea)
    lives = [get_or_fill(stock, b"%d" % tea, lambda: 1).life for tea in range(200)]
    spans = sorted(life.revalidate for life in lives)
    assert 450 <= spans[0] < 550 < 800 < spans[-1] <= 900
    assert {(life.stale, life.expire) for life in lives} == {(300, math.inf)}
