"""Functions of one program in several processes, with the stores that they share: from end to end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cache.crowds import Project
from tests.cache.crowds import go
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow

SHOP = """
import asyncio, os, time
from directives.cache import cache_life, revalidate_tag, cache_tag

def write(text):
    with open('runs', 'a') as file:
        file.write(f'{text}\\n')

def stock():
    'use cache: remote'
    write(os.getpid())
    time.sleep(0.4)
    return ['tea', 7]

async def offers():
    'use cache: remote'
    write(os.getpid())
    await asyncio.sleep(0.4)
    return ['tea', 7]

def rate():
    'use cache: remote'
    cache_life(revalidate=PERIOD, expire=PERIOD)
    write(time.time())
    return time.time()

def menu():
    'use cache: remote'
    cache_tag('menu')
    write('menu')
    with open('runs') as file:
        runs = len(file.readlines())
    time.sleep(0.0 if runs == 1 else 3.0)
    return runs
"""
PERIOD = 0.5


@pytest.fixture(params=["sqlite", "redis"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes a project with either store."""
    if request.param == "sqlite":
        yield lambda *settings: Project(tmp_path, "sqlite", SHOP.replace("PERIOD", str(PERIOD)), settings)
        return
    with RedisServer() as server:
        yield lambda *settings: Project(tmp_path, server, SHOP.replace("PERIOD", str(PERIOD)), settings)


@pytest.mark.parametrize("call", ["threads(shop.stock)", "asyncio.run(tasks(shop.offers))"])
def test_a_crowd_runs_once(project: Callable[..., Project], call: str) -> None:
    """8 processes with 25 threads or tasks each miss on one key at once: one of them runs the function, once."""
    shop = project()
    assert shop.together(*[f"print({call} == [['tea', 7]] * 25)"] * 8) == ["True"] * 8
    assert len(shop.runs) == 1
    assert shop.together(f"print({call} == [['tea', 7]] * 25)") == [
        "True"
    ]  # a later process finds the result
    assert len(shop.runs) == 1


@pytest.mark.parametrize("call", ["shop.stock()", "asyncio.run(shop.offers())"])
def test_a_leader_that_is_killed_is_replaced(project: Callable[..., Project], call: str) -> None:
    """It is killed in the middle of its computation: one of those who wait computes when the lease has run out."""
    shop = project()
    short = "from directives.cache import leases\nleases.LEASE = 1.0\nleases.BEAT = 0.25\n"
    leader = shop.process(short + call)
    waiting = [shop.process(f"{short}print({call})") for _ in range(3)]
    go(leader)
    while not shop.runs:
        time.sleep(0.005)
    go(*waiting)
    os.kill(leader.pid, signal.SIGKILL)
    leader.communicate()
    killed = time.monotonic()
    assert [process.communicate()[0].strip() for process in waiting] == ["['tea', 7]"] * 3
    assert time.monotonic() - killed < 10
    assert len(shop.runs) == 2
    assert len(set(shop.runs)) == 2


def test_at_most_one_run_a_period(project: Callable[..., Project]) -> None:
    """Under load, for several periods, what lives for a period runs no sooner than a period after it began before."""
    load = """
def calls():
    seen = set()
    while len(seen) < 5:
        seen.add(shop.rate())
        time.sleep(0.01)
    return all(made <= time.time() for made in seen)
print(threads(calls, 4))
"""
    shop = project()
    began = time.time()
    assert shop.together(*[load] * 4) == [str([True] * 4)] * 4
    times = [float(line) for line in shop.runs]
    assert 5 <= len(times) <= (times[-1] - began) / PERIOD + 1.1


def test_a_refresh_is_done_once(project: Callable[..., Project]) -> None:
    """Processes that find a stale entry at a time all serve it, while one of them computes it anew."""
    shop = project()
    assert shop.together("print(shop.menu()); shop.revalidate_tag('menu')") == ["1"]
    crowd = """
found = threads(shop.menu)
while shop.menu() == 1:
    time.sleep(0.05)
print(found == [1] * 25, shop.menu())
"""
    assert shop.together(*[crowd] * 4) == ["True 2"] * 4
    assert shop.runs == ["menu"] * 2
