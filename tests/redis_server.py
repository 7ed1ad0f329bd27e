"""A Redis server of the tests' own, with nothing in it and nothing kept when it ends."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from typing import Self

PROGRAMS = ("redis-server", "valkey-server")


class RedisServer:
    """A server on a free port and on a Unix socket.

    Args:
        options: More of the command line, as ``("--requirepass", "secret")``.
        cluster: Whether it is one of a cluster, with no slots yet.
    """

    def __init__(self, *options: str, cluster: bool = False) -> None:
        found = [path for name in PROGRAMS if (path := shutil.which(name))]
        assert found, "no redis-server on this machine: install it (Debian: apt install redis-server)"
        self._program = found[0]
        self.bus = free_port()
        self._options = (*options, *(_cluster_options(self.bus) if cluster else ()))
        self._folder = tempfile.TemporaryDirectory(prefix="redis-")
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = Path(self._folder.name) / "redis.sock"
        self.port = free_port()

    @property
    def unix(self) -> str:
        """Its address by the socket."""
        return f"unix://{self.socket}"

    @property
    def tcp(self) -> str:
        """Its address by the port."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start it, on the same port and socket each time; returns when it answers."""
        settings = ["--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", str(self.socket)]
        kept = [
            "--dir",
            self._folder.name,
            "--save",
            "",
            "--appendonly",
            "no",
            "--enable-debug-command",
            "yes",
        ]
        command = [self._program, *settings, *kept, *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError("the redis-server did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def close(self) -> None:
        """End it, and remove its folder."""
        self.stop()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"*1\r\n$4\r\nPING\r\n")
                return bool(connection.recv(64))
        except OSError:
            return False


def _cluster_options(bus: int) -> tuple[str, ...]:
    return ("--cluster-enabled", "yes", "--cluster-port", str(bus))


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def raw(server: RedisServer) -> Iterator[Any]:
    """redis-py's own client."""
    from redis import Redis

    with Redis.from_url(server.unix) as client:
        yield client


def ask(server: RedisServer, *command: Any) -> Any:
    """One command to the server."""
    with raw(server) as client:
        return client.execute_command(*command)


def wait_for_cluster(*servers: RedisServer) -> None:
    """Return when all say that all slots are served."""
    deadline = time.monotonic() + 60
    while not all(b"cluster_state:ok" in ask(server, "CLUSTER", "INFO") for server in servers):
        assert time.monotonic() < deadline, "the cluster did not come up"
        time.sleep(0.05)
