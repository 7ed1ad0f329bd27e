"""Where a server function is found."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

from directives.errors import SettingsError

if TYPE_CHECKING:
    from directives.settings import Settings

NO_URL = (
    "client code does not know its server: set the variable DIRECTIVES_URL, or the setting `url`, "
    "to the server's address, such as http://127.0.0.1:8000"
)
LAST_PORT = 65535


def address(settings: Settings, function_id: str) -> httpx.URL:
    """The address of a server function.

    Raises:
        SettingsError: The server's address is not set, or is no address.
    """
    if settings.url is None:
        raise SettingsError("url", NO_URL)
    return _parsed(f"{settings.url.rstrip('/')}{settings.endpoint}/{function_id}")


@lru_cache(maxsize=1024)
def _parsed(written: str) -> httpx.URL:
    """The same few are called again and again, and taking an address apart takes as long as encoding a call."""
    try:
        url = httpx.URL(written)
    except httpx.InvalidURL as error:
        raise SettingsError("url", f"the setting `url` (DIRECTIVES_URL) is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsError("url", "the setting `url` (DIRECTIVES_URL) must begin with http:// or https://")
    if url.port is not None and url.port > LAST_PORT:
        raise SettingsError(
            "url", f"the setting `url` (DIRECTIVES_URL) is no address: there is no port {url.port}"
        )
    if url.query or url.fragment:
        raise SettingsError(
            "url", "the setting `url` (DIRECTIVES_URL) is no address: it has a query or a fragment"
        )
    return url
