"""The stores that come with the package, one file each; imported when a setting names them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from typing import cast

from directives.cache.handler import CacheHandler
from directives.cache.handlers.address import wrong

METHODS: Final = ("now", "get", "set", "mark_tags", "delete", "clear", "stats", "close")
REDIS: Final = frozenset({"redis", "rediss", "unix", "valkey", "valkeys"})


def open_handler(
    address: str, root: Path, secret_keys: Callable[[], Sequence[bytes]] = tuple
) -> CacheHandler:
    """The store behind an address of the setting ``cache_handlers``; it connects when it is first used.

    Args:
        address: ``sqlite:///path``, ``redis://…`` and its relatives, or ``package.module:Handler`` for a store of one's own.
        root: The project's folder, from which relative paths are taken.
        secret_keys: Gives the secret keys to a store that signs its entries.

    Raises:
        SettingsError: There is no such store, or an option of it is wrong. Never shows a password.
    """
    scheme, separator, _ = address.partition("://")
    if not separator:
        return _custom(address)
    if scheme == "sqlite":
        from directives.cache.handlers.sqlite import SqliteHandler

        return SqliteHandler.open(address, root, secret_keys)
    if scheme in REDIS:
        from directives.cache.handlers.redis import RedisHandler

        return RedisHandler.open(address, secret_keys)
    if scheme == "memory":
        raise wrong("memory:// takes nothing behind it; its size is cache_max_memory_size")
    raise wrong(
        f"there is no store {scheme}://; there are memory://, sqlite:///path, redis://host and a class of your own as "
        "package.module:Class"
    )


def _custom(address: str) -> CacheHandler:
    """The store that a class of the user's own makes; what follows a question mark are its keyword arguments."""
    from importlib import import_module
    from urllib.parse import parse_qsl

    path, _, query = address.partition("?")
    module_name, _, class_name = path.partition(":")
    if not module_name or not class_name.isidentifier():
        raise wrong(f"{path!r} is no address of a store; a class of your own is package.module:Class")
    try:
        factory = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise wrong(f"the store {path} cannot be imported: {error}") from error
    try:
        handler = factory(**dict(parse_qsl(query)))
    except TypeError as error:
        raise wrong(f"the store {path} cannot be made: {error}") from error
    lacking = ", ".join(name for name in METHODS if not hasattr(handler, name))
    if lacking:
        raise wrong(f"the store {path} lacks methods of directives.cache.CacheHandler: {lacking}")
    return cast("CacheHandler", handler)
