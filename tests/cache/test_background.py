"""Refreshes in the background, where the process forks or ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from directives.cache.background import MOST_THREADS
from directives.cache.background import Background

ROOT = Path(__file__).parents[2]

ENDS = """
import time
from tests.cache.caching import TestClock, cached, call, make_caches
clock = TestClock()
ran = []
def slow():
    ran.append(1)
    time.sleep(0 if len(ran) == 1 else 60)
    return 7
stock = cached(make_caches(clock), slow)
call(stock)
clock.time += 901
print(call(stock))
"""

FORKS = """
import os, threading, time
from tests.cache.caching import cached, call, make_caches
began, parent = threading.Event(), os.getpid()
def slow():
    began.set()
    time.sleep(0.5 if os.getpid() == parent else 0)
    return os.getpid() == parent
stock = cached(make_caches(), slow)
leader = threading.Thread(target=call, args=(stock,))
leader.start()
began.wait()
child = os.fork()
if child == 0:
    os._exit(0 if call(stock) is False else 1)
print(os.waitpid(child, 0)[1])
leader.join()
"""


def test_work_is_done_by_a_few_threads() -> None:
    """However much there is to do at a time, at most four threads do it, each piece once."""
    background, done, at_once = Background(), [], []
    gate = threading.Event()

    def work() -> None:
        at_once.append(threading.current_thread())
        gate.wait()
        done.append(1)

    for _ in range(20):
        background.submit(work)
    while len(at_once) < MOST_THREADS:
        time.sleep(0.001)
    time.sleep(0.02)
    assert len(set(at_once)) == MOST_THREADS
    gate.set()
    until = time.monotonic() + 30
    while len(done) < 20 and time.monotonic() < until:
        time.sleep(0.001)
    assert len(done) == 20
    assert len(set(at_once)) == MOST_THREADS


def test_nothing_begins_after_the_end() -> None:
    """Once it is closed it takes no work."""
    background, done = Background(), []
    background.close()
    background.submit(lambda: done.append(1))
    time.sleep(0.02)
    assert done == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "prints"),
    [
        (ENDS, "7\n"),
        pytest.param(FORKS, "0\n", marks=pytest.mark.skipif(sys.platform == "win32", reason="no fork there")),
    ],
)
def test_the_process_ends_or_forks(program: str, prints: str) -> None:
    """A refresh under way does not hold up the end of the process; a forked child waits for no thread of its parent."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == (prints, "", 0)
    assert time.monotonic() - began < 30
