"""The address of a Redis store: which servers, how to sign in, and what is set for the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Final
from urllib.parse import SplitResult
from urllib.parse import unquote
from urllib.parse import urlsplit

from directives.cache.handlers.address import Options
from directives.cache.handlers.address import wrong
from directives.errors import SettingsError

SCHEMES: Final = frozenset({"redis", "rediss", "unix", "valkey", "valkeys"})
TLS_SCHEMES: Final = frozenset({"rediss", "valkeys"})
PORT: Final = 6379
TIMEOUT: Final = 0.25
PREFIX: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
TLS_OPTIONS: Final[tuple[str, ...]] = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
STORE: Final = "in Redis"


@dataclass(frozen=True, slots=True)
class Node:
    """One server: a host and port, or a Unix socket."""

    host: str = "localhost"
    port: int = PORT
    path: str = ""

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where a Redis store is, and what is set for it.

    Attributes:
        nodes: The servers; any of a cluster's, which tells where the store's keys are.
        username: Who signs in; empty for the default user.
        password: With what; never shown.
        db: The number of the database.
        tls: Whether connections are encrypted, and the server's certificate checked.
        certificates: Files for that, by redis-py's names: ``ssl_ca_certs``, ``ssl_certfile``, ``ssl_keyfile``.
        prefix: What the names of all keys begin with: stores with different prefixes share nothing.
        timeout: How long an answer may take, in seconds.
        near: How many bytes of entries are also kept in each process; 0 for none.
        sign: Whether entries are signed.
    """

    nodes: tuple[Node, ...]
    username: str = ""
    password: str = field(default="", repr=False)
    db: int = 0
    tls: bool = False
    certificates: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "directives"
    timeout: float = TIMEOUT
    near: int = 0
    sign: bool = False

    @classmethod
    def parse(cls, address: str) -> RedisAddress:
        """Read an address such as ``redis://:password@cache-1,cache-2:6380/0?near=64MB``.

        Raises:
            SettingsError: It is no such address; the message does not repeat it, for it may hold a password.
        """
        try:
            url = urlsplit(address)
        except ValueError:
            raise _wrong("the address cannot be read as a URL") from None
        if url.scheme not in SCHEMES:
            raise _wrong(f"there is no {url.scheme}://; there are {', '.join(sorted(SCHEMES))}")
        user, _, servers = url.netloc.rpartition("@")
        username, _, password = user.partition(":")
        options = Options(url.query, STORE)
        certificates = {name: file for name in TLS_OPTIONS if (file := options.text(name))}
        made = cls(
            nodes=_nodes(url, servers),
            username=unquote(username),
            password=unquote(password),
            db=_database(url, options.text("db")),
            tls=url.scheme in TLS_SCHEMES,
            certificates=certificates,
            prefix=_prefix(options.text("prefix")),
            timeout=_timeout(options.seconds("timeout", TIMEOUT)),
            near=options.size("near", 0),
            sign=options.flag("sign"),
        )
        options.finish()
        if certificates and not made.tls:
            raise _wrong(f"{next(iter(certificates))} takes effect with rediss:// alone")
        return made


def _wrong(reason: str) -> SettingsError:
    return wrong(f"the store {STORE}: {reason}")


def _nodes(url: SplitResult, servers: str) -> tuple[Node, ...]:
    if url.scheme == "unix":
        if not url.path:
            raise _wrong("the address names no socket; write unix:///path/to/redis.sock")
        return (Node(path=unquote(url.path)),)
    return tuple(_node(server) for server in servers.split(","))


def _node(server: str) -> Node:
    try:
        parts = urlsplit(f"//{server}")
        return Node(unquote(parts.hostname or "localhost"), PORT if parts.port is None else parts.port)
    except ValueError:
        raise _wrong("the address has a port that is no number from 0 to 65535") from None


def _database(url: SplitResult, option: str | None) -> int:
    written = option or ("" if url.scheme == "unix" else url.path.strip("/"))
    if written and not (written.isascii() and written.isdigit()):
        raise _wrong("the database is no number; write redis://host/0")
    return int(written or 0)


def _prefix(written: str | None) -> str:
    if written is None:
        return "directives"
    if not PREFIX.fullmatch(written):
        raise _wrong("a prefix is 1 to 64 letters, digits, and _ . : / -")
    return written


def _timeout(seconds: float) -> float:
    if not 0.001 <= seconds <= 60:
        raise _wrong("a timeout is from 1ms to 60s")
    return seconds
