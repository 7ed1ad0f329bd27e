"""The decorator that stands for ``'use cache'`` where no import hook reaches: a prompt, ``__main__``, ``exec``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any
from typing import ParamSpec
from typing import TypeVar
from typing import overload

from directives.cache.declare import cache_life
from directives.cache.declare import cache_tag
from directives.cache.declare import check_tag
from directives.cache.life import CacheLife
from directives.cache.process import current_caches
from directives.cache.scope import DEFAULT
from directives.cache.wrapper import CachedCalls
from directives.cache.wrapper import Values
from directives.compiler.model import Directive
from directives.compiler.model import Kind
from directives.errors import DecoratorError
from directives.functions.live import check_decorated
from directives.functions.live import live_record

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.cache.function import CachedFunction

P = ParamSpec("P")
R = TypeVar("R")

NAME = "use_cache"


@overload
def use_cache(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def use_cache(
    *, life: str | CacheLife | None = None, tags: Sequence[str] = (), store: str = DEFAULT
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def use_cache(
    function: Callable[..., Any] | None = None,
    /,
    *,
    life: str | CacheLife | None = None,
    tags: Sequence[str] = (),
    store: str = DEFAULT,
) -> Any:
    """Make a cached function, as ``'use cache'`` does at the beginning of its body.

    For code that the import hook does not see: at a prompt, in a notebook, in ``__main__`` or ``exec``. Write it below all
    other decorators, so that a hit skips none of them.

    See Next.js, "use cache".

    Args:
        function: The function, where the decorator is written without brackets.
        life: The name of a profile, or a life: what ``cache_life`` takes; the function may say more itself.
        tags: Labels, as for ``cache_tag``.
        store: The name of its store, as after ``use cache:``.

    Returns:
        A function of the same signature.

    Raises:
        DecoratorError: It cannot be cached; says why, and what to write.
        ValueError: There is no such profile; a label is empty, too long, or one too many.
        TypeError: ``life`` is no life; a label is no text.
    """
    caches = current_caches()
    declared = Declared(life, (tags,) if isinstance(tags, str) else tuple(tags))
    declared.check(caches)
    directive = _directive(store, caches)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        plain = check_decorated(function, NAME, directive)
        if hasattr(plain, "__wrapped__"):
            raise DecoratorError(
                f"@{NAME} stands above another decorator of {plain.__qualname__}, which a hit would skip: write it below, "
                "next to the function"
            )
        return calls_for(plain, directive, declared, caches).wrap(plain)

    return decorate if function is None else decorate(function)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the decorator says of every result.

    Attributes:
        life: How long it lives, if that is said.
        tags: Its labels.
    """

    life: str | CacheLife | None
    tags: tuple[str, ...]

    def check(self, caches: Caches) -> None:
        """Raise for what ``cache_life`` or ``cache_tag`` would refuse."""
        for tag in self.tags:
            check_tag(tag)
        if isinstance(self.life, str):
            caches.profile(self.life)
        elif self.life is not None and type(self.life) is not CacheLife:
            raise TypeError(
                f"life is the name of a profile or a CacheLife, not {type(self.life).__qualname__}"
            )

    def say(self) -> None:
        """Say it, in the scope of a result that is being computed."""
        if self.life is not None:
            cache_life(self.life)
        cache_tag(*self.tags)


class DeclaredCalls(CachedCalls):
    """The calls of a function that a decorator made a cached one.

    Args:
        cached: What the cache knows of the function.
        function: The function.
        declared: What the decorator says of its results.
    """

    def __init__(self, cached: CachedFunction, function: FunctionType, declared: Declared) -> None:
        super().__init__(cached, function.__code__)
        self._made_for = function.__code__, function.__globals__, declared, cached.record.directive
        self._declared = declared
        self._is_direct = False

    def are_for(self, function: FunctionType, directive: str, declared: Declared) -> bool:
        """Whether it is the same code in the same module, as of a function defined in one called again, decorated alike."""
        code, namespace, before, text = self._made_for
        same_code = function.__code__ is code and function.__globals__ is namespace
        return same_code and declared == before and directive == text

    def call(self, function: Callable[..., Any], values: Values) -> tuple[Callable[..., Any], Values]:
        """See ``CachedCalls.call``; what the decorator says is said first."""
        called, arguments = super().call(function, values)

        def say_and_call(*arguments: Any) -> Any:
            self._declared.say()
            return called(*arguments)

        return say_and_call, arguments


def calls_for(function: FunctionType, directive: str, declared: Declared, caches: Caches) -> CachedCalls:
    """What answers the calls of a function: one for all closures of the same code."""
    record = live_record(function, directive)
    known = caches.decorated.get(record.id)
    if isinstance(known, DeclaredCalls) and known.are_for(function, directive, declared):
        return known
    calls = DeclaredCalls(caches.register(record, function), function, declared)
    caches.decorated[record.id] = calls
    return calls


def _directive(store: str, caches: Caches) -> str:
    """The text of the directive that the decorator stands for.

    Raises:
        DecoratorError: There is no such store; names a close one.
    """
    from directives.compiler.model import CompilerSettings

    stores = sorted(CompilerSettings().stores | caches.settings.cache_handlers.keys())
    if store not in stores:
        close = get_close_matches(str(store), stores, 1)
        hint = f"did you mean {close[0]!r}?" if close else "the setting cache_handlers adds one"
        raise DecoratorError(f"@{NAME} names a store {store!r}, which there is not; {hint}")
    return Directive(Kind.CACHE, store).text
