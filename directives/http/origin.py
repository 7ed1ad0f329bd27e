"""Does a request come from a page that may call us? (Cross-site request forgery.)

Browsers say so themselves: ``Sec-Fetch-Site`` (W3C Fetch Metadata) and ``Origin`` (RFC 6454). Programs
send neither and are not at risk: nobody else's cookies travel with their calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from directives.errors import SettingsError

DEFAULT_PORTS = {"http": ":80", "https": ":443"}
ALLOWED = re.compile(
    r"(?:(https?)://)?(\*\*?\.)?([a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?"
)
WILDCARDS = {None: "", "*.": r"[^.:/]+\.", "**.": r"(?:[^.:/]+\.)+"}


class OriginPolicy:
    """Which origins may call, beside the server's own.

    Args:
        allowed: Hosts such as ``shop.example``, ``*.shop.example`` (one label more) or
            ``**.shop.example`` (any number of them), with ``https://`` in front for that scheme
            only, and with their port unless it is the scheme's own.

    Raises:
        SettingsError: An entry is none of these; a bare ``*`` never is.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = [_pattern(entry) for entry in allowed]

    def permits(self, site: str | None, origin: str | None, host: str) -> bool:
        """Whether a request may call.

        Args:
            site: Its ``Sec-Fetch-Site``, if it has one.
            origin: Its ``Origin``, if it has one; ``null`` is a foreign one.
            host: The host and port it was sent to.
        """
        if site != "cross-site" and (origin is None or _same_host(origin, host)):
            return True
        return origin is not None and any(pattern.fullmatch(_normal(origin)) for pattern in self._allowed)


def _same_host(origin: str, host: str) -> bool:
    if host and origin in (f"https://{host}", f"http://{host}"):
        return True
    scheme, _, authority = _normal(origin).partition("://")
    return bool(authority) and authority == host.lower().removesuffix(DEFAULT_PORTS.get(scheme, "?"))


def _normal(origin: str) -> str:
    """An origin in lower case, without its scheme's own port; empty if it is not of the web."""
    lowered = origin.lower()
    scheme = lowered.partition("://")[0]
    return lowered.removesuffix(DEFAULT_PORTS[scheme]) if scheme in DEFAULT_PORTS else ""


def _pattern(entry: str) -> re.Pattern[str]:
    match = ALLOWED.fullmatch(entry.lower())
    if match is None:
        raise SettingsError(
            "allowed_origins",
            f"setting 'allowed_origins': {entry!r} is no host; write 'shop.example', '*.shop.example' for one label "
            "more, '**.shop.example' for any number of them, each with its port if it has one",
        )
    scheme, wildcard, host, port = match.groups()
    port = None if port == DEFAULT_PORTS.get(scheme or "") else port
    written = f"{WILDCARDS[wildcard]}{re.escape(host)}{re.escape(port or '')}"
    return re.compile(f"{scheme or 'https?'}://{written}")
