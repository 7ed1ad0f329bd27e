"""What is rendered ahead: the address of a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from typing import Self
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit

from directives.errors import SettingsError

SCHEMES: Final = ("http", "https")
HOST: Final = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?")
LONGEST: Final = 1024
ANY_HOST: Final = "localhost"


@dataclass(frozen=True, slots=True)
class Target:
    """The address of a page that is rendered ahead.

    Attributes:
        path: The path, decoded.
        host: The host that it is served for, with its port if it has one; for ``None`` all of them have the same page.
        scheme: ``"http"`` or ``"https"``: what the page is told it was asked with.
    """

    path: str
    host: str | None = None
    scheme: str = "http"

    @classmethod
    def parse(cls, address: str) -> Self:
        """The target of an address: ``/about`` for all hosts, ``https://shop.example/about`` for one.

        Raises:
            SettingsError: It is neither, or has a query or a fragment: a shell is one page for everybody.
        """
        parts = urlsplit(address)
        path = unquote(parts.path or "/", errors="surrogateescape")
        host = parts.netloc.lower() or None
        wrong = (
            not address
            or not path.startswith("/")
            or len(address) > LONGEST
            or any(mark in address for mark in "?#\\\r\n\t ")
            or (host is None) != (not parts.scheme)
            or (host is not None and (parts.scheme not in SCHEMES or not HOST.fullmatch(host)))
        )
        if wrong:
            raise SettingsError(
                "prerender",
                f"{address!r} is no page to render ahead: give a path such as /about, or https://host/about for one host "
                "alone, without a query or a fragment",
            )
        return cls(path, host, parts.scheme or "http")

    def __str__(self) -> str:
        written = quote(self.path, safe="/!$&'()*+,:;=@~", errors="surrogateescape")
        return written if self.host is None else f"{self.scheme}://{self.host}{written}"

    @property
    def place(self) -> str:
        """What it is found by: the path, behind the host if it has one. A host has no slash, a path begins with one."""
        return self.path if self.host is None else self.host + self.path

    @property
    def asked_host(self) -> str:
        """The host that the page is told it was asked at."""
        return self.host or ANY_HOST
