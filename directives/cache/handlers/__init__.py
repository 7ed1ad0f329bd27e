"""The stores that come with the package, one file each; imported when a setting names them."""

from __future__ import annotations

from pathlib import Path

from directives.cache.handler import CacheHandler
from directives.errors import SettingsError


def open_handler(address: str, root: Path) -> CacheHandler:
    """The store behind an address of the setting ``cache_handlers``.

    Args:
        address: Where it is.
        root: The project's folder, from which relative paths are taken.

    Raises:
        SettingsError: There is no such store.
    """
    raise SettingsError(
        "cache_handlers", f"this version knows no store of the kind {address.partition(':')[0]!r}"
    )
