"""Where shells are kept: in a store that all processes share, by build, generation and address.

One entry, the index, says which generation is the one in use and which pages it has. It is written last, in one piece:
a build that dies before that has changed nothing.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Final
from typing import Self

from directives.cache.entry import CacheEntry
from directives.cache.function import CachedFunction
from directives.cache.life import CacheLife
from directives.cache.scope import DEFAULT
from directives.cache.value import CachedValue
from directives.compiler.model import FunctionRecord
from directives.errors import DecodeError
from directives.shell.page import Shell
from directives.shell.stamps import Stamps
from directives.shell.target import Target

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.runtime import Runtime

CONTEXT: Final = "directives 2026-11-22 key of a static shell"
EVER: Final = CacheLife(0, math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Index:
    """Which pages have a shell.

    Attributes:
        generation: The name of the build's run that made them; part of their keys.
        targets: They, by the place that each is found by.
    """

    generation: str
    targets: Mapping[str, Target]

    @classmethod
    def of(cls, targets: Iterable[Target]) -> Self:
        """The index of a new generation."""
        return cls(secrets.token_hex(8), {target.place: target for target in targets})

    def to_bytes(self) -> bytes:
        """The index in the trusted codec."""
        from directives.wire.trusted import dumps

        pages = [[target.path, target.host, target.scheme] for target in self.targets.values()]
        return dumps([self.generation, pages])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The index that ``to_bytes`` wrote.

        Raises:
            DecodeError: These bytes are none of this version.
        """
        from directives.wire.trusted import loads

        match loads(data):
            case [str(generation), [*pages]]:
                targets = [Target(path, host, scheme) for path, host, scheme in pages]
                return cls(generation, {target.place: target for target in targets})
        raise DecodeError("the bytes are no index of shells of this version")


class Shelf:
    """The shells of one build in their store.

    Args:
        runtime: Says which store, by which secret keys they are stamped, and which build it is.

    Attributes:
        cached: Stands for the rendering of a page, as if it were a function that is cached.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.caches: Caches = runtime.caches
        name = runtime.settings.prerender_store
        directive = "use cache" if name == DEFAULT else f"use cache: {name}"
        record = FunctionRecord("directives.shell", "directives.shell", "page", directive, "", 0, 0)
        # Not registered: the statistics are of the user's functions.
        self.cached = CachedFunction(self.caches, record, Shell)
        self._build = self.caches.build().encode()
        self._secret_keys = runtime.secret_keys
        self.index_key = self._key()

    @cached_property
    def _stamps(self) -> Stamps:
        # A process that finds no shells asks for no key: where there is none, that makes one.
        return Stamps(self._secret_keys())

    def key(self, index: Index, target: Target) -> bytes:
        """What the entry of a page is found by."""
        return self._key(index.generation, target.place)

    def _key(self, *parts: str) -> bytes:
        from blake3 import blake3

        hasher = blake3(self._build, derive_key_context=CONTEXT)
        for part in parts:
            data = part.encode("utf-8", "surrogateescape")
            hasher.update(b"%d:" % len(data)).update(data)
        return hasher.digest()

    def index_in(self, entry: CacheEntry) -> Index:
        """The index in an entry.

        Raises:
            DecodeError: Somebody else put it there.
        """
        return Index.from_bytes(self._stamps.take(entry.value.copy(), self.index_key))

    def shell_in(self, entry: CacheEntry, key: bytes) -> Shell:
        """The shell in an entry.

        Raises:
            DecodeError: Somebody else put it there.
        """
        return Shell.from_bytes(self._stamps.take(entry.value.copy(), key))

    def stamped(self, shell: Shell, key: bytes) -> bytes:
        """A shell as the value of an entry."""
        return self._stamps.put(shell.to_bytes(), key)

    def current(self) -> Index | None:
        """The index in use.

        Raises:
            StoreError: The store does not answer; a store of the user's own may raise anything.
        """
        found = self.cached.handler.get(self.index_key)
        try:
            return None if found is None else self.index_in(found.entry)
        except DecodeError:
            return None

    def replace(self, entries: Mapping[Target, CacheEntry]) -> None:
        """Put new shells in the place of all there are.

        Args:
            entries: The page of each target, its value not yet stamped.

        Raises:
            StoreError: The store does not answer; the old shells stay.
        """
        handler = self.cached.handler
        before, index = self.current(), Index.of(entries)
        for target, entry in entries.items():
            handler.set(self.key(index, target), self._stamped_entry(entry, self.key(index, target)))
        value = CachedValue.of(self._stamps.put(index.to_bytes(), self.index_key))
        handler.set(self.index_key, CacheEntry(value, handler.now(), EVER))
        for target in before.targets.values() if before is not None else ():
            assert before is not None
            handler.delete(self.key(before, target))

    def _stamped_entry(self, entry: CacheEntry, key: bytes) -> CacheEntry:
        value = CachedValue.of(self._stamps.put(entry.value.copy(), key))
        return CacheEntry(value, entry.created, entry.life, entry.tags)
