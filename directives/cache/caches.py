"""The caches of a process: its stores, profiles, clock and cached functions."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from functools import partial
from random import random
from types import CodeType
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.background import Background
from directives.cache.clock import Clock
from directives.cache.clock import SystemClock
from directives.cache.function import CachedFunction
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from directives.cache.news import News
from directives.cache.scope import DEFAULT
from directives.cache.statistics import FunctionStatistics
from directives.cache.statistics import snapshot
from directives.cache.watch import Watch
from directives.errors import SettingsError
from directives.setting_values import FALSE_WORDS
from directives.settings import DEBUG_CACHE

if TYPE_CHECKING:
    from directives.cache.handler import CacheHandler
    from directives.cache.store import Store
    from directives.cache.versions import Versions
    from directives.cache.wrapper import CachedCalls
    from directives.compiler.model import FunctionRecord
    from directives.settings import Settings

Surround = Callable[[], AbstractContextManager[object]]

MEMORY: Final = "memory://"
REMOTE_FILE: Final = ".directives/cache.db"
FROM_SETTINGS: Final = ("fill_timeout", "early_refresh", "profiles", "watch", "_versions")
ADDRESSES: Final[Mapping[str, str]] = {DEFAULT: MEMORY, "remote": f"sqlite:///{REMOTE_FILE}"}


class Caches:
    """The caches of a process.

    Args:
        settings: Gives the settings in force.
        clock: Tells the time.

    Attributes:
        clock: The clock.
        functions: The cached functions registered so far, by ID.
        background: Where results are computed that nobody waits for.
        news: Tells of marked tags.
        decorated: What answers the calls of functions that ``use_cache`` decorates, by ID.
    """

    def __init__(self, settings: Callable[[], Settings], clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.functions: dict[str, CachedFunction] = {}
        self.background = Background()
        self.news = News(self.reachable_stores)
        self.surroundings: tuple[Surround, ...] = ()
        self.decorated: dict[str, CachedCalls] = {}
        self._settings = settings
        self._lock = threading.RLock()
        self._stores: dict[str, Store] = {}

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings()

    @cached_property
    def fill_timeout(self) -> float:
        """How many seconds a cached function may take."""
        return self.settings.cache_fill_timeout

    @cached_property
    def early_refresh(self) -> float:
        """By which share of its ``revalidate`` a result may be refreshed early, at most."""
        return self.settings.cache_early_refresh

    def surround(self, make: Surround) -> None:
        """Have every computation that is kept run inside something of the caller's framework.

        The computation runs in a context of its own, without anything of the request. What it needs nevertheless, such as the
        application that a database belongs to, is entered there.

        Args:
            make: Called where the cached function is called; gives what is entered, at most once, where it is computed.
        """
        with self._lock:
            self.surroundings = (*self.surroundings, make)

    def reset(self) -> None:
        """Take notice that the settings have changed: stores are closed, and opened again when they are needed."""
        with self._lock:
            stores, self._stores = self._stores, {}
            for name in FROM_SETTINGS:
                vars(self).pop(name, None)
            for function in self.functions.values():
                function.forget()
        self.news.forget_stores()
        for store in stores.values():
            store.handler.close()

    def register(self, record: FunctionRecord, function: Callable[..., Any]) -> CachedFunction:
        """Make a cached function; it replaces one that its module registered before it was loaded again."""
        cached = self.functions[record.id] = CachedFunction(self, record, function)
        return cached

    def store(self, name: str) -> Store:
        """The store of a name, opened when it is first asked for.

        Raises:
            SettingsError: No setting says where it is, or not in a way that can be opened.
        """
        store = self._stores.get(name)
        if store is None:
            from directives.cache.store import Store

            with self._lock:
                store = self._stores.get(name)
                if store is None:
                    store = self._stores[name] = Store(name, self._open(name), self.clock)
        return store

    def use(self, name: str, handler: CacheHandler) -> None:
        """Put a handler in a store's place until the settings change: what a test does."""
        from directives.cache.store import Store

        with self._lock:
            replaced = self._stores.get(name)
            self._stores[name] = Store(name, handler, self.clock)
            for function in self.functions.values():
                function.forget()
        if replaced is not None:
            replaced.handler.close()

    def reachable_stores(self) -> list[Store]:
        """Every store that may hold a result, in whatever process it was computed."""
        names = self._there()
        names |= {function.kind for function in self.functions.values() if not function.is_private}
        return [self.store(name) for name in sorted(names)]

    def is_there(self, name: str) -> bool:
        """Whether the store of a name may hold something already; nothing is opened or made by asking."""
        return name in self._there()

    def _there(self) -> set[str]:
        names = {DEFAULT, *self.settings.cache_handlers, *self._stores}
        path = self.settings.root / REMOTE_FILE
        if path.exists():
            names.add("remote")
        return names

    def _open(self, name: str) -> CacheHandler:
        settings = self.settings
        address = settings.cache_handlers.get(name) or ADDRESSES.get(name)
        if address is None:
            raise SettingsError(
                "cache_handlers",
                f"nothing says where the store {name!r} is: add it to the setting cache_handlers, as in "
                f'{{"{name}": "sqlite:///.directives/{name}.db"}}',
            )
        if address == MEMORY:
            from directives.cache.handlers.memory import MemoryHandler

            return MemoryHandler(settings.cache_max_memory_size, self.clock)
        from directives.cache.handlers import open_handler
        from directives.secret_keys import load_secret_keys

        return open_handler(address, settings.root, partial(load_secret_keys, settings))

    def watched_by(self, watch: Watch) -> None:
        """Have somebody told of every hit and miss until the settings change: what a test does."""
        with self._lock:
            self.watch = watch
            for function in self.functions.values():
                function.forget()

    @cached_property
    def profiles(self) -> Mapping[str, CacheLife]:
        """The lives that have a name: the built-in ones and those of the settings.

        Raises:
            SettingsError: One of the settings makes no life.
        """
        given = self.settings.cache_life
        default = _life("default", given.get(DEFAULT, {}), PROFILES[DEFAULT])
        return {**PROFILES, **{name: _life(name, spans, default) for name, spans in given.items()}}

    def profile(self, name: str) -> CacheLife:
        """The life that a name stands for.

        Raises:
            ValueError: There is no such profile; names a close one.
        """
        life = self.profiles.get(name)
        if life is None:
            from difflib import get_close_matches

            close = get_close_matches(name, list(self.profiles), 1)
            hint = f"did you mean {close[0]!r}?" if close else "the setting cache_life adds one"
            raise ValueError(f"there is no cache life named {name!r}; {hint}")
        return life

    def spread(self, life: CacheLife) -> CacheLife:
        """The life of a new entry: refreshed so much earlier that entries made together are not refreshed together."""
        if not self.early_refresh:
            return life
        return replace(life, revalidate=life.revalidate * (1 - self.early_refresh * random()))

    def version_of(self, record: FunctionRecord, code: CodeType) -> str:
        """What results of a function depend on besides the function and its arguments: see ``Versions``."""
        return self._versions.of(record, code)

    def version_of_captured(self, value: FunctionType | type) -> str:
        """What tells the code of a captured function or class from other code: see ``Versions``."""
        return self._versions.of_captured(value)

    def build(self) -> str:
        """The name of this build: see ``Versions``."""
        return self._versions.build

    @cached_property
    def _versions(self) -> Versions:
        from directives.cache.versions import Versions

        return Versions(self.settings)

    def statistics(self) -> list[FunctionStatistics]:
        """What has happened to each cached function in this process so far, by name."""
        from directives.cache.handlers.memory import MemoryHandler
        from directives.cache.keys import OWNER
        from directives.cache.keys import owner_of

        handlers = {name: store.handler for name, store in self._stores.copy().items()}
        sizes = {
            name: handler.sizes(OWNER) for name, handler in handlers.items() if type(handler) is MemoryHandler
        }
        functions = sorted(self.functions.values(), key=lambda function: function.name)
        return [
            snapshot(
                each.name,
                each.record.directive,
                each.counters,
                sizes.get(each.kind, {}).get(owner_of(each.id)),
            )
            for each in functions
        ]

    @property
    def is_debugged(self) -> bool:
        """Whether every call is watched, so that none may be answered past ``get_or_fill``."""
        return self.watch.trace is not None

    @cached_property
    def watch(self) -> Watch:
        """What is told of every hit and miss, while developing."""
        logged = os.environ.get(DEBUG_CACHE, "").lower() not in FALSE_WORDS
        return Watch.of(self.settings.debug, logged, self.settings.root)


def _life(name: str, spans: Mapping[str, float], default: CacheLife) -> CacheLife:
    expire = spans.get("expire", default.expire)
    revalidate = spans.get("revalidate", min(default.revalidate, expire))
    try:
        return CacheLife(spans.get("stale", default.stale), revalidate, expire)
    except ValueError as error:
        raise SettingsError("cache_life", f"setting 'cache_life', profile {name!r}: {error}") from None
