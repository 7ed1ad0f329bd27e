"""Why a call is not answered with a value: kinds, statuses and words, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from directives.errors import AccessDenied
from directives.errors import ArgumentsError
from directives.errors import DeadlineExceeded
from directives.errors import DecodeError
from directives.errors import ExpiredPageError
from directives.errors import LimitExceeded
from directives.errors import OutdatedPageError
from directives.errors import SealError
from directives.errors import SignInRequired
from directives.errors import UnknownFunctionError
from directives.http.messages import BodyCutShort
from directives.http.messages import BodyTooLarge

KINDS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request is malformed."),
    "seal": (400, "The captured values in the request were not made by this server for this function."),
    "sign-in-required": (401, "Somebody has to be signed in for this."),
    "foreign-origin": (403, "Pages of this origin may not call."),
    "forbidden": (403, "The caller may not do this."),
    "unknown-function": (404, "There is no server function with this ID."),
    "method-not-allowed": (405, "A server function is called with POST."),
    "outdated": (409, "The page is older than the server and has to be loaded again."),
    "expired": (410, "The page has expired and has to be loaded again."),
    "too-large": (413, "The request is larger than the server allows."),
    "unsupported-media-type": (415, "The body is of a media type that this address does not take."),
    "arguments": (422, "The arguments do not fit the function."),
    "key-reused": (422, "The idempotency key was used for another call."),
    "expected": (422, "The function refuses, and says why."),
    "internal": (500, "The server function failed."),
    "deadline": (504, "The call was not over by its deadline."),
    "unserializable-result": (500, "The server function's result cannot be sent."),
}

# Narrower classes first.
KIND_OF: Sequence[tuple[type[Exception], str]] = (
    (SignInRequired, "sign-in-required"),
    (AccessDenied, "forbidden"),
    (UnknownFunctionError, "unknown-function"),
    (ExpiredPageError, "expired"),
    (OutdatedPageError, "outdated"),
    (SealError, "seal"),
    (ArgumentsError, "arguments"),
    (DeadlineExceeded, "deadline"),
    (LimitExceeded, "too-large"),
    (BodyTooLarge, "too-large"),
    (DecodeError, "malformed"),
    (BodyCutShort, "malformed"),
)


class Refusal(Exception):
    """A call is refused before any of the user's code has run.

    Args:
        kind: A key of ``KINDS``.
        problems: ``(path, reason)`` for each argument that does not fit.
        reason: What is wrong with the message, in words that tell nothing but of it.
    """

    def __init__(self, kind: str, problems: Sequence[tuple[str, str]] = (), reason: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.problems = problems
        self.message = f"{KINDS[kind][1].removesuffix('.')}: {reason}." if reason else KINDS[kind][1]


def refusal_of(error: BaseException) -> Refusal | None:
    """The refusal that an error stands for; ``None`` for one that is nobody's business but ours."""
    if isinstance(error, Refusal):
        return error
    for kind_of_error, kind in KIND_OF:
        if isinstance(error, kind_of_error):
            problems = error.problems if isinstance(error, ArgumentsError) else ()
            return Refusal(kind, problems, str(error) if isinstance(error, DecodeError) else "")
    return None
