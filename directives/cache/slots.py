"""What passes through a cached function: taken out of a call's arguments, marked in its result, put in at each call.

See Next.js, "use cache: pass-through (non-serializable) arguments".
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import Final

from markupsafe import Markup

from directives.cache.keys import Parts
from directives.cache.slot import EDGE
from directives.cache.slot import HTML
from directives.cache.slot import PROPERTY
from directives.cache.slot import TEXT
from directives.cache.slot import FunctionSlot
from directives.cache.slot import Place
from directives.cache.slot import Slot
from directives.cache.slot import place_of
from directives.cache.values import is_markup
from directives.cache.values import passes_through
from directives.cache.values import take_apart
from directives.errors import DecodeError
from directives.errors import SlotError
from directives.functions.reference import ServerFunction
from directives.islands import property_of

SECRET_BYTES: Final = 16
SEEN: Final = 8  # so many characters of a secret are no accident
WHOLE: Final = "w"
MARKUP: Final = "m"

PLAIN: Final = frozenset({type(None), bool, int, float})

# A sealed result: the secret of its marks, and the result with marks in the place of slots.
Sealed = tuple[str, Any]


class Slots:
    """What passes through one call.

    Args:
        function: The cached function's name.
        names: The names of its parameters and captured variables.
        values: The values of them.
        arguments: How many of them are arguments.

    Attributes:
        values: The values, with slots in the arguments.
    """

    def __init__(self, function: str, names: Sequence[str], values: tuple[Any, ...], arguments: int) -> None:
        self._function = function
        self._secret = secrets.token_hex(SECRET_BYTES)
        self._given: list[Any] = []
        self._arguments: list[str] = []
        opened = [self._open(value, name) for name, value in zip(names, values[:arguments], strict=False)]
        self.values = (*opened, *values[arguments:])

    def _open(self, value: Any, path: str) -> Any:
        """An argument with slots in the place of what is passed through."""
        kind = type(value)
        if kind is list or kind is tuple:
            return kind(self._open(item, f"{path}[{index}]") for index, item in enumerate(value))
        if kind is dict:
            return {key: self._open(item, f"{path}[{key!r}]") for key, item in value.items()}
        if not passes_through(value):
            return value
        place = Place(self._function, path, len(self._given), self._secret, isinstance(value, str))
        self._given.append(value)
        self._arguments.append(path)
        return FunctionSlot(place) if kind is ServerFunction else Slot(place)

    def copied(self, value: Any) -> Any:
        """An argument that the caller cannot change; its containers are those that the slots were put into."""
        from directives.cache.detached import copied

        return value if type(value) in (Slot, FunctionSlot, list, tuple, dict) else copied(value)

    @staticmethod
    def take_apart(value: Any) -> Parts | None:
        """What a part of the values counts as in the key: a slot only as what it is."""
        if isinstance(value, Slot):
            return "slot", (type(value).__name__, place_of(value).is_text)
        return take_apart(value)

    def sealing(self, run: Callable[[], Any]) -> Callable[[], Sealed]:
        """What runs a function and seals its result."""
        return lambda: self.seal(run())

    def sealing_async(self, run: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Sealed]]:
        """The same for a coroutine function."""

        async def sealed() -> Sealed:
            return self.seal(await run())

        return sealed

    def seal(self, result: Any) -> Sealed:
        """A result as it can be kept for whoever shares it.

        Raises:
            SlotError: What stands for a slot was changed, so that it would not be found again.
        """
        return self._secret, self._sealed(result)

    def _sealed(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, Slot):
            return self._checked(place_of(value).mark(WHOLE))
        if kind is str:
            return self._checked(value)
        if kind is list or kind is tuple:
            return kind(self._sealed(item) for item in value)
        if kind is dict:
            return {self._sealed(key): self._sealed(item) for key, item in value.items()}
        if is_markup(value) and kind is not ServerFunction:
            return f"{EDGE}{self._secret}{MARKUP}{EDGE}{self._checked(str(value.__html__()))}"
        if kind not in PLAIN:
            self._search(value)
        return value

    def _checked(self, text: str) -> str:
        """A text in which every mark is whole."""
        self._refuse_marks(_marks(self._secret).sub("", text))
        return text

    def _search(self, value: Any) -> None:
        """See that there are no marks in what is not looked through when a result is filled."""
        from directives.cache.value import CachedValue

        self._refuse_marks(CachedValue.of(value).to_bytes().decode("latin-1"))

    def _refuse_marks(self, text: str) -> None:
        text = text.lower()
        if self._secret[:SEEN] in text or self._secret[-SEEN:] in text:
            raise SlotError(
                f"{self._function}() changes the text that stands for {' or '.join(self._arguments)} in its result, by "
                "cutting or encoding it, or by putting it into other containers than list, tuple and dict: such an "
                "argument can be part of markup and texts as it is, and no more"
            )

    def fill(self, sealed: Any) -> Any:
        """A result with what passes through this call in its place.

        Raises:
            DecodeError: It is none that ``seal`` made.
        """
        if type(sealed) is not tuple or len(sealed) != 2 or type(sealed[0]) is not str:
            raise DecodeError(f"a result of {self._function}() is kept without its slots")
        secret, value = sealed
        return self._filled(value, secret, _marks(secret))

    def _passed(self, mark: re.Match[str]) -> Any:
        """What a mark stands for in this call."""
        index = int(mark[1])
        if index >= len(self._given):
            raise DecodeError(f"a result of {self._function}() has a slot that its calls do not have")
        return self._given[index]

    def _filled(self, value: Any, secret: str, marks: re.Pattern[str]) -> Any:
        kind = type(value)
        if kind is str:
            return self._filled_text(value, secret, marks) if secret in value else value
        if kind is list or kind is tuple:
            return kind(self._filled(item, secret, marks) for item in value)
        if kind is dict:
            return {
                self._filled(key, secret, marks): self._filled(item, secret, marks)
                for key, item in value.items()
            }
        return value

    def _filled_text(self, text: str, secret: str, marks: re.Pattern[str]) -> Any:
        whole = marks.fullmatch(text)
        if whole:
            # The text of an element may be markup, as htpy's is.
            return self._passed(whole) if whole[2] == WHOLE else str(self._passed(whole))
        _, markup, rest = text.rpartition(f"{EDGE}{secret}{MARKUP}{EDGE}")
        filled = marks.sub(self._shown, rest)
        return Markup(filled) if markup else filled

    def _shown(self, mark: re.Match[str]) -> str:
        given = self._passed(mark)
        if mark[2] == PROPERTY:
            return property_of(given)
        return str(given.__html__()) if mark[2] == HTML else str(given)


def _marks(secret: str) -> re.Pattern[str]:
    """The marks with a secret in them: each gives the number of a slot, and a form."""
    return re.compile(f"{EDGE}{re.escape(secret)}([0-9]{{1,6}})([{HTML}{TEXT}{PROPERTY}{WHOLE}]){EDGE}")
