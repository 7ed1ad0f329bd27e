"""Values whose changes are shown: whatever was rendered with one is rendered again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Generic
from typing import TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class State(Generic[T]):
    """A value that components show; see ``state``."""

    def __init__(self, value: T) -> None:
        self._value = value
        self._readers: list[Callable[[], None]] = []

    @property
    def value(self) -> T:
        """The value. Assigning another one renders again what has read it while it was rendered."""
        reader = rendering.reader
        if reader is not None and reader not in self._readers:
            self._readers.append(reader)
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        if value is not self._value:
            self._value = value
            self.changed()

    def changed(self) -> None:
        """Say that the value was changed in place, as by ``append``."""
        readers, self._readers = self._readers, []
        for reader in readers:
            reader()

    def __repr__(self) -> str:
        return "state(" + repr(self._value) + ")"


class Rendering:
    """What is being rendered: one thing at a time, for nothing waits while it renders.

    Attributes:
        reader: Renders it again, later.
    """

    def __init__(self) -> None:
        self.reader: Callable[[], None] | None = None


rendering = Rendering()


def state(value: T) -> State[T]:
    """Make a value whose changes are shown.

    Written ``count = state(0)``, and in a handler ``count.value += 1``.

    One made in a component is that island's own; one made at the top of a module is shared by all islands on the page that
    run on the same Python.

    Args:
        value: What it is at first.
    """
    return State(value)
