"""What the calls of one user have in common, and nobody else's: headers, cookies, replies that may be used again."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import httpx

from directives.client.kept import KEPT_BYTES
from directives.client.kept import UPDATED
from directives.client.kept import KeptReplies


class Session:
    """One user's; used by any number of threads.

    Args:
        headers: What every call of the user says, such as ``authorization``.
        cookies: The cookies that he begins with.
        keep_bytes: How many bytes of replies are kept.

    Attributes:
        headers: The headers.
        cookies: The cookies that he has now.
        kept: The replies that may be used again.
    """

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        keep_bytes: int = KEPT_BYTES,
    ) -> None:
        self.headers = httpx.Headers(dict(headers or {}))
        self.kept = KeptReplies(keep_bytes)
        self.cookies = httpx.Cookies(dict(cookies or {}))
        self._lock = threading.Lock()

    def cookie(self, url: httpx.URL) -> str:
        """The header that tells the server of the user's cookies; empty if there are none."""
        with self._lock:
            if not self.cookies:
                return ""
            request = httpx.Request("POST", url)
            self.cookies.set_cookie_header(request)
        header: str = request.headers.get("cookie", "")
        return header

    def learn(self, response: httpx.Response) -> None:
        """Take the cookies of a reply; forget what is kept if the call has changed what it was made of."""
        if "set-cookie" in response.headers:
            with self._lock:
                self.cookies.extract_cookies(response)
            self.kept.forget()
        elif UPDATED in response.headers:
            self.kept.forget()
