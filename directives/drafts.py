"""Draft mode: who may see what is not published yet is shown pages as they are at this moment, and nothing of that is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final

COOKIE: Final = "__directives_draft"
PURPOSE: Final = "directives 2026-11-22 cookies of draft mode"
LONGEST: Final = 24 * 3600  # seconds after which a browser that is never closed has to be let in again
SIGNATURE: Final = 32  # hex digits


class DraftMode:
    """Whether this visitor sees drafts; what ``directives.request.draft_mode`` gives.

    Args:
        enabled: Whether that is so.
        let_in: Lets the visitor in, or out again.
    """

    def __init__(self, enabled: bool, let_in: Callable[[bool], None]) -> None:
        self._enabled = enabled
        self._let_in = let_in

    @property
    def is_enabled(self) -> bool:
        """Whether this visitor sees drafts."""
        return self._enabled

    def enable(self) -> None:
        """Have this visitor see drafts until the browser is closed, a day at most; in a server function.

        Raises:
            ReadOnlyCookiesError: No server function is running, or its reply has begun.
        """
        self._let_in(True)

    def disable(self) -> None:
        """Have this visitor see what everybody sees; in a server function.

        Raises:
            ReadOnlyCookiesError: No server function is running, or its reply has begun.
        """
        self._let_in(False)


def is_draft(
    cookies: str | None, secret_keys: Callable[[], Sequence[bytes]], now: float | None = None
) -> bool:
    """Whether a request's cookies let its visitor see drafts; one that nobody signed here counts for nothing.

    Args:
        cookies: The value of its header ``Cookie``.
        secret_keys: Gives the keys, any of which may have signed.
        now: The time, in seconds since 1970.
    """
    if cookies is None or COOKIE not in cookies:
        return False
    from hmac import compare_digest

    from werkzeug.http import parse_cookie

    until, _, signature = parse_cookie(cookies).get(COOKIE, "").partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) < 16 and signature.isascii()):
        return False
    if int(until) <= (time.time() if now is None else now):
        return False
    return any(compare_digest(signature, signed) for signed in _signatures(until, secret_keys()))


def draft_token(secret_keys: Sequence[bytes], now: float | None = None) -> str:
    """The value of a cookie that lets a visitor see drafts."""
    until = str(int(time.time() if now is None else now) + LONGEST)
    return f"{until}.{next(iter(_signatures(until, secret_keys)))}"


def _signatures(until: str, secret_keys: Iterable[bytes]) -> Iterable[str]:
    from blake3 import blake3

    for secret in secret_keys:
        key = blake3(secret, derive_key_context=PURPOSE).digest()
        yield blake3(until.encode(), key=key).hexdigest()[:SIGNATURE]
