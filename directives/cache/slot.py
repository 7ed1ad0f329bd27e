"""What a cached function is given for an argument that it may only pass through: markup, or a server function."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from typing import Final
from typing import NoReturn
from typing import Self

from markupsafe import Markup

from directives.cache.callsite import underline
from directives.errors import SlotError

# A control character is written another way by JSON and in URLs: a mark that ends up in those is found out.
EDGE: Final = "\x1a"
HTML: Final = "h"
TEXT: Final = "t"
PROPERTY: Final = "p"
# What templates and markup libraries ask any value for, without looking inside it.
ASKED: Final = frozenset(
    {
        "__class__",
        "__html__",
        "__html_format__",
        "__str__",
        "__repr__",
        "__format__",
        "__doc__",
        "iter_chunks",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slot stands in a call, and what marks it in texts.

    Attributes:
        function: The cached function's name.
        argument: The argument, with the path to the slot in it: ``children``, ``parts['head']``.
        index: Its number among the slots of the call.
        secret: What all marks of the call have in them, and nobody can guess.
        is_text: Whether what is passed is a text itself, as ``Markup`` is.
    """

    function: str
    argument: str
    index: int
    secret: str
    is_text: bool

    def mark(self, form: str) -> str:
        """What stands for the slot in a text.

        Args:
            form: What of the passed value is to stand there: its ``HTML``, its ``TEXT``, or the ``PROPERTY`` of an island.
        """
        return f"{EDGE}{self.secret}{self.index}{form}{EDGE}"


def place_of(slot: Slot) -> Place:
    """The place of a slot."""
    place: Place = object.__getattribute__(slot, "_place")
    return place


def _refuse(slot: Slot, tried: str) -> NoReturn:
    place = place_of(slot)
    error = SlotError(
        f"{place.function}() looks inside its argument {place.argument}: {tried}. It is passed through, and whoever "
        "shares the result passes another; what the function needs to know has to be an argument of its own"
    )
    error.add_note(underline(sys._getframe(2)))
    raise error


def _refused(tried: str) -> Any:
    def refused(self: Slot, *_: Any) -> NoReturn:
        _refuse(self, tried)

    return refused


class Slot(Markup):
    """Stands for a value that is filled in at each call.

    It is a text, so that templates, f-strings and ``str.join`` take it: a mark that is found again in the result. Looking
    inside raises ``SlotError``.

    Args:
        place: Where it stands in the call.
    """

    _place: Place

    def __new__(cls, place: Place) -> Self:
        slot = str.__new__(cls, place.mark(TEXT))
        object.__setattr__(slot, "_place", place)
        return slot

    def __getattribute__(self, name: str) -> Any:
        if name in ASKED:
            return object.__getattribute__(self, name)
        if name.startswith("__") and name.endswith("__"):
            # Libraries look for protocols: a slot has none of them.
            raise AttributeError(name)
        _refuse(self, f".{name}")

    def __html__(self) -> Markup:  # type: ignore[override]
        return Markup(place_of(self).mark(HTML))

    def __html_format__(self, spec: str) -> Markup:  # type: ignore[override]
        return self.__html__() if not spec else _refuse(self, f"format {spec!r}")

    def iter_chunks(self, context: object = None) -> Iterator[str]:
        """The markup in parts, as htpy asks for it."""
        yield self.__html__()

    def __str__(self) -> str:
        return place_of(self).mark(TEXT)

    def __format__(self, spec: str) -> str:
        return place_of(self).mark(TEXT) if not spec else _refuse(self, f"format {spec!r}")

    def __repr__(self) -> str:
        return f"<slot {place_of(self).argument}>"

    def __add__(self, other: Any) -> Markup:  # type: ignore[override]
        if not place_of(self).is_text:
            _refuse(self, "+")
        return self.__html__().__add__(other)

    def __radd__(self, other: Any) -> Markup:  # type: ignore[override]
        if not place_of(self).is_text:
            _refuse(self, "+")
        return Markup.escape(other).__add__(self.__html__())

    __bool__ = _refused("whether it is empty")
    __len__ = _refused("len()")
    __iter__ = _refused("its parts")
    __getitem__ = _refused("a part of it")
    __contains__ = _refused("what is in it")
    __eq__ = _refused("==")
    __ne__ = _refused("!=")
    __lt__ = _refused("<")
    __le__ = _refused("<=")
    __gt__ = _refused(">")
    __ge__ = _refused(">=")
    __hash__ = _refused("hash()")
    __mul__ = _refused("*")
    __rmul__ = _refused("*")
    __mod__ = _refused("%")


class FunctionSlot(Slot):
    """Stands for a server function; other slots cannot be called, as markup libraries call what can be."""

    __call__ = _refused("a call")
