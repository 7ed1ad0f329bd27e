"""What a store that several processes share has to do besides, as checks that its author can run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from directives.cache.handler import SharedCacheHandler

KEY: Final = b"key of a lease"
SHORT: Final = 0.1  # seconds; a store may keep its leases to the hundredth
LONG: Final = 30.0
SLACK: Final = 2.0  # how late a busy machine may be


def _one_holder(handler: SharedCacheHandler) -> None:
    token = handler.acquire(KEY, LONG)
    assert type(token) is str, f"acquire() of a free lease gives a token, not {token!r}"
    assert token, "a token is a text that is not empty"
    assert handler.acquire(KEY, LONG) is None, "a lease has one holder at a time"
    assert handler.acquire(b"another key", LONG) is not None, "each key has a lease of its own"
    assert handler.get(KEY) is None, "a lease is no entry"
    assert handler.extend(KEY, token, LONG), "who holds a lease can extend it"
    handler.release(KEY, token)
    again = handler.acquire(KEY, LONG)
    assert again is not None, "a lease that was given back can be taken"
    assert again != token, "each holder gets a token of its own"


def _strangers(handler: SharedCacheHandler) -> None:
    token = handler.acquire(KEY, LONG)
    assert token is not None
    assert not handler.extend(KEY, "a stranger's token", LONG), "a stranger's token extends nothing"
    handler.release(KEY, "a stranger's token")
    assert handler.acquire(KEY, LONG) is None, "a stranger's token releases nothing"
    assert not handler.extend(b"another key", token, LONG), "a token is good for its own key only"
    assert handler.extend(KEY, token, LONG), "the holder still holds it"


def _lapse(handler: SharedCacheHandler) -> None:
    dead = handler.acquire(KEY, SHORT)
    assert dead is not None
    time.sleep(SHORT * 1.5)
    heir = handler.acquire(KEY, LONG)
    assert heir is not None, "a lease that has run out can be taken: its holder may have died"
    assert not handler.extend(KEY, dead, LONG), "who lost a lease cannot extend it"
    handler.release(KEY, dead)
    assert handler.acquire(KEY, LONG) is None, "who lost a lease cannot release it"
    handler.release(KEY, heir)
    short = handler.acquire(KEY, SHORT)
    assert short is not None
    assert handler.extend(KEY, short, LONG)
    time.sleep(SHORT * 1.5)
    assert handler.acquire(KEY, LONG) is None, "an extended lease holds on"


def _waiting(handler: SharedCacheHandler) -> None:
    assert _waits(handler, LONG) < SLACK, "wait() returns at once when nobody holds the lease"
    token = handler.acquire(KEY, LONG)
    assert token is not None
    waited = _waits(handler, SHORT)
    assert SHORT * 0.5 <= waited < SLACK, (
        f"wait() returns after the seconds it was given, not after {waited:.2f}"
    )
    release = threading.Timer(SHORT, handler.release, (KEY, token))
    release.start()
    assert _waits(handler, LONG) < SLACK, "wait() returns when the lease is given back"
    release.join()
    assert handler.acquire(KEY, SHORT) is not None
    assert _waits(handler, LONG) < SLACK, "wait() returns when the lease has run out"


def _waits(handler: SharedCacheHandler, seconds: float) -> float:
    """How long waiting takes."""
    began = time.monotonic()
    handler.wait(KEY, seconds)
    return time.monotonic() - began


def _many(handler: SharedCacheHandler) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = [future.result() for future in [pool.submit(handler.acquire, KEY, LONG) for _ in range(16)]]
    assert len([token for token in tokens if token is not None]) == 1, "of many at a time one gets the lease"


def _cleared(handler: SharedCacheHandler) -> None:
    assert handler.acquire(KEY, LONG) is not None
    handler.clear()
    assert handler.acquire(KEY, LONG) is not None, "clear() forgets leases"


LEASES: tuple[Callable[[SharedCacheHandler], None], ...] = (
    _one_holder,
    _strangers,
    _lapse,
    _waiting,
    _many,
    _cleared,
)
