"""The connections of the event loops of one process: one for each loop, and others for those who wait."""

from __future__ import annotations

import asyncio
import ssl
import time
from asyncio import get_running_loop
from collections.abc import AsyncGenerator

from directives.cache.handlers.redis.address import Node
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.breaker import Breaker
from directives.cache.handlers.redis.caller import MOVES
from directives.cache.handlers.redis.caller import Caller
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.command import Command
from directives.cache.handlers.redis.command import NoScript
from directives.cache.handlers.redis.command import Reply
from directives.cache.handlers.redis.link import Answer
from directives.cache.handlers.redis.link import Link
from directives.cache.handlers.redis.place import Place
from directives.cache.handlers.redis.replies import LostError
from directives.cache.handlers.redis.replies import RefusedError


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


class Links(Caller):
    """The connections of all loops; see ``Caller``."""

    def __init__(self, address: RedisAddress, place: Place, breaker: Breaker, clock: ServerClock) -> None:
        super().__init__(address, place, breaker, clock)
        self._loops: dict[asyncio.AbstractEventLoop, LoopLinks] = {}

    def begin(self, command: Command) -> Answer | None:
        """Send a command if nothing has to be done before. What comes of it is for ``call`` unless it is a reply."""
        links = self._loops.get(get_running_loop())
        if links is None or command.block:
            return None
        link = links.shared
        if link is not None and link.is_gathering and command.read is not None:
            return link.join(*command.read)  # all the rest was seen to in this very tick
        if self._breaker.has_failed or self._clock.is_due():
            return None
        link = self._ready(links)
        return None if link is None else link.call(command)

    async def call(self, command: Command, answer: Answer | None = None) -> Reply:
        """Send a command and wait for the reply.

        Args:
            command: The command.
            answer: What ``begin`` gave for it, if it was asked.

        Raises:
            StoreError: There is no answer in time, or it is an error.
        """
        if answer is None:
            self._breaker.check()
            answer = self.begin(command)
        links = self._loops.get(asyncio.get_running_loop()) or await self._new_loop()
        node = (answer and links.node) or self._place.node
        try:
            try:
                reply = await (answer or self._ask(links, command))
            except LostError:
                if answer is None and node == self._place.node:
                    raise
                # Closed while it was idle, as when the server restarts, or because the store has moved: only a new connection
                # can tell.
                reply = await self._ask(links, command)
            if type(reply) is RefusedError:
                reply = await self._refused(links, command, reply)
        except RefusedError as error:
            self._breaker.worked()
            raise self._place.error(command, error) from error
        except (LostError, OSError) as error:
            raise self._lost(node, command, error) from error
        self._breaker.worked()
        return reply

    def close(self) -> None:
        """Close all connections, each in its loop."""
        for loop, links in list(self._loops.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(links.close)

    def _ready(self, links: LoopLinks) -> Link | None:
        link, node = links.shared, self._place.node
        is_there = links.node is node or links.node == node
        return link if is_there and link is not None and link.is_open else None

    async def _ask(self, links: LoopLinks, command: Command) -> Reply:
        if command.block:
            return await self._block(links, command)
        link = await self._shared(links)
        if self._clock.is_due():
            await self._set_clock(link)
        return await link.call(command)

    async def _refused(self, links: LoopLinks, command: Command, error: RefusedError) -> Reply:
        """What to make of a reply that is an error."""
        for _ in range(MOVES):
            moved = error.moved(self._place.node)
            if moved is None:
                break
            self._place.move(moved)
            if links.node != moved:
                links.close()
            reply = await self._ask(links, command)
            if type(reply) is not RefusedError:
                return reply
            error = reply
        if error.is_unknown_script:
            return NoScript()
        if error.is_outage:
            raise LostError(str(error))
        raise error

    async def _new_loop(self) -> LoopLinks:
        for loop in [loop for loop in self._loops if loop.is_closed()]:
            del self._loops[loop]
        links = self._loops[asyncio.get_running_loop()] = LoopLinks()
        await links.watch()
        return links

    async def _shared(self, links: LoopLinks) -> Link:
        if (link := self._ready(links)) is not None:
            return link
        if links.opening is None:
            links.opening = asyncio.create_task(self._open_shared(links))
            links.opening.add_done_callback(_look)
        # The one who came first may be cancelled; the others still want the connection.
        return await asyncio.shield(links.opening)

    async def _open_shared(self, links: LoopLinks) -> Link:
        try:
            node = self._place.node
            if links.shared is not None:
                links.shared.close()
            links.shared, links.node = await open_link(self._address, node), node
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
        self._clock.postpone()
        sent = time.monotonic()
        reply = await link.call(Command((b"TIME",)))
        if type(reply) is not RefusedError:
            self._clock.learn(reply[0], reply[1], sent, time.monotonic())


async def open_link(address: RedisAddress, node: Node) -> Link:
    """A new connection of the running loop, signed in.

    Raises:
        OSError: There is no server, or it does not answer in time.
        LostError: It refuses, or closes the connection.
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
    if type(reply) is RefusedError:
        raise LostError(f"it refuses {command.parts[0]!r}: {reply}")


def _look(task: asyncio.Task[Link]) -> None:
    """All who waited may have been cancelled: then nobody else looks at how it ended."""
    if not task.cancelled():
        task.exception()


def _tls(address: RedisAddress) -> ssl.SSLContext:
    files = address.certificates
    context = ssl.create_default_context(cafile=files.get("ssl_ca_certs"))
    if "ssl_certfile" in files:
        context.load_cert_chain(files["ssl_certfile"], files.get("ssl_keyfile"))
    return context
