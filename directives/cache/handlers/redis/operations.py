"""What a store does, as conversations with Redis: generators that yield commands and are sent the replies.

They do no I/O: the handler for threads and the one for event loops carry the same conversations.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handler import HandlerStats
from directives.cache.handler import Size
from directives.cache.handlers.decoded import Decoded
from directives.cache.handlers.decoded import DecodedEntry
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.command import Command
from directives.cache.handlers.redis.command import NoScript
from directives.cache.handlers.redis.command import Reply
from directives.cache.handlers.redis.command import Talk
from directives.cache.handlers.redis.layout import NO_TIMES
from directives.cache.handlers.redis.layout import Known
from directives.cache.handlers.redis.layout import Layout
from directives.cache.handlers.redis.layout import Sealed
from directives.cache.handlers.redis.layout import new_seal
from directives.cache.handlers.redis.layout import pack_mark
from directives.cache.handlers.redis.layout import read_marks
from directives.cache.handlers.redis.layout import seals_of
from directives.cache.handlers.redis.near import Kept
from directives.cache.handlers.redis.near import Near
from directives.cache.handlers.redis.scripts import ACQUIRE
from directives.cache.handlers.redis.scripts import EXTEND
from directives.cache.handlers.redis.scripts import HOLDER
from directives.cache.handlers.redis.scripts import MARK
from directives.cache.handlers.redis.scripts import RELEASE
from directives.cache.handlers.redis.scripts import SET
from directives.cache.handlers.redis.scripts import Script
from directives.cache.value import CachedValue
from directives.errors import DecodeError
from directives.errors import EncodeError

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
LONGEST: Final = 30 * DAY  # an entry that never expires is kept this long: nothing stays for ever
BELL: Final = 10_000
MOST_REMEMBERED: Final = 16_384
DECODED: Final = 8 << 20  # bytes of entries that are decoded once, where none are kept near
BATCH: Final = 1_000
SAMPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Last:
    """What was read under a key the last time.

    Attributes:
        command: How to ask for it again with its tags' marks in the same trip.
        head: What the entry begins with.
        known: The entry.
        marks: The marks of its tags, as they were read.
        times: What they say.
    """

    command: Command
    head: bytes
    known: Known
    marks: list[bytes | None]
    times: list[TagMark]


class Operations:
    """The conversations of one process with one store.

    Args:
        layout: Names and bytes.
        clock: The server's.
        near: Entries that are kept here too, if any are.
        listen: Is called before a read that is to be kept: sees to it that changes are told.
    """

    def __init__(
        self,
        layout: Layout,
        clock: ServerClock,
        near: Near | None = None,
        listen: Callable[[], None] = lambda: None,
    ) -> None:
        self._layout = layout
        self._clock = clock
        self._near = near
        self._listen = listen
        self._last: OrderedDict[bytes, Last] = OrderedDict()
        self._decoded = Decoded(DECODED if near is None else 0)
        self._begun: dict[bytes, bytes] = {}
        self.damaged = 0

    def get(self, key: bytes, soft_tags: Sequence[str]) -> Talk[Found | None]:
        """See ``CacheHandler.get``: no trip for what is near; else one if the entry's tags are as before, or two."""
        near = self._near
        return self._read(key, soft_tags) if near is None else self._read_near(near, key, soft_tags)

    def _read_near(self, near: Near, key: bytes, soft_tags: Sequence[str]) -> Talk[Found | None]:
        asked = tuple(soft_tags)
        found = near.get(key, asked)
        if found is None:
            self._listen()
            ticket = near.ticket()
            found = yield from self._read(key, asked)
            if found is not None:
                found = self._keep_near(near, key, asked, found, ticket)
        return found

    def _keep_near(
        self, near: Near, key: bytes, soft_tags: tuple[str, ...], found: Found, ticket: int
    ) -> Found:
        """Keep what was read, decoded now so that its hits need not."""
        entry = found.entry
        try:
            value = CachedValue.of(entry.value.copy())
        except (DecodeError, EncodeError):  # whoever asks for it will see
            return found
        names = (self._layout.entry(key), *self._layout.marks_of((*entry.tags, *soft_tags)))
        live = Found(entry._replace(value=value), found.marks)
        near.put(key, Kept(live, soft_tags, names, value.size()), ticket)
        return live

    def last(self, key: bytes) -> Last | None:
        """What was read under a key the last time, if that can be asked for again."""
        return None if self._near is not None else self._last.get(key)

    def again(self, key: bytes, last: Last, soft_tags: Sequence[str]) -> Command:
        """What asks for the same once more, and for the marks of soft tags."""
        return self._reading(key, (*last.known.tags, *soft_tags)) if soft_tags else last.command

    def _read(self, key: bytes, soft_tags: Sequence[str]) -> Talk[Found | None]:
        last = self._last.get(key)
        command = self._reading(key, soft_tags) if last is None else self.again(key, last, soft_tags)
        data, marks = yield command
        found = None if last is None else self.unchanged(key, last, data, marks)
        return found or (yield from self.changed(key, soft_tags, last, data, marks))

    def unchanged(
        self, key: bytes, last: Last, data: bytes | None, marks: list[bytes | None]
    ) -> Found | None:
        """What was found under a key, if that was found before and all that was read is as it was then."""
        if data is None or not data.startswith(last.head):
            return None
        found = self._decoded.found(key, last, ())
        if found is None or marks == last.marks:
            return found
        count = len(last.marks)
        return _marked_too(found, marks[count:]) if marks[:count] == last.marks else None

    def changed(
        self,
        key: bytes,
        soft_tags: Sequence[str],
        last: Last | None,
        data: bytes | None,
        marks: list[bytes | None],
    ) -> Talk[Found | None]:
        """What is found under a key.

        Args:
            key: The key.
            soft_tags: What else was asked for.
            last: What was read the last time.
            data: What was read of the entry.
            marks: What was read of the marks of its tags, as far as they were known, and of the soft tags.
        """
        if data is None:
            return None
        sealed = self._opened(key, data, None if last is None else last.known)
        if sealed is None:
            self.damaged += 1
            yield from self.delete(key)
            return None
        known = sealed.known
        if known.tags != (() if last is None else last.known.tags):
            marks = yield from self._read_marks((*known.tags, *soft_tags))
        count = len(known.tags)
        own = marks[:count]
        if last is None or known is not last.known or own != last.marks:
            last = self._learnt(key, known, own)
        if last is None:
            return None
        found = Found(sealed.entry, last.times)
        kept = self._decoded.find(key)
        if kept is not None and kept.live:
            kept.keep(found, last, ())
        return _marked_too(found, marks[count:])

    def _read_marks(self, tags: tuple[str, ...]) -> Talk[list[bytes | None]]:
        if not tags:
            return []
        names = self._layout.marks_of(tags)
        first, others = yield Command.reading(names[0], names[1:])
        return [first, *others]

    def _learnt(self, key: bytes, known: Known, marks: list[bytes | None]) -> Last | None:
        """Remember what was read; ``None`` if a mark is not the one that the entry was sealed with."""
        times = read_marks(marks)
        if times is None or seals_of(marks) != known.seals:
            return None
        last = self._last[key] = Last(self._reading(key, known.tags), known.head, known, marks, times)
        if len(self._last) > MOST_REMEMBERED:
            self._last.popitem(last=False)
        return last

    def _opened(self, key: bytes, data: bytes, known: Known | None) -> Sealed | None:
        """The entry in some bytes; under the checksum of the last time it is the same one, and not decoded again."""
        kept = self._decoded.find(key)
        if kept is not None:
            if known is not None and known.head == kept.seal and data.startswith(kept.seal):
                return Sealed(kept.entry, known) if kept.live else self._enlivened(key, kept, known)
            self._decoded.drop(key, kept)
        sealed = self._layout.open(key, data, known)
        if sealed is not None:
            self._decoded.add(key, sealed.known.head, sealed.entry, len(data))
        return sealed

    def _enlivened(self, key: bytes, kept: DecodedEntry, known: Known) -> Sealed | None:
        try:
            return Sealed(self._decoded.enliven(key, kept), known)
        except DecodeError:
            self._decoded.drop(key, kept)
            return None

    def _reading(self, key: bytes, tags: Sequence[str]) -> Command:
        return Command.reading(self._layout.entry(key), self._layout.marks_of(tuple(tags)))

    def set(self, key: bytes, entry: CacheEntry) -> Talk[None]:
        """See ``CacheHandler.set``; the entry is gone from Redis when it has expired.

        What was computed while the store was emptied is not kept: an invalidation of it may have been lost with the rest.
        """
        layout = self._layout
        age = max(0.0, self._clock.now() - entry.created)
        left = min(entry.life.expire * 1000, LONGEST) - age * 1000
        if left < 1:
            yield from self.delete(key)
            return
        head, tail = layout.envelope(key, entry)
        keep = max(DAY, 2 * left)
        names = [layout.beginning, layout.entry(key), *layout.marks_of(entry.tags)]
        seen = self._begun.get(key, b"")
        yield from _run(SET, names, new_seal(), NO_TIMES, head, tail, int(left), int(keep), seen)
        self._drop([layout.entry(key)])

    def _drop(self, names: Sequence[bytes]) -> None:
        """What this process changes it need not be told."""
        if self._near is not None:
            self._near.drop(names)

    def mark_tags(self, tags: Sequence[str], mark: TagMark) -> Talk[None]:
        """See ``CacheHandler.mark_tags``; a mark is kept for longer than any entry that it may concern."""
        if tags:
            names = list(self._layout.marks_of(tuple(tags)))
            yield from _run(MARK, names, new_seal(), pack_mark(mark), LONGEST + DAY)
            self._drop(names)

    def delete(self, key: bytes) -> Talk[None]:
        """See ``CacheHandler.delete``."""
        name = self._layout.entry(key)
        yield Command((b"UNLINK", name))
        self._drop([name])

    def clear(self) -> Talk[None]:
        """See ``CacheHandler.clear``."""
        self._last.clear()
        self._decoded.clear()
        names = yield from self._names(self._layout.root)
        for start in range(0, len(names), BATCH):
            yield Command((b"UNLINK", *names[start : start + BATCH]))
        self._drop(names)

    def stats(self, errors: int) -> Talk[HandlerStats]:
        """See ``CacheHandler.stats``: entries are counted, their size is estimated from some of them."""
        names = yield from self._names(self._layout.entries)
        size = yield from self._size(names)
        info = yield Command((b"INFO", b"stats"))
        return HandlerStats(len(names), size, _evicted(info), errors + self.damaged)

    def sizes(self, length: int) -> Talk[dict[bytes, Size]]:
        """See ``TellsSizes``: sizes are estimated as for ``stats``."""
        start = len(self._layout.entries)
        owned: dict[bytes, list[bytes]] = {}
        for name in (yield from self._names(self._layout.entries)):
            owned.setdefault(name[start : start + length], []).append(name)
        sizes = {}
        for owner, names in owned.items():
            sizes[owner] = Size(len(names), (yield from self._size(names)))
        return sizes

    def _size(self, names: Sequence[bytes]) -> Talk[int]:
        """How many bytes some entries take, estimated from a few of them."""
        sample, size = names[:SAMPLE], 0
        for name in sample:
            size += (yield Command((b"MEMORY", b"USAGE", name))) or 0
        return size * len(names) // max(1, len(sample))

    def _names(self, root: bytes) -> Talk[list[bytes]]:
        found: set[bytes] = set()
        cursor = b"0"
        while True:
            cursor, names = yield Command((b"SCAN", cursor, b"MATCH", root + b"*", b"COUNT", BATCH))
            found.update(names)
            if cursor == b"0":
                return list(found)

    def acquire(self, key: bytes, seconds: float) -> Talk[str | None]:
        """See ``SharedCacheHandler.acquire``."""
        token = secrets.token_hex(16)
        names = [self._layout.beginning, self._layout.lease(key)]
        lasts = token.encode(), _milliseconds(seconds)
        beginning = yield from _run(ACQUIRE, names, new_seal(), LONGEST, *lasts)
        if beginning is None:
            return None
        self._begun[key] = beginning
        return token

    def extend(self, key: bytes, token: str, seconds: float) -> Talk[bool]:
        """See ``SharedCacheHandler.extend``."""
        held = yield from _run(EXTEND, [self._layout.lease(key)], token.encode(), _milliseconds(seconds))
        return bool(held)

    def release(self, key: bytes, token: str) -> Talk[None]:
        """See ``SharedCacheHandler.release``: all who wait hear the bell of this lease."""
        self._begun.pop(key, None)
        written = token.encode()
        yield from _run(RELEASE, [self._layout.lease(key), self._layout.bell(written)], written, BELL)

    def wait(self, key: bytes, seconds: float) -> Talk[None]:
        """See ``SharedCacheHandler.wait``."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            token, remaining = yield from _run(HOLDER, [self._layout.lease(key)])
            if token is None:
                return
            pause = max(0.01, min(left, remaining / 1000) if remaining > 0 else left)
            bell = self._layout.bell(token)
            # The bell goes from the list's end to its start and so stays there for all others who wait.
            if (yield Command((b"BRPOPLPUSH", bell, bell, b"%.3f" % pause), pause)) is not None:
                return


def _marked_too(found: Found, marks: list[bytes | None]) -> Found | None:
    """What was found, with the marks of soft tags; ``None`` if one of them is damaged."""
    times = read_marks(marks) if marks else []
    if times is None:
        return None
    return Found(found.entry, [*found.marks, *times]) if times else found


def _run(script: Script, keys: list[bytes], *arguments: bytes | int) -> Talk[Reply]:
    parts = (len(keys), *keys, *arguments)
    reply = yield Command((b"EVALSHA", script.sha, *parts))
    if type(reply) is NoScript:
        reply = yield Command((b"EVAL", script.source, *parts))
    return reply


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _evicted(info: bytes) -> int:
    for line in info.splitlines():
        if line.startswith(b"evicted_keys:"):
            return int(line.partition(b":")[2])
    return 0
