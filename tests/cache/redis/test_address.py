"""The addresses of Redis stores."""

from __future__ import annotations

import pytest

from directives.cache.handlers.redis import RedisHandler
from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.errors import SettingsError


def test_everything_that_an_address_can_say():
    """Servers, who signs in with what, database, and the store's own options."""
    address = RedisAddress.parse(
        "rediss://ann:p%40ss@cache-1,[::1]:6380/3?prefix=shop&timeout=500ms&near=64MB&ssl_ca_certs=/ca.pem"
    )
    assert address == RedisAddress(
        nodes=(Node("cache-1", 6379), Node("::1", 6380)),
        username="ann",
        password="p@ss",
        db=3,
        tls=True,
        certificates={"ssl_ca_certs": "/ca.pem"},
        prefix="shop",
        timeout=0.5,
        near=64 << 20,
    )


@pytest.mark.parametrize("address", ["redis://", "redis://localhost", "valkey://localhost:6379/0"])
def test_what_is_not_said_is_the_usual(address: str):
    """This machine, the usual port, no password, a quarter of a second."""
    assert RedisAddress.parse(address) == RedisAddress((Node("localhost", 6379),))


def test_a_socket_is_a_path():
    """Its database stands among the options."""
    address = RedisAddress.parse("unix://:secret@/run/redis%20a.sock?db=2")
    assert (address.nodes, address.password, address.db) == ((Node(path="/run/redis a.sock"),), "secret", 2)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://:hunter2@localhost", "no http://"),
        ("unix://:hunter2@", "names no socket"),
        ("redis://:hunter2@localhost:99999", "a port"),
        ("redis://:hunter2@localhost:port", "a port"),
        ("redis://:hunter2@localhost/name", "database is no number"),
        ("redis://:hunter2@localhost/-1", "database is no number"),
        ("redis://:hunter2@localhost?prefix=a*", "a prefix is"),
        ("redis://:hunter2@localhost?prefix=", "a prefix is"),
        ("redis://:hunter2@localhost?timeout=0", "a timeout is"),
        ("redis://:hunter2@localhost?timeout=nan", "a time such as"),
        ("redis://:hunter2@localhost?timeout=soon", "a time such as"),
        ("redis://:hunter2@localhost?near=lots", "a size such as"),
        ("redis://:hunter2@localhost?sign=yes", "the option sign is true or false"),
        ("redis://:hunter2@localhost?nera=64MB", "no option 'nera'"),
        ("redis://:hunter2@localhost?ssl_ca_certs=/ca.pem", "rediss:// alone"),
        ("redis://:hunter2@localhost?near", "a size such as"),
        ("redis://[:hunter2@localhost", "cannot be read"),
    ],
)
def test_a_wrong_address_is_an_error_that_keeps_the_password(address: str, reason: str):
    """The message says what is wrong, names the setting, and does not repeat the address."""
    with pytest.raises(SettingsError, match=reason) as caught:
        RedisAddress.parse(address)
    assert caught.value.key == "cache_handlers"
    assert "hunter2" not in str(caught.value)


def test_no_password_is_shown():
    """Neither by the address nor by the store."""
    address = RedisAddress.parse("redis://ann:hunter2@cache-1/0")
    shown = repr(address) + repr(RedisHandler(address))
    assert "hunter2" not in shown
    assert "cache-1" in shown
