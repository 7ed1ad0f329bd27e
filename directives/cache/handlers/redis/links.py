"""The connections of the event loops of one process: one for each loop, and others for those who wait."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from typing import Final

import hiredis

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.breaker import Breaker
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.link import Link
from directives.cache.handlers.redis.link import LostError
from directives.cache.handlers.redis.operations import Command
from directives.cache.handlers.redis.operations import NoScript
from directives.cache.handlers.redis.operations import Reply
from directives.cache.handlers.redis.place import Place
from directives.errors import StoreError

MOVES: Final = 3


class LoopLinks:
    """The connections of one loop; closed with it."""

    def __init__(self) -> None:
        self.shared: Link | None = None
        self.node: Node | None = None
        self.opening: asyncio.Task[Link] | None = None
        self.idle: list[Link] = []
        self._keeper = self._close_with_loop()

    async def watch(self) -> None:
        """From now on the end of the loop closes the connections."""
        await anext(self._keeper)

    async def _close_with_loop(self) -> AsyncGenerator[None, None]:
        # asyncio.run closes what asynchronous generators are still suspended before it closes the loop: the one
        # notice of its end that a loop gives.
        try:
            yield
        finally:
            self.close()
            await asyncio.sleep(0)  # the transports close their sockets in the next tick

    def close(self) -> None:
        """Close all of them."""
        for link in (*self.idle, *([self.shared] if self.shared else ())):
            link.close()
        self.idle.clear()
        self.shared = None


class Links:
    """The connections of all loops.

    Args:
        address: Where to, and how to sign in.
        place: Which server.
        breaker: What to ask before, and to tell afterwards.
        clock: What to set by the server's.
    """

    def __init__(self, address: RedisAddress, place: Place, breaker: Breaker, clock: ServerClock) -> None:
        self._address = address
        self._place = place
        self._breaker = breaker
        self._clock = clock
        self._loops: dict[asyncio.AbstractEventLoop, LoopLinks] = {}

    async def call(self, command: Command) -> Reply:
        """Send a command and wait for the reply.

        Raises:
            StoreError: There is no answer in time, or it is an error.
        """
        self._breaker.check()
        try:
            reply = await self._ask(command)
        except (LostError, OSError) as error:
            self._place.give_up(self._place.node)
            self._breaker.failed()
            message = f"the Redis at {self._place.node} did not do {command.parts[0]!r}: {error}"
            raise StoreError(message) from error
        self._breaker.worked()
        if isinstance(reply, hiredis.ReplyError):
            if str(reply).startswith("NOSCRIPT"):
                return NoScript()
            raise StoreError(f"the Redis at {self._place.node} did not do {command.parts[0]!r}: {reply}")
        return reply

    def close(self) -> None:
        """Close all connections, each in its loop."""
        for loop, links in list(self._loops.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(links.close)

    async def _ask(self, command: Command) -> Reply:
        links = self._loops.get(asyncio.get_running_loop()) or await self._new_loop()
        reply: Reply = None
        for _ in range(MOVES):
            reply = await (self._block(links, command) if command.block else self._ask_here(links, command))
            if not (isinstance(reply, hiredis.ReplyError) and str(reply).startswith("MOVED ")):
                break
            host, _, port = str(reply).split()[2].rpartition(":")
            self._place.move(host, int(port), self._place.node)
            links.close()
        return reply

    async def _new_loop(self) -> LoopLinks:
        for loop in [loop for loop in self._loops if loop.is_closed()]:
            del self._loops[loop]
        links = self._loops[asyncio.get_running_loop()] = LoopLinks()
        await links.watch()
        return links

    async def _ask_here(self, links: LoopLinks, command: Command) -> Reply:
        link = links.shared
        if link is not None and link.is_open and links.node == self._place.node:
            try:
                if self._clock.is_due():
                    await self._set_clock(link)
                return await link.call(command)
            except LostError:  # closed while it was idle, as when the server restarts: only a new one can tell
                pass
        link = await self._shared(links)
        return await link.call(command)

    async def _shared(self, links: LoopLinks) -> Link:
        if links.shared is not None and links.shared.is_open and links.node == self._place.node:
            return links.shared
        if links.opening is None:
            links.opening = asyncio.create_task(self._open_shared(links))
        # The one who came first may be cancelled; the others still want the connection.
        return await asyncio.shield(links.opening)

    async def _open_shared(self, links: LoopLinks) -> Link:
        try:
            node = self._place.node
            if links.shared is not None:
                links.shared.close()
            links.shared, links.node = await open_link(self._address, node), node
            if self._clock.is_due():
                await self._set_clock(links.shared)
            return links.shared
        finally:
            links.opening = None

    async def _block(self, links: LoopLinks, command: Command) -> Reply:
        """A command that makes its connection wait has one of its own."""
        while links.idle and not links.idle[-1].is_open:
            links.idle.pop()
        link = links.idle.pop() if links.idle else await open_link(self._address, self._place.node)
        try:
            reply = await link.call(command)
        except BaseException:  # the server may still be waiting with it
            link.close()
            raise
        links.idle.append(link)
        return reply

    async def _set_clock(self, link: Link) -> None:
        sent = time.monotonic()
        reply = await link.call(Command((b"TIME",)))
        if not isinstance(reply, hiredis.ReplyError):
            self._clock.learn(reply[0], reply[1], sent, time.monotonic())


async def open_link(address: RedisAddress, node: Node) -> Link:
    """A new connection of the running loop, signed in.

    Raises:
        OSError: There is no server, it does not answer in time, or it refuses (``StoreError``).
        LostError: It closes the connection.
    """
    loop = asyncio.get_running_loop()

    def make() -> Link:
        return Link(loop, address.timeout)

    async with asyncio.timeout(address.timeout):
        if node.path:
            _, link = await loop.create_unix_connection(make, node.path)
        else:
            context = _tls(address) if address.tls else None
            _, link = await loop.create_connection(make, node.host, node.port, ssl=context)
    try:
        await _sign_in(link, address)
    except BaseException:
        link.close()
        raise
    return link


async def _sign_in(link: Link, address: RedisAddress) -> None:
    if address.password:
        names = (address.username.encode(),) if address.username else ()
        await _expect_ok(link, Command((b"AUTH", *names, address.password.encode())))
    if address.db:
        await _expect_ok(link, Command((b"SELECT", address.db)))


async def _expect_ok(link: Link, command: Command) -> None:
    reply = await link.call(command)
    if isinstance(reply, hiredis.ReplyError):
        raise StoreError(f"it refuses {command.parts[0]!r}: {reply}")


def _tls(address: RedisAddress) -> ssl.SSLContext:
    files = address.certificates
    context = ssl.create_default_context(cafile=files.get("ssl_ca_certs"))
    if "ssl_certfile" in files:
        context.load_cert_chain(files["ssl_certfile"], files.get("ssl_keyfile"))
    return context
