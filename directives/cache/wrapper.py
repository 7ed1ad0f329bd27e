"""The wrapper of a cached function: from a call to the entry that answers it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from functools import update_wrapper
from types import CellType
from types import CodeType
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.keys import PREFIX
from directives.cache.keys import Unkeyable
from directives.cache.keys import make_key
from directives.cache.scope import current_scope
from directives.cache.templates import FILENAME
from directives.cache.templates import FUNCTION
from directives.cache.templates import Shape
from directives.cache.templates import shape_of
from directives.cache.templates import wrapper_code
from directives.errors import DecodeError

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.function import CachedFunction
    from directives.cache.handlers.memory import Kept
    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.handlers.memory import Table
    from directives.cache.scope import Scope

PROBED: Final = frozenset({type(None), bool, int, str})  # equal and of one of these types: the same
SHORT: Final = 64  # characters or bits of an argument that a table may hold

Values = tuple[Any, ...]
Run = Callable[[], Any]
Later = Callable[[], Run]


class CachedCalls:
    """The calls of one cached function, whichever of its closures they go to.

    Args:
        cached: What the cache knows of the function.
        code: The function's code.
    """

    def __init__(self, cached: CachedFunction, code: CodeType) -> None:
        self.cached = cached
        self.captured = captured_by(cached, code)
        self.shape: Shape = shape_of(code, len(self.captured))
        self.names = code.co_varnames
        self.table: Table = {}
        self._code = wrapper_code(code, self.captured)
        self._kinds: dict[Any, Any] = {}
        self._prefixed: tuple[bytes, bytes] = (b"", b"")
        clock = cached.caches.clock
        awaited = self.shape.flavor in ("coroutine", "async generator")
        self._namespace: dict[str, Any] = {
            "calls_": self,
            "table_": self.table,
            "monotonic_": clock.monotonic,
            "scope_": current_scope.get,
            "counters_": cached.counters,
            "serves_": self.serves,
            "missed_": self.missed_async if awaited else self.missed,
        }

    @property
    def is_method(self) -> bool:
        """Whether its first argument is the object or class that it is called on."""
        return self.names[:1] in (("self",), ("cls",)) and "." in self.cached.record.qualname

    def wrap(self, function: Callable[..., Any]) -> FunctionType:
        """What stands in the function's place: with its signature, its defaults and its captured variables."""
        code = self._code
        held = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        cells = (held[name] if name in held else CellType(function) for name in code.co_freevars)
        wrapper = FunctionType(code, self._namespace, code.co_name, function.__defaults__, tuple(cells))
        wrapper.__kwdefaults__ = function.__kwdefaults__
        update_wrapper(wrapper, function)
        return wrapper

    def missed(self, function: Callable[..., Any], values: Values, captured: Values) -> Any:
        """The result of a call that was not found by its arguments, as the caller's own."""
        from directives.cache.fill import get_or_fill

        key = self.key(values, captured)
        entry = self.find(key, values, captured)
        if entry is None:
            run, later = self.ways(function, values, captured)
            entry = get_or_fill(self.cached, key, run, later)
            self.link(key, values, captured)
        try:
            return entry.value.copy()
        except DecodeError as error:
            # What sits in a shared store is not trusted: a result that is none is computed again.
            self.cached.store.discard(key, error)
            return (get_or_fill(self.cached, key, *self.ways(function, values, captured))).value.copy()

    async def missed_async(self, function: Callable[..., Any], values: Values, captured: Values) -> Any:
        """See ``missed``."""
        from directives.cache.fill import aget_or_fill

        key = self.key(values, captured)
        entry = self.find(key, values, captured)
        if entry is None:
            run, later = self.ways(function, values, captured)
            entry = await aget_or_fill(self.cached, key, run, later)
            self.link(key, values, captured)
        try:
            return entry.value.copy()
        except DecodeError as error:
            # What sits in a shared store is not trusted: a result that is none is computed again.
            self.cached.store.discard(key, error)
            return (await aget_or_fill(self.cached, key, *self.ways(function, values, captured))).value.copy()

    def ways(self, function: Callable[..., Any], values: Values, captured: Values) -> tuple[Run, Later]:
        """What runs a call now, and what makes such a thing for later."""
        return partial(self.run, function, values), partial(self.detach, function, values, captured)

    def detach(self, function: Any, values: Values, captured: Values) -> Run:
        """What runs a call later, when its caller may have changed what it passed."""
        from directives.cache.detached import copied
        from directives.cache.detached import detached

        then = detached(function, dict(zip(self.captured, captured, strict=True)))
        return partial(self.run, then, tuple(map(copied, values)))

    def run(self, function: Callable[..., Any], values: Values) -> Any:
        """Call the function itself; the items of a generator are collected."""
        shape = self.shape
        count = shape.positional + shape.keyword_only
        named = dict(zip(self.names[shape.positional : count], values[shape.positional : count], strict=True))
        extra = values[count] if shape.varargs else ()
        if shape.varkw:
            named |= values[-1]
        result = function(*values[: shape.positional], *extra, **named)
        if shape.flavor == "generator":
            return list(result)
        return _collect(result) if shape.flavor == "async generator" else result

    def key(self, values: Values, captured: Values) -> bytes:
        """The key of a call.

        Raises:
            CacheKeyError: An argument or a captured value cannot be part of one; names it, and underlines it at the call.
        """
        from directives.cache.values import ClassArgument
        from directives.cache.values import take_apart

        if values and isinstance(values[0], type):
            called_on = ClassArgument.of(values[0], self.cached.record.qualname)
            values = (called_on or values[0], *values[1:])
        if self.shape.varkw:
            # The order in which keywords are written makes no other call.
            values = (*values[:-1], dict(sorted(values[-1].items())))
        try:
            return make_key(self._prefix(), (values, captured), take_apart)
        except Unkeyable as unkeyable:
            from directives.cache.refusal import refuse

            raise refuse(self, values, captured, unkeyable) from None

    def _prefix(self) -> bytes:
        """What stands for the function and its version; made again when the settings have changed."""
        whole = self.cached.key_prefix
        made_of, prefix = self._prefixed
        if made_of is not whole:
            from blake3 import blake3

            prefix = blake3(whole).digest(PREFIX)
            self._prefixed = whole, prefix
        return prefix

    def memory(self) -> MemoryHandler | None:
        """The store, if it is the one in memory and no call is to be logged."""
        from directives.cache.handlers.memory import MemoryHandler

        cached = self.cached
        if cached.is_private or cached.caches.is_debugged:
            return None
        handler = cached.handler
        return handler if type(handler) is MemoryHandler else None

    def find(self, key: bytes, values: Values, captured: Values) -> CacheEntry | None:
        """The fresh entry of a call in memory."""
        memory = self.memory()
        kept = None if memory is None else memory.kept(key)
        if kept is None or self.cached.caches.clock.monotonic() >= kept.deadline:
            return None
        entry = kept.entry
        scope = current_scope.get()
        if scope is not None and not self.serves(scope, kept):
            return None
        self.cached.counters.hits += 1
        kept.used = True
        return entry

    def serves(self, scope: Scope, kept: Kept) -> bool:
        """Whether an entry answers a call in a scope, which then takes note of it."""
        scope.admit(self.cached)
        entry = kept.entry
        memory = self.memory()
        if memory is None or memory.is_marked(scope.soft_tags, entry.created):
            return False
        scope.note(entry.life, entry.tags)
        return True

    def link(self, key: bytes, values: Values, captured: Values) -> None:
        """Let the next such call find its entry by its arguments, if they are few, short and plain."""
        if not self.shape.is_probed:
            return
        place = values + captured
        kinds = tuple(map(type, place))
        memory = self.memory()
        if memory is None or not PROBED.issuperset(kinds) or not all(map(_is_short, place)):
            return
        if len(place) == 1:
            memory.link(key, self.table, place[0], kinds[0])
        else:
            memory.link(key, self.table, place, self._kinds.setdefault(kinds, kinds))


def calls_of(function: FunctionType) -> CachedCalls | None:
    """What answers the calls of a wrapper; ``None`` if a function is none."""
    if function.__code__.co_filename != FILENAME:
        return None
    calls: CachedCalls = function.__globals__["calls_"]
    return calls


def captured_by(cached: CachedFunction, code: CodeType) -> tuple[str, ...]:
    """The captured variables whose values enter the key: not what is imported, nor the function itself."""
    if not code.co_freevars:
        return ()
    fixed = {c.name for c in cached.record.captures if c.module is not None or c.itself} | {
        "__class__",
        FUNCTION,
    }
    return tuple(name for name in code.co_freevars if name not in fixed)


def _is_short(value: Any) -> bool:
    if type(value) is str:
        return len(value) <= SHORT
    return value is None or value.bit_length() <= SHORT


async def _collect(items: Any) -> list[Any]:
    return [item async for item in items]
