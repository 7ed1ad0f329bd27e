"""Whether a response is one for everybody, from what it says itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from directives.errors import DirectivesError

OK: Final = 200
REDIRECTIONS: Final = range(300, 400)
# What says nothing of who asked.
HARMLESS: Final = frozenset({"accept-encoding", "origin"})
OWN: Final = frozenset({"private", "no-store"})
# RFC 9110, 7.6.1, and what belongs to one response.
DROPPED: Final = frozenset(
    {
        "age",
        "connection",
        "content-length",
        "date",
        "etag",
        "keep-alive",
        "server",
        "transfer-encoding",
        "x-directives-cache",
        "x-directives-stale-time",
    }
)


class NotStatic(DirectivesError):
    """Why a page cannot be rendered ahead.

    Attributes:
        what: The first thing that needs a request: a call, or what the response says.
        where: The place in the source, several lines, where there is one.
        failed: Whether that is a fault, not just a page that waits for its requests.
    """

    def __init__(self, what: str, where: str = "", *, failed: bool = False) -> None:
        super().__init__(f"{what}\n{where}" if where else what)
        self.what = what
        self.where = where
        self.failed = failed


def judge(status: int, headers: Iterable[tuple[str, str]]) -> None:
    """See that a response is one for everybody.

    Raises:
        NotStatic: It is not.
    """
    if status != OK:
        goes = next((f" to {value}" for name, value in headers if name.lower() == "location"), "")
        raise NotStatic(f"answers {status}{goes}", failed=status not in REDIRECTIONS)
    for name, value in headers:
        words = {word.strip().lower() for word in value.split(",")}
        match name.lower():
            case "set-cookie":
                raise NotStatic(f"sets the cookie {value.partition('=')[0]}")
            case "vary" if words - HARMLESS:
                raise NotStatic(f"varies by {', '.join(sorted(words - HARMLESS))} (Vary)")
            case "cache-control" if OWN & words:
                raise NotStatic(f"says Cache-Control: {value}")
            case "content-security-policy" | "content-security-policy-report-only" if "'nonce-" in value:
                raise NotStatic("its Content-Security-Policy has a nonce, which is good for one response")
            case "content-encoding":
                raise NotStatic("is compressed before it gets here: put this middleware inside of that one")


def kept(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers that hold for every response with the same page."""
    return tuple((name, value) for name, value in headers if name.lower() not in DROPPED)
