"""The wrapper of a cached function: from a call to the entry that answers it."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable
from datetime import date
from functools import cache
from functools import partial
from functools import update_wrapper
from sys import getsizeof
from types import CellType
from types import CodeType
from types import FunctionType
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.kept import Kept
from directives.cache.kept import Table
from directives.cache.kept import never
from directives.cache.keys import PassedThrough
from directives.cache.keys import TakeApart
from directives.cache.keys import Unkeyable
from directives.cache.keys import make_key
from directives.cache.scope import current_scope
from directives.cache.templates import FILENAME
from directives.cache.templates import FUNCTION
from directives.cache.templates import Shape
from directives.cache.templates import shape_of
from directives.cache.templates import wrapper_code
from directives.cache.values import class_argument
from directives.cache.values import take_argument
from directives.errors import DecodeError

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.function import CachedFunction
    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.history import Called
    from directives.cache.scope import Scope
    from directives.cache.slots import Slots
    from directives.cache.value import CachedValue

PROBED: Final = frozenset({type(None), bool, int, str, date})  # equal and of one of these types: the same
SHORT: Final = 512  # bytes that the values of a call may take to be kept as they are

Values = tuple[Any, ...]
Run = Callable[[], Any]
Later = Callable[[], Run]


class CachedCalls:
    """The calls of one cached function, whichever of its closures they go to.

    The values of a call are its arguments in the order of the function's parameters, then its captured variables.

    Args:
        cached: What the cache knows of the function.
        code: The function's code.

    Attributes:
        shape: The shape of the function's parameters.
        names: The names of its values.
        captured: Those of them that are captured variables.
    """

    def __init__(self, cached: CachedFunction, code: CodeType) -> None:
        self.cached = cached
        self.captured = captured_by(cached, code)
        self.shape: Shape = shape_of(code, len(self.captured))
        self._arguments = self.shape.arguments
        self._is_plain = self.shape.is_plain
        self._is_direct = self._is_plain and not self.captured
        self._is_probed = self.shape.is_probed
        # Only the class that a class method is called on, `**kwargs` and captured code count otherwise than they stand.
        self._is_counted = bool(self.captured) or self.shape.varkw or "." in cached.record.qualname
        self.names = code.co_varnames[: self._arguments] + self.captured
        self._code = wrapper_code(code, self.captured)
        self._table = Table()
        cached.counters.elsewhere = self._table.hits
        self._namespace: dict[str, Any] = {
            "calls_": self,
            "table_": self._table.entries,
            "never_": never(len(self.names)),
            "type_": type,
            "monotonic_": cached.caches.clock.monotonic,
            "scope_": current_scope,
            "serves_": self.serves,
            "missed_": self.missed_async if self.shape.is_awaited else self.missed,
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

    def missed(self, function: Callable[..., Any], values: Values) -> Any:
        """The result of a call that was not found by its arguments, as the caller's own."""
        slots: Slots | None = None
        try:
            key = self.key(values)
        except PassedThrough:
            key, values, slots = self.opened(values)
        shortcut = self.cached.shortcut
        found: CachedValue | Kept | None = None
        if shortcut is None:
            self.announce(key, values)
        elif (kept := shortcut.memory.kept.get(key)) is not None:
            found = self.find(shortcut.memory, kept, values)
        elif slots is None:
            called, arguments = (function, values) if self._is_direct else self.call(function, values)
            found = shortcut.fill(key, called, arguments)
            if found is not None and found.copied is None:
                return found.shared
        if found is None:
            run, later = self.ways(function, values, slots)
            entry: CacheEntry = fills().get_or_fill(self.cached, key, run, later)
            found = entry.value
        try:
            return own(found, slots)
        except DecodeError as error:
            # What sits in a shared store is not trusted: a result that is none is computed again.
            self.cached.store.discard(key, error)
            run, later = self.ways(function, values, slots)
            return own(fills().get_or_fill(self.cached, key, run, later).value, slots)

    async def missed_async(self, function: Callable[..., Any], values: Values) -> Any:
        """See ``missed``."""
        slots: Slots | None = None
        try:
            key = self.key(values)
        except PassedThrough:
            key, values, slots = self.opened(values)
        shortcut = self.cached.shortcut
        found: CachedValue | Kept | None = None
        if shortcut is None:
            self.announce(key, values)
        elif (kept := shortcut.memory.kept.get(key)) is not None:
            found = self.find(shortcut.memory, kept, values)
        elif slots is None:
            called, arguments = (function, values) if self._is_direct else self.call(function, values)
            begun = begins()(shortcut, key, called, arguments)
            found = begun if begun is None or isinstance(begun, Kept) else await begun
            if isinstance(found, Kept) and found.copied is None:
                return found.shared
        if found is None:
            run, later = self.ways(function, values, slots)
            entry: CacheEntry = await fills().aget_or_fill(self.cached, key, run, later)
            found = entry.value
        try:
            return own(found, slots)
        except DecodeError as error:
            # What sits in a shared store is not trusted: a result that is none is computed again.
            self.cached.store.discard(key, error)
            run, later = self.ways(function, values, slots)
            return own((await fills().aget_or_fill(self.cached, key, run, later)).value, slots)

    def opened(self, values: Values) -> tuple[bytes, Values, Slots]:
        """The key of a call through which something passes, the values to run it with, and what passes through."""
        from directives.cache.slots import Slots

        slots = Slots(self.cached.name, self.names, values, self.shape.arguments)
        return self.key(slots.values, slots.take_apart), slots.values, slots

    def ways(self, function: Callable[..., Any], values: Values, slots: Slots | None) -> tuple[Run, Later]:
        """What runs a call now, and what makes such a thing for later."""
        run = self.runner(function, values)
        if slots is None:
            return run, partial(self.detach, function, values)
        sealing = slots.sealing_async if self.shape.is_awaited else slots.sealing
        return sealing(run), lambda: sealing(self.detach(function, values, slots.copied))

    def detach(self, function: Any, values: Values, copy: Callable[[Any], Any] | None = None) -> Run:
        """What runs a call later, when its caller may have changed what it passed."""
        from directives.cache.detached import copied
        from directives.cache.detached import detached

        arguments, captured = values[: self._arguments], values[self._arguments :]
        then = detached(function, dict(zip(self.captured, captured, strict=True)))
        return self.runner(then, tuple(map(copy or copied, arguments)))

    def runner(self, function: Callable[..., Any], values: Values) -> Run:
        """Calls the function itself; the items of a generator are collected."""
        called, arguments = self.call(function, values)
        return partial(called, *arguments)

    def call(self, function: Callable[..., Any], values: Values) -> tuple[Callable[..., Any], Values]:
        """What to call for the result, and with which arguments; see ``runner``."""
        shape = self.shape
        if self._is_plain:
            return function, values[: self._arguments] if self.captured else values
        arguments = values[: self._arguments]
        count = shape.positional + shape.keyword_only
        named = dict(zip(self.names[shape.positional : count], arguments[shape.positional :], strict=False))
        extra = arguments[count] if shape.varargs else ()
        if shape.varkw:
            named |= arguments[-1]
        call = partial(function, *arguments[: shape.positional], *extra, **named)
        if shape.flavor == "generator":
            return lambda: list(call()), ()
        return (_collect, (call,)) if shape.flavor == "async generator" else (call, ())

    def key(self, values: Values, take: TakeApart = take_argument) -> bytes:
        """The key of a call.

        Args:
            values: Its arguments and captured values.
            take: Takes apart what is neither plain nor a container.

        Raises:
            PassedThrough: ``take`` says so of an argument.
            CacheKeyError: One of its values cannot be part of a key; names it, and underlines it at the call.
        """
        try:
            return make_key(
                self.cached.key_prefix, self.counted(values) if self._is_counted else values, take
            )
        except Unkeyable as unkeyable:
            from directives.cache.refusal import refuse

            raise refuse(self, values, unkeyable) from None

    def counted(self, values: Values) -> Values:
        """The values as they count in a key, where that is not as they stand."""
        if values and isinstance(values[0], type):
            called_on = class_argument(values[0], self.cached.record.qualname)
            values = (called_on or values[0], *values[1:])
        shape = self.shape
        if shape.varkw:
            # The order in which keywords are written makes no other call.
            last = shape.arguments - 1
            values = (*values[:last], dict(sorted(values[last].items())), *values[last + 1 :])
        if self.captured:
            from directives.cache.captured import counted

            version_of, count = self.cached.caches.version_of_captured, shape.arguments
            values = (*values[:count], *(counted(each, version_of) for each in values[count:]))
        return values

    def called(self, key: bytes, values: Values) -> Called:
        """A call, described for people."""
        from directives.cache.history import called

        return called(self.cached, key, self.names, self.counted(values))

    def announce(self, key: bytes, values: Values) -> None:
        """Tell whoever watches the cache which call the next hit or miss of a key is of."""
        trace = self.cached.caches.watch.trace
        if trace is not None:
            trace.call(self.called(key, values))

    def find(self, memory: MemoryHandler, kept: Kept, values: Values) -> Kept | None:
        """An entry in memory, if it is fresh; from now on it is found by the values of its calls.

        Many a result is never asked for again: only one that is gets its place in the table.
        """
        cached = self.cached
        if cached.caches.clock.monotonic() >= kept.deadline:
            return None
        scope = current_scope()
        if scope is not None and not self.serves(scope, kept):
            return None
        if kept.table is None:
            self.link(memory, kept, values)
        if kept.table is None:
            cached.counters.hits += 1
        kept.hits += 1.0
        return kept

    def serves(self, scope: Scope, kept: Kept) -> bool:
        """Whether an entry answers a call in a scope, which then takes note of it."""
        cached = self.cached
        scope.admit(cached)
        memory = cached.memory
        if memory is None or scope.fresh or memory.is_marked(scope.soft_tags, kept.created):
            return False
        scope.note(kept.life, kept.tags, kept.created)
        return True

    def link(self, memory: MemoryHandler, kept: Kept, values: Values) -> None:
        """Let the next such call find its entry by its values, if they are few, short and plain."""
        if self._is_probed and all(map(is_told_by_equality, values)):
            size = sum(map(getsizeof, values))
            if size <= SHORT:
                memory.link(kept, self._table, values, size)


@cache
def fills() -> ModuleType:
    """What finds or computes an entry: imported when first needed, and once, for that takes part of a miss's time."""
    from directives.cache import fill

    return fill


def is_told_by_equality(value: Any) -> bool:
    """Whether whatever equals a value and is of its very type is the same: of floats, zero has two signs."""
    kind = type(value)
    return kind in PROBED or (kind is float and value != 0.0)


@cache
def begins() -> Callable[..., Kept | Awaitable[CachedValue] | None]:
    """See ``fills``; asyncio is large."""
    from directives.cache.shortcut_async import begin_short

    return begin_short


def own(found: CachedValue | Kept, slots: Slots | None) -> Any:
    """A result as the caller's own, with what passes through its call."""
    result = found.copy()
    return result if slots is None else slots.fill(result)


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
    fixed = {"__class__", FUNCTION, *(c.name for c in cached.record.captures if not c.travels)}
    return tuple(name for name in code.co_freevars if name not in fixed)


async def _collect(call: Callable[[], Any]) -> list[Any]:
    return [item async for item in call()]
