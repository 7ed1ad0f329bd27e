"""A connection for one thread at a time: redis-py's, with errors of our own."""

from __future__ import annotations

from typing import Any

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.command import Reply
from directives.cache.handlers.redis.replies import UNAVAILABLE
from directives.cache.handlers.redis.replies import LostError
from directives.cache.handlers.redis.replies import RefusedError


class Connection:
    """A connection, made and signed in.

    Args:
        address: How to sign in.
        node: Where to.

    Raises:
        LostError: There is no server, or it refuses.
        TimeoutError: It does not answer in time.
    """

    def __init__(self, address: RedisAddress, node: Node) -> None:
        from redis import exceptions  # an extra; heavy too

        self._errors: Any = exceptions
        self._timeout = address.timeout
        self._connection: Any = _made(address, node)
        self.node = node
        self._guarded(self._connection.connect)

    def ask(self, *parts: bytes | int, block: float = 0.0) -> Reply:
        """Send a command and wait for the reply.

        Args:
            parts: The command.
            block: How long the server may wait before it answers, in seconds.

        Raises:
            RefusedError: The reply is an error.
            LostError: The connection is gone.
            TimeoutError: There is no reply in time.
        """
        return self._guarded(self._ask, parts, block)

    def hear(self, seconds: float) -> Reply:
        """What the server says next by itself; ``None`` if nothing comes in time.

        Args:
            seconds: How long to wait.

        Raises:
            LostError: The connection is gone.
        """
        return self._guarded(self._hear, seconds)

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()

    def _ask(self, parts: tuple[bytes | int, ...], block: float) -> Reply:
        connection = self._connection
        connection.send_packed_command(connection.pack_command(*parts), check_health=False)
        if block and not connection.can_read(block + self._timeout):
            raise TimeoutError(f"no answer within {block + self._timeout:.2f} s")
        return connection.read_response()

    def _hear(self, seconds: float) -> Reply:
        return self._connection.read_response() if self._connection.can_read(seconds) else None

    def _guarded(self, work: Any, *arguments: Any) -> Reply:
        errors = self._errors
        try:
            return work(*arguments)
        except errors.MovedError as error:
            raise RefusedError(f"MOVED {error.slot_id} {error.host}:{error.port}") from error
        except errors.NoScriptError as error:
            raise RefusedError("NOSCRIPT") from error
        except (errors.ClusterDownError, errors.ReadOnlyError) as error:
            raise RefusedError(f"{UNAVAILABLE} {error}") from error
        except errors.ResponseError as error:
            raise RefusedError(str(error)) from error
        except errors.TimeoutError as error:
            raise TimeoutError(str(error)) from error
        except (errors.RedisError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise LostError(str(error)) from error


def _made(address: RedisAddress, node: Node) -> Any:
    from redis import connection
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    kinds: Any = connection
    options: dict[str, Any] = {
        "db": address.db,
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": address.timeout,
        "socket_connect_timeout": address.timeout,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if node.path:
        return kinds.UnixDomainSocketConnection(path=node.path, **options)
    options.update(host=node.host, port=node.port)
    if address.tls:
        return kinds.SSLConnection(ssl_check_hostname=True, **address.certificates, **options)
    return kinds.Connection(**options)
