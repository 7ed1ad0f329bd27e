"""What the calls of one user have in common, and nobody else's: headers, cookies, replies that may be used again."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from collections.abc import Mapping
from contextlib import asynccontextmanager

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

    @asynccontextmanager
    async def reply(self, client: httpx.AsyncClient, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        """Send a request of the user; the reply, its body not read yet.

        What it says of cookies is learnt. What is kept is forgotten if the call has changed what it was made of, or may
        have: when no reply comes.
        """
        try:
            response = await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except BaseException:
            self.kept.forget()
            raise
        try:
            self._learn(response)
            yield response
        finally:
            await response.aclose()

    def _learn(self, response: httpx.Response) -> None:
        if "set-cookie" in response.headers:
            with self._lock:
                self.cookies.extract_cookies(response)
            self.kept.forget()
        elif UPDATED in response.headers:
            self.kept.forget()
