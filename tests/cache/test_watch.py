"""What is to be seen of the cache while developing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from directives.cache import cache_life
from directives.cache import cache_tag
from directives.cache.caches import Caches
from tests.cache.caching import TestClock
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches

log = logging.getLogger("shop")


@pytest.fixture
def clock() -> TestClock:
    """A clock for the test to move."""
    return TestClock()


@pytest.fixture
def caches(clock: TestClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Caches:
    """Caches that log what they do."""
    monkeypatch.setenv("DIRECTIVES_DEBUG_CACHE", "1")
    monkeypatch.setattr(logging.getLogger("directives.cache"), "level", logging.DEBUG)
    return make_caches(clock, tmp_path)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged, without the hash of the key."""
    said = [record.getMessage() for record in caplog.records if record.name == "directives.cache"]
    caplog.clear()
    return [f"{line[: line.index('[')]}{line[line.index(']') + 2 :]}" for line in said]


def test_hits_and_misses_are_logged(
    caches: Caches, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    """With reason, a hash of the key, age and life."""

    def tea(kind: str) -> int:
        cache_life("seconds")
        cache_tag("tea", "stock")
        clock.time += 2
        return 7

    stock = cached(caches, tea)
    call(stock, "a secret kind")
    assert "secret" not in caplog.text
    assert lines(caplog) == [
        "miss  shop.tea never seen",
        "fill  shop.tea took 2 s, life 30 s / 1 s / 60 s, tags tea, stock",
    ]
    clock.time -= 1.5
    call(stock, "a secret kind")
    assert lines(caplog) == ["hit   shop.tea age 500 ms"]
    clock.time += 100
    call(stock, "a secret kind")
    assert lines(caplog)[0] == "miss  shop.tea expired: computed 100 s ago; it lived 60 s"
    stock.handler.clear()
    call(stock, "a secret kind")
    assert lines(caplog)[0].startswith("miss  shop.tea evicted: computed 2 s ago; the store has given it up")


def test_nothing_is_logged_unasked(caplog: pytest.LogCaptureFixture) -> None:
    """Without the variable, or with 0, the log stays empty."""
    caplog.set_level(logging.DEBUG, "directives.cache")
    call(cached(make_caches(), lambda: 7))
    assert not caplog.records
    assert not make_caches().is_debugged
    assert make_caches(debug=True).is_debugged


def test_what_a_function_said_is_shown_again(capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    """On a hit, each line of what it and the functions in it printed and logged, marked as from the cache."""
    caches = make_caches(debug=True)

    def inner() -> int:
        print("inner")
        return 1

    def outer() -> int:
        print("reading", "tea", end="...\n")
        log.warning("tea is %s", "low")
        return int(call(within))

    within, around = cached(caches, inner), cached(caches, outer)
    print("before")
    call(around)
    assert capsys.readouterr().out == "before\nreading tea...\ninner\n"
    assert [record.getMessage() for record in caplog.records] == ["tea is low"]
    call(around)
    assert capsys.readouterr().out == "Cache  reading tea...\nCache  inner\n"
    assert [record.getMessage() for record in caplog.records] == ["tea is low", "Cache  tea is low"]
    assert caplog.records[1].name == "shop"
    print("after")
    assert capsys.readouterr().out == "after\n"


def test_statistics(clock: TestClock) -> None:
    """For each function: hits, misses by reason, stale, fills, errors, and the time that hits have saved."""
    caches = make_caches(clock)

    def slow() -> int:
        clock.time += 2
        return 7

    stock, bad = cached(caches, slow), cached(caches, lambda: 1 / 0)
    for _ in range(4):
        call(stock)
    with pytest.raises(ZeroDivisionError):
        call(bad)
    other, of_stock = caches.statistics()
    assert (of_stock.name, of_stock.directive) == ("shop.slow", "use cache")
    assert (of_stock.hits, of_stock.fills, of_stock.misses, of_stock.seconds) == (
        3,
        1,
        {"never seen": 1},
        2.0,
    )
    assert of_stock.saved == 6.0
    assert (other.errors, other.fills, other.saved) == (1, 0, 0.0)
