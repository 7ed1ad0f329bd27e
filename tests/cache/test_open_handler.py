"""Stores are opened by the addresses of the setting ``cache_handlers``."""

from __future__ import annotations

from pathlib import Path

import pytest

from directives.cache.handlers import open_handler
from directives.cache.handlers.sqlite import SqliteHandler
from directives.errors import SettingsError
from directives.testing import check_handler

EXAMPLE = Path(__file__).parents[2] / "examples" / "cache_handler"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("sqlite:///.directives/cache.db", "/project/.directives/cache.db"),
        ("sqlite:////var/cache/a%20b.db?size=1.5MB&timeout=100ms", "/var/cache/a b.db"),
    ],
)
def test_a_sqlite_store(address: str, path: str) -> None:
    """Three slashes: from the project's root; four: an absolute path. Nothing is opened yet."""
    handler = open_handler(address, Path("/project"))
    assert isinstance(handler, SqliteHandler)
    assert repr(handler) == f"<SqliteHandler {path}>"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite://cache.db", "three slashes"),
        ("sqlite:///", "three slashes"),
        ("sqlite:///c.db?sise=1MB", "there is no option 'sise'; the options are: size, timeout, near"),
        ("sqlite:///c.db?size=lots", "the option size is a size such as 64MB, not 'lots'"),
        ("sqlite:///c.db?timeout=1h", "the option timeout is a time such as 250ms, not '1h'"),
        ("sqlite:///c.db?size=1&size=2", "an option is given twice"),
        ("memory://big", "its size is cache_max_memory_size"),
        ("memcached://user:password@host", "there is no store memcached://"),
        ("nothing", "'nothing' is no address of a store"),
        ("os:path.join", "'os:path.join' is no address of a store"),
        ("not.there:Handler", "the store not.there:Handler cannot be imported"),
        ("json:NotThere", "the store json:NotThere cannot be imported"),
        (
            "json:dumps?password=1",
            "the store json:dumps cannot be made: dumps() missing 1 required positional",
        ),
        (
            "json:JSONDecoder",
            "the store json:JSONDecoder lacks methods of directives.cache.CacheHandler: now, get",
        ),
        (
            "builtins:dict",
            "lacks methods of directives.cache.CacheHandler: now, set, mark_tags, delete, stats, close",
        ),
    ],
)
def test_addresses_that_open_nothing(address: str, message: str) -> None:
    """The error names the setting and what to write, and no password."""
    with pytest.raises(SettingsError) as caught:
        open_handler(address, Path("/project"))
    assert caught.value.key == "cache_handlers"
    assert message in str(caught.value)
    assert "password" not in str(caught.value)


def test_the_example_of_a_store_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened by its dotted name, gets what follows the question mark, and keeps all promises."""
    monkeypatch.syspath_prepend(EXAMPLE)
    address = f"files_handler:FilesHandler?folder={tmp_path / 'kept'}"
    check_handler(lambda: open_handler(address, Path("/project")))
    handler = open_handler(address, Path("/project"))
    assert type(handler).__name__ == "FilesHandler"
    assert handler.stats().entries == 0
