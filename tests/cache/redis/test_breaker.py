"""What keeps a store that is away from costing each call its time limit."""

from __future__ import annotations

import pytest

from directives.cache.handlers.redis.breaker import Breaker
from directives.errors import StoreError


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("cache-1:6379", 0.25, clock)


def is_open(breaker: Breaker) -> bool:
    """Whether an operation would be refused."""
    try:
        breaker.check()
    except StoreError:
        return True
    return False


def test_a_failure_refuses_what_follows(breaker: Breaker, clock: Clock):
    """The message says which store, and how long still."""
    breaker.check()
    breaker.failed()
    clock.now += 0.05
    with pytest.raises(StoreError, match=r"cache-1:6379 has failed and is tried again in 0\.20 s"):
        breaker.check()


def test_after_the_pause_one_operation_tries(breaker: Breaker, clock: Clock):
    """The others go on being refused meanwhile, and none is once it has been answered."""
    breaker.failed()
    clock.now += 0.26
    assert [is_open(breaker) for _ in range(3)] == [False, True, True]
    breaker.worked()
    assert not is_open(breaker)


def test_pauses_grow_up_to_five_seconds(breaker: Breaker, clock: Clock):
    """Each try that fails doubles the pause."""
    pauses = []
    for _ in range(7):
        breaker.check()
        breaker.failed()
        start = clock.now
        while is_open(breaker):
            clock.now += 0.125
        pauses.append(clock.now - start)
        breaker.failed()
        clock.now += 60
    assert pauses == [0.25, 1.0, 4.0, 5.0, 5.0, 5.0, 5.0]


def test_operations_that_fail_together_are_one_outage(breaker: Breaker, clock: Clock):
    """Many were under way when the store went: the pause is that of one failure, the count that of all."""
    for _ in range(100):
        breaker.failed()
    clock.now += 0.26
    assert not is_open(breaker)
    assert breaker.failures == 100
