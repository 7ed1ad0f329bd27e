"""News of tags: from this process, and from others by way of a store that they share."""

from __future__ import annotations

import queue
import time
from collections.abc import Collection
from collections.abc import Iterator
from pathlib import Path

import pytest

from directives.cache.clock import SystemClock
from directives.cache.entry import expired_now
from directives.cache.handler import CacheHandler
from directives.cache.handler import TellsOfTags
from directives.cache.handlers import open_handler
from directives.cache.news import News
from directives.cache.store import Store
from tests.redis_server import RedisServer

Heard = queue.Queue[list[str]]


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield "sqlite:///cache.db"
        return
    with RedisServer() as server:
        yield f"{server.tcp}/0?prefix=news"


def opened(address: str, folder: Path) -> CacheHandler:
    return open_handler(address, folder, lambda: (b"k" * 32,))


def mark(handler: CacheHandler, *tags: str) -> None:
    handler.mark_tags(tags, expired_now(handler.now()))


def listening(news: News, *tags: str) -> Heard:
    heard: Heard = queue.Queue()
    news.subscribe(tags, lambda found: heard.put(sorted(found)))
    news.listen()
    return heard


def test_only_who_asked_is_told() -> None:
    """Each reader hears of its own tags, until it ends."""
    news = News(list)
    first, second = listening(news, "a", "b"), listening(news, "b", "c")
    news.marked(["a", "x"])
    news.marked(["b"])
    assert [first.get_nowait(), first.get_nowait(), second.get_nowait()] == [["a"], ["b"], ["b"]]
    end = news.subscribe(["d"], lambda found: pytest.fail("it has ended"))
    end()
    news.marked(["d"])
    assert (first.empty(), second.empty(), news.watched()) == (True, True, {"a", "b", "c"})


@pytest.mark.slow
def test_marks_of_other_processes_are_heard(address: str, tmp_path: Path) -> None:
    """A shared store tells of a mark once, whether this process made it or another one did."""
    here, there = opened(address, tmp_path), opened(address, tmp_path)
    news = News(lambda: [Store("remote", here, SystemClock())])
    mark(there, "stock")
    heard = listening(news, "stock", "ä")
    time.sleep(0.1)
    while not heard.empty():  # what was marked just before it listened may be told, too
        heard.get_nowait()
    mark(there, "stock", "other")
    assert heard.get(timeout=5) == ["stock"]
    mark(here, "ä")
    news.marked(["ä"])
    assert heard.get(timeout=5) == ["ä"]
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.7)
    news.forget_stores()
    here.close()
    there.close()


def test_who_listens_to_nobody_closes_what_it_listened_to() -> None:
    """The last reader's end is the store's, and the next one begins anew."""
    happened: list[str] = []

    class Following:
        def marked(self) -> bool:
            happened.append("marked")
            return True

        def close(self) -> None:
            happened.append("close")

    class Handler:
        def follow_tags(self, watched: object, told: object) -> Following:
            happened.append("follow")
            return Following()

    assert isinstance(Handler(), TellsOfTags)
    news = News(lambda: [Store("remote", Handler(), SystemClock())])  # type: ignore[arg-type]
    for _ in range(2):
        first, second = news.subscribe(["a"], print), news.subscribe(["a"], print)
        news.listen()
        news.listen()
        news.marked(["a"])
        first()
        second()
    news.marked(["a"])
    news.listen()
    assert happened == ["follow", "marked", "close"] * 2


@pytest.mark.slow
def test_a_connection_that_was_lost_may_have_missed_anything(tmp_path: Path) -> None:
    """When Redis is back, every tag that somebody follows is told."""
    with RedisServer() as server:
        handler = opened(f"{server.tcp}/0?prefix=news", tmp_path)
        told: queue.Queue[Collection[str]] = queue.Queue()
        assert isinstance(handler, TellsOfTags)
        following = handler.follow_tags(lambda: ["stock"], told.put)
        assert until(following.marked)
        server.stop()
        assert until(lambda: not following.marked())
        server.start()
        assert list(told.get(timeout=10)) == ["stock"]
        following.close()
        handler.close()


def until(condition: object, seconds: float = 10.0) -> bool:
    """Whether something comes true in time."""
    assert callable(condition)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.02)
    return False
