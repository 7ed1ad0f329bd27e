"""Scopes: which functions may be called where, and what a request learns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest

from directives.cache import cache_life
from directives.cache import memo
from directives.cache.caches import Caches
from directives.cache.life import CacheLife
from directives.cache.scope import RequestScope
from directives.cache.scope import set_scope
from directives.errors import CacheScopeError
from directives.errors import NoRequestError
from tests.cache.caching import acall
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches

REGULAR, REMOTE, PRIVATE, FAST = "use cache", "use cache: remote", "use cache: private", "use cache: fast"
STORES = {"remote": "memory://", "fast": "memory://"}


def answering(caches: Caches, work: Callable[[], Any]) -> tuple[Any, RequestScope]:
    """Do something within a request; what came of it, and what the request learnt."""
    scope = RequestScope(caches, "/")

    def request() -> Any:
        set_scope(scope)
        return work()

    return copy_context().run(request), scope


def nest(outer: str, inner: str) -> Any:
    """Call one kind of cached function in another."""
    caches = make_caches(cache_handlers=STORES)

    def within() -> int:
        return 7

    def around() -> Any:
        return call(in_it)

    in_it, about = cached(caches, within, inner), cached(caches, around, outer)
    return answering(caches, lambda: call(about))[0]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (REGULAR, REGULAR),
        (REMOTE, REMOTE),
        (REGULAR, REMOTE),
        (REMOTE, REGULAR),
        (PRIVATE, REGULAR),
        (PRIVATE, PRIVATE),
        (FAST, REMOTE),
    ],
)
def test_kinds_that_nest(outer: str, inner: str) -> None:
    """What is shared may be made of what is shared; what is private may use what is regular or private."""
    assert nest(outer, inner) == 7


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(PRIVATE, REMOTE), (PRIVATE, FAST), (REMOTE, PRIVATE), (REGULAR, PRIVATE), (FAST, PRIVATE)],
)
def test_kinds_that_do_not_nest(outer: str, inner: str) -> None:
    """The error names both functions with their directives."""
    with pytest.raises(CacheScopeError) as caught:
        nest(outer, inner)
    assert str(caught.value).startswith(f"shop.within ('{inner}') was called in shop.around ('{outer}'): ")


def test_a_rule_of_nesting_holds_for_hits() -> None:
    """An inner result that is there already changes nothing."""
    caches = make_caches(cache_handlers=STORES)
    remote = cached(caches, lambda: 7, REMOTE)
    call(remote)
    private = cached(caches, lambda: call(remote), PRIVATE)
    with pytest.raises(CacheScopeError):
        answering(caches, lambda: call(private))


def test_a_private_function_runs_once_for_a_request() -> None:
    """For each set of arguments; nothing is kept for the next request, nor in any store."""
    caches = make_caches()
    ran: list[Any] = []
    me = cached(caches, lambda who: ran.append(who) or who, PRIVATE)
    work = lambda: [call(me, "karl"), call(me, "karl"), call(me, "rosa")]  # noqa: E731
    answer, scope = answering(caches, work)
    assert answer == ["karl", "karl", "rosa"]
    assert scope.private
    assert ran == ["karl", "rosa"]
    answering(caches, work)
    assert ran == ["karl", "rosa"] * 2
    assert caches.store("default").handler.stats().entries == 0


@pytest.mark.parametrize("caller", [call, lambda function: asyncio.run(acall(function))])
def test_a_private_function_needs_a_request(caller: Callable[..., Any]) -> None:
    """Without one there is no client whose result this would be: an error that names the function, and it does not run."""
    ran: list[int] = []
    mine = cached(make_caches(), lambda: ran.append(1), PRIVATE)
    with pytest.raises(NoRequestError) as caught:
        caller(mine)
    assert str(caught.value).startswith("shop.<lambda> ('use cache: private') was called while no request")
    assert ran == []


def test_a_request_learns_what_it_uses() -> None:
    """Lives and tags of everything cached, found or computed."""
    caches = make_caches()

    def short() -> int:
        cache_life("seconds")
        return 1

    one, two = cached(caches, short), cached(caches, lambda: 2)
    for _ in range(2):
        _, scope = answering(caches, lambda: (call(one), call(two)))
        assert scope.inner == CacheLife(30, 1, 60)
    assert answering(caches, lambda: None)[1].inner is None


def test_memo() -> None:
    """Once for the same arguments in a request; not across requests, nor without one."""
    ran: list[Any] = []

    @memo
    def user(name: Any, *, full: bool = False) -> Any:
        ran.append(name)
        return [name]

    caches = make_caches()
    first, _ = answering(caches, lambda: (user("karl"), user("karl"), user("karl", full=True), user(["a"])))
    assert first[0] is first[1]
    assert len(ran) == 3
    answering(caches, lambda: user("karl"))
    user("karl")
    user("karl")
    assert len(ran) == 6


def test_memo_tells_look_alikes_apart() -> None:
    """1, 1.0 and True are three arguments."""
    ran: list[Any] = []
    number = memo(lambda value: ran.append(value) or value)
    answering(make_caches(), lambda: (number(1), number(1.0), number(True), number(1)))
    assert len(ran) == 3


def test_memo_of_an_exception() -> None:
    """It is not remembered."""
    ran: list[int] = []

    @memo
    def fails() -> None:
        ran.append(1)
        raise ValueError("no tea")

    def work() -> None:
        for _ in range(2):
            with pytest.raises(ValueError, match="no tea"):
                fails()

    answering(make_caches(), work)
    assert len(ran) == 2


def test_memo_is_isolated_in_a_cached_function() -> None:
    """What the request has remembered is not seen while a shared result is computed, nor the other way round."""
    caches = make_caches()
    ran: list[str] = []
    user = memo(lambda: ran.append("ran") or len(ran))
    stock = cached(caches, lambda: [user(), user()])

    def work() -> Any:
        return user(), call(stock), user()

    assert answering(caches, work)[0] == (1, [2, 2], 1)


def test_memo_of_a_coroutine_function() -> None:
    """All who await it at a time share one run; one of them that is cancelled takes nothing from the others."""
    ran: list[int] = []

    @memo
    async def user() -> int:
        ran.append(1)
        await asyncio.sleep(0.01)
        return len(ran)

    async def main() -> list[Any]:
        assert await user() == 1
        assert await user() == 2
        set_scope(RequestScope(make_caches(), "/"))
        first = asyncio.ensure_future(user())
        others = [asyncio.ensure_future(user()) for _ in range(3)]
        await asyncio.sleep(0.001)
        first.cancel()
        return [*await asyncio.gather(*others), await user()]

    assert asyncio.run(main()) == [3] * 4
