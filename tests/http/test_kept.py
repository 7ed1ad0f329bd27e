"""The store of replies: one run for a ticket, whoever asks, in whatever thread or loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from directives.http import HttpResponse
from directives.http.kept import OVERHEAD
from directives.http.kept import RepliesInMemory
from directives.http.kept import Ticket
from directives.http.once import once
from directives.http.refusals import Refusal


def ticket(place: str = "a", content: str = "c") -> Ticket:
    return Ticket(place.encode(), content.encode())


def reply(body: bytes = b"done", status: int = 200) -> HttpResponse:
    return HttpResponse(status, [("X", "y")], body)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Runs:
    """A call that counts how often it runs."""

    def __init__(
        self,
        answer: Callable[[int], HttpResponse] = lambda run: reply(),
        seconds: float = 0.01,
        first: float | None = None,
    ) -> None:
        self.count = 0
        self._answer = answer
        self._seconds = seconds
        self._first = seconds if first is None else first

    async def __call__(self) -> HttpResponse:
        self.count += 1
        run = self.count
        await asyncio.sleep(self._first if run == 1 else self._seconds)
        return self._answer(run)


def store(clock: Callable[[], float] | None = None, **limits: int) -> RepliesInMemory:
    return RepliesInMemory(600, limits.pop("max_size", 1 << 20), clock=clock or Clock(), **limits)


def test_the_first_reply_is_given_again() -> None:
    """The call ran once; the copy is the receiver's own."""
    runs, replies = Runs(), store()

    async def main() -> None:
        for _ in range(3):
            given = await once(replies, ticket(), runs)
            assert given == reply()
            given.headers.append(("Server", "changes it"))

    asyncio.run(main())
    assert runs.count == 1


def test_two_at_once_run_once_on_one_loop() -> None:
    """The second waits for the first."""
    runs, replies = Runs(), store()

    async def main() -> list[HttpResponse]:
        return await asyncio.gather(*(once(replies, ticket(), runs) for _ in range(20)))

    assert asyncio.run(main()) == [reply()] * 20
    assert runs.count == 1


def test_two_at_once_run_once_on_loops_of_many_threads() -> None:
    """A waiting thread is woken by the one that ran the call."""
    runs, replies, together = Runs(seconds=0.05), store(), Barrier(8)

    def call() -> HttpResponse:
        together.wait()
        return asyncio.run(once(replies, ticket(), runs))

    with ThreadPoolExecutor(8) as threads:
        done = [thread.result() for thread in [threads.submit(call) for _ in range(8)]]
    assert done == [reply()] * 8
    assert runs.count == 1


@pytest.mark.parametrize("status", [403, 500, 504])
def test_a_failure_is_not_kept(status: int) -> None:
    """Who comes again, or has waited, runs the call: the first result counts."""
    runs, replies = Runs(lambda run: reply(status=status if run == 1 else 200)), store()

    async def main() -> list[int]:
        done = await asyncio.gather(*(once(replies, ticket(), runs) for _ in range(3)))
        return [response.status for response in done]

    assert asyncio.run(main()) == [status, 200, 200]
    assert runs.count == 2


def test_an_error_that_is_expected_is_a_result() -> None:
    """The function has decided."""
    refused = HttpResponse(409, [("X-Directives-Error", "expected")], b"no")
    runs, replies = Runs(lambda run: refused), store()

    async def main() -> None:
        assert await once(replies, ticket(), runs) == await once(replies, ticket(), runs) == refused

    asyncio.run(main())
    assert runs.count == 1


def test_the_first_is_cancelled_and_the_second_runs() -> None:
    """Whoever waits is not cancelled with it, and does not wait for ever."""
    runs, replies = Runs(first=60), store()

    async def main() -> HttpResponse:
        first = asyncio.ensure_future(once(replies, ticket(), runs))
        await asyncio.sleep(0.005)
        second = asyncio.ensure_future(once(replies, ticket(), runs))
        await asyncio.sleep(0.005)
        first.cancel()
        return await second

    assert asyncio.run(main()) == reply()
    assert runs.count == 2


def test_one_who_waits_is_cancelled_alone() -> None:
    """Neither the call that runs nor the others that wait notice."""
    runs, replies = Runs(seconds=0.03), store()

    async def main() -> list[HttpResponse]:
        calls = [asyncio.ensure_future(once(replies, ticket(), runs)) for _ in range(3)]
        await asyncio.sleep(0.005)
        calls[1].cancel()
        return await asyncio.gather(calls[0], calls[2])

    assert asyncio.run(main()) == [reply()] * 2
    assert runs.count == 1


def test_one_place_holds_one_call() -> None:
    """Another one with its key is refused, while the first runs and afterwards."""
    runs, replies = Runs(), store()

    async def main() -> None:
        first = asyncio.ensure_future(once(replies, ticket(), runs))
        await asyncio.sleep(0)
        for _ in range(2):
            with pytest.raises(Refusal, match="key-reused"):
                await once(replies, ticket(content="another"), runs)
            await first

    asyncio.run(main())
    assert runs.count == 1


def test_a_reply_is_forgotten_after_its_time() -> None:
    """Ten minutes, say; then the call would run again."""
    clock, runs = Clock(), Runs(seconds=0)
    replies = store(clock)

    def called_at(now: float) -> int:
        clock.now = now
        asyncio.run(once(replies, ticket(), runs))
        return runs.count

    assert [called_at(now) for now in (0, 599, 600, 601)] == [1, 1, 2, 2]


@pytest.mark.parametrize("limits", [{"max_count": 2}, {"max_size": 2 * (OVERHEAD + 4)}])
def test_the_oldest_is_forgotten_when_there_is_too_much(limits: dict[str, Any]) -> None:
    """By their number and by their size."""
    replies = store(**limits)

    async def main() -> list[bool]:
        for place in "abc":
            await once(replies, ticket(place), Runs())
        kept = [await replies.claim(ticket(place)) is not None for place in "cba"]
        await replies.settle(ticket("a"), None)
        return kept

    assert asyncio.run(main()) == [True, True, False]


def test_what_is_larger_than_the_store_is_not_kept() -> None:
    """And nothing stays behind of it."""
    runs, replies = Runs(lambda run: reply(b"x" * 5000)), store(max_size=4000)

    async def main() -> None:
        await once(replies, ticket(), runs)
        await once(replies, ticket(), runs)
        await once(replies, ticket("b"), Runs())
        assert await replies.claim(ticket("b")) == reply()

    asyncio.run(main())
    assert runs.count == 2
