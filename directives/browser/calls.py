"""Server functions, called from the browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar
from typing import cast

from directives.browser.host import Host
from directives.browser.wire import decode
from directives.browser.wire import encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

F = TypeVar("F")


class CallError(Exception):
    """A call that has failed.

    Attributes:
        kind: Why: a kind of the endpoint (``"arguments"``, ``"forbidden"``, ``"internal"``…), or ``"unreachable"``.
        message: What the server says of it.
        status: The HTTP status; 0 if there was no reply.
        type: The class of an error that the function declared for callers.
        data: What that error carries.
        problems: For refused arguments, a ``path`` and a ``reason`` each.
        digest: What to look for in the server's log.
    """

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        self.status = status
        self.kind: str = error.get("kind") or "protocol"
        self.message: str = error.get("message") or "The reply cannot be read."
        self.type: str | None = error.get("type")
        self.data: Any = error.get("data")
        self.problems: list[dict[str, str]] = error.get("problems") or []
        self.digest: str | None = error.get("digest")
        super().__init__(self.kind + ": " + self.message)


class ServerFunction:
    """A server function as client code holds it; calling it is a request.

    Args:
        id: Its ID.
        name: Its name, for errors.
        stream: Whether it gives its items one by one, for ``async for``.
        bound: What it captured, sealed.
        concurrent: Whether a call does not wait for those before.
    """

    def __init__(
        self,
        id: str,
        name: str = "",
        stream: bool = False,
        bound: str | None = None,
        concurrent: bool = False,
    ) -> None:
        self.id = id
        self.name = name
        self.bound = bound
        self.stream = stream
        self._concurrent = concurrent

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it: to be awaited, or looped over with ``async for`` if it is a generator.

        Raises:
            CallError: The call has failed.
            TypeError: An argument cannot travel.
        """
        message: dict[str, Any] = {"args": list(args), "kwargs": kwargs}
        if self.bound is not None:
            message["bound"] = self.bound
        body = encode(message)
        return Stream(self.id, body) if self.stream else _call(self.id, body, int(self._concurrent))

    def __repr__(self) -> str:
        return "<ServerFunction " + (self.name or self.id) + ">"


def concurrent(function: F) -> F:
    """A server function whose calls do not wait for those before.

    Without it the calls of a page, its forms among them, run one at a time and in order. ``await concurrent(stock)('tea')``
    is sent at once.

    Args:
        function: A server function, as client code imports or receives it.
    """
    given = cast("ServerFunction", function)
    return cast("F", ServerFunction(given.id, given.name, given.stream, given.bound, concurrent=True))


async def _call(id: str, body: str, concurrent: int) -> Any:
    return result(json.loads(await Host.current.ask(id, body, concurrent)))


class Stream:
    """The items of a server function that is a generator, as they come."""

    def __init__(self, id: str, body: str) -> None:
        self._id = id
        self._body = body
        self._number: int | None = None

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if self._number is None:
            self._number = Host.current.open(self._id, self._body)
        text = await Host.current.item(self._number)
        if not text:
            raise StopAsyncIteration
        return result(json.loads(text))


def result(reply: list[Any]) -> Any:
    """What a reply holds.

    Args:
        reply: The status, and the reply's JSON.

    Raises:
        CallError: It holds an error, or cannot be read.
    """
    status, content = reply
    if isinstance(content, dict):
        if "ok" in content:
            return decode(content["ok"], function)
        if "redirect" in content:
            Host.current.go(content["redirect"])
            return None
        if isinstance(content.get("error"), dict):
            raise CallError(status, decode(content["error"], function))
    raise CallError(status, {})


def function(id: str, bound: str | None) -> ServerFunction:
    """A server function that came as a value."""
    return ServerFunction(id, bound=bound)
