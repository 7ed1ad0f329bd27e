"""The cookies of a request, and those that a server function sets with its reply."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from typing import Final
from typing import Literal

from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.datastructures import MultiDict
from werkzeug.http import dump_cookie

from directives.errors import ReadOnlyCookiesError

__all__ = ["Cookies"]

NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a token, RFC 6265, 4.1.1
DOMAIN: Final = re.compile(r"\.?[a-z0-9\-.]+", re.IGNORECASE)


class CookieChanges(dict[tuple[str, str, str | None], tuple[str | None, str]]):
    """What a server function sets, until its reply begins.

    By name, path and domain of a cookie: its new value, ``None`` if it is deleted, and the value of ``Set-Cookie``.

    Attributes:
        ended: Whether the reply has begun: then it is too late for headers.
    """

    ended = False


class Cookies(ImmutableMultiDict[str, str]):
    """The cookies of a request as a mapping; in a server function ``set`` and ``delete`` change the browser's.

    See Next.js, "cookies".

    Args:
        sent: What came with the request.
        changes: Where changes go; ``None`` where nothing can be changed.
    """

    def __init__(
        self, sent: Iterable[tuple[str, str]] | MultiDict[str, str], changes: CookieChanges | None = None
    ) -> None:
        super().__init__(sent)
        self._changes = changes
        if changes is not None:
            for (name, _, _), (value, _) in changes.items():
                self._show(name, value)

    def set(
        self,
        name: str,
        value: str,
        *,
        max_age: timedelta | int | None = None,
        expires: datetime | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = True,
        samesite: Literal["Strict", "Lax", "None"] = "Lax",
    ) -> None:
        """Set a cookie with the reply, whatever that is unless it has status 500 or above; it reads so at once.

        Args:
            name: Its name.
            value: Its value.
            max_age: For how many seconds it is kept; the browser's session if neither this nor ``expires`` is given.
            expires: Until when it is kept.
            path: The path below which it is sent.
            domain: The domain to whose hosts it is sent; to this host alone if left out.
            secure: Whether it is sent over HTTPS alone.
            httponly: Whether it is hidden from scripts.
            samesite: Whether it is sent with requests from other sites.

        Raises:
            ReadOnlyCookiesError: No server function is running, or its reply has begun.
            ValueError: The name, the domain or ``samesite`` is none.
            TypeError: The name or the value is no text.
        """
        changes = self._changeable("set")
        if type(name) is not str or type(value) is not str:
            raise TypeError("the name and the value of a cookie are texts")
        if NAME.fullmatch(name) is None:
            raise ValueError(
                f"{name!r} is no name of a cookie: it has letters, digits and !#$%&'*+-.^_`|~ alone"
            )
        if domain is not None and DOMAIN.fullmatch(domain) is None:
            raise ValueError(f"{domain!r} is no domain")
        header = dump_cookie(name, value, max_age, expires, path, domain, secure, httponly, samesite=samesite)
        changes[name, path, domain] = value, header
        self._show(name, value)

    def delete(self, name: str, *, path: str = "/", domain: str | None = None) -> None:
        """Have the browser forget a cookie.

        Args:
            name: Its name.
            path: The path that it was set with.
            domain: The domain that it was set with, if any.

        Raises:
            ReadOnlyCookiesError: No server function is running, or its reply has begun.
            ValueError: The name or the domain is none.
        """
        changes = self._changeable("delete")
        self.set(name, "", max_age=0, path=path, domain=domain)
        changes[name, path, domain] = None, changes[name, path, domain][1]
        self._show(name, None)

    def _changeable(self, method: str) -> CookieChanges:
        if self._changes is None or self._changes.ended:
            raise ReadOnlyCookiesError(
                f"cookies().{method}() works in a server function, before anything of its reply is sent: not in a page, in a "
                "cached function or between the items of a stream. There use the response of your framework, or a "
                "server function that the page calls."
            )
        return self._changes

    def _show(self, name: str, value: str | None) -> None:
        if value is not None:
            MultiDict.__setitem__(self, name, value)
        elif name in self:
            MultiDict.__delitem__(self, name)
