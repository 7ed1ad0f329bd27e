"""The endpoint of a runtime that is watched."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Coroutine
from functools import partial
from typing import Any

from directives.functions import Around
from directives.functions import Call
from directives.functions import Started
from directives.http.endpoint import Endpoint
from directives.http.messages import HttpRequest
from directives.http.messages import HttpResponse
from directives.http.streams import until_end
from directives.observing import Observed
from directives.observing import Observer


class ObservedEndpoint(Endpoint):
    """An endpoint that tells an observer of each call; see ``Endpoint`` for the other arguments.

    Args:
        observer: The observer.
    """

    def __init__(self, observer: Observer, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._observer = observer

    def answer(self, request: HttpRequest) -> Coroutine[Any, Any, HttpResponse]:
        """Answer a call."""
        return self._observed(request, super().answer(request))

    async def _observed(
        self, request: HttpRequest, answer: Coroutine[Any, Any, HttpResponse]
    ) -> HttpResponse:
        observed = self._observer.begin(request.headers.get)
        try:
            with observed.during():
                response = await answer
        except BaseException:
            observed.end(self.name_of(request), 0, "cancelled")
            raise
        end = partial(observed.end, self.name_of(request), response.status, outcome_of(response))
        if not isinstance(response.body, bytes):
            return response._replace(body=until_end(items_during(observed, response.body), end))
        end()
        return response


def outcome_of(response: HttpResponse) -> str:
    """What became of a call, in one of a few words."""
    return next((value for name, value in response.headers if name == "X-Directives-Error"), "ok")


async def items_during(
    observed: Observed, pieces: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """The same pieces, each made within the call that they belong to."""
    try:
        while True:
            with observed.during():
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece
    finally:
        await pieces.aclose()


def accepting(observer: Observer, accept: Callable[[Call], Started]) -> Callable[[Call], Started]:
    """The same acceptance of calls, as a step."""

    def observed(call: Call) -> Started:
        with observer.step("validate"):
            return accept(call)

    return observed


def running(observer: Observer, around: Around) -> Around:
    """The same wait for what a function gives, as a step."""

    async def observed(outcome: Awaitable[Any]) -> Any:
        with observer.step("run"):
            return await around(outcome)

    return observed
