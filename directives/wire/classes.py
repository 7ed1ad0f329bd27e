"""Which classes are values, and how one that was kept is found again.

Bytes never lead to an import, and no word in them is followed: a name is a key of a table that is made here, of the
classes that loaded modules define and of those that were registered.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from collections.abc import Mapping
from types import ModuleType
from typing import Any
from typing import TypeVar

from directives.errors import DuplicateTypeError
from directives.errors import UnknownTypeError
from directives.wire.kinds import Kind
from directives.wire.kinds import kind_of
from directives.wire.kinds import name_of
from directives.wire.refused import Refused

T = TypeVar("T")

PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, dict})


class Types:
    """The classes that are values: those with a shape that says so, and those registered. Safe to use from several threads."""

    def __init__(self) -> None:
        self._by_class: Mapping[type, Kind] = {}
        self._by_name: Mapping[str, Kind] = {}
        self._lock = threading.Lock()

    def register(
        self, cls: type[T], encode: Callable[[T], Any], decode: Callable[[Any], T], name: str | None = None
    ) -> None:
        """Make a class a value; see ``directives.register_type``."""
        if not isinstance(cls, type):
            raise TypeError(f"register_type() takes a class, not {cls!r}")
        from directives.wire.leaving import LOWER

        if cls in PLAIN or cls in LOWER:
            raise DuplicateTypeError(f"{cls.__qualname__} travels by itself and cannot be registered")
        made = Kind(cls, name_of(cls) if name is None else name, encode, encode, decode)
        with self._lock:
            for known in (self._by_class.get(cls), self._by_name.get(made.name)):
                if known is not None and not _is_again(known, made):
                    raise DuplicateTypeError(
                        f"{name_of(cls)} cannot be registered as {made.name!r}: "
                        f"{name_of(known.cls)} is registered as {known.name!r} already"
                    )
            # A module that is loaded again brings a new class of the same name.
            others = {known: kind for known, kind in self._by_class.items() if kind.name != made.name}
            self._by_class = {**others, cls: made}
            self._by_name = {**self._by_name, made.name: made}

    def registered(self, cls: type) -> Kind | None:
        """The kind of a registered class, exactly; a subclass of it is not registered."""
        return self._by_class.get(cls)

    def named(self, name: str) -> Kind:
        """The kind that was registered under a name.

        Raises:
            UnknownTypeError: None was.
        """
        found = self._by_name.get(name)
        if found is None:
            raise UnknownTypeError(
                f"no class is registered as {name!r} in this process: call register_type() in a module that all import"
            )
        return found

    def kind_of(self, cls: type) -> Kind | None:
        """How values of a class are taken apart and put together; ``None`` if it has no such values.

        What is registered counts before the shape of the class. The classes of the formats' own have none.
        """
        return self._by_class.get(cls) or kind_of(cls)


def _is_again(known: Kind, made: Kind) -> bool:
    """Whether a registration is an earlier one whose module is loaded again: it brings a new class, or new functions."""
    if known.name != made.name or name_of(known.cls) != name_of(made.cls):
        return False
    return known.cls is not made.cls or _places(known) == _places(made)


def _places(kind: Kind) -> list[Any]:
    functions = (kind.plain, kind.build)
    return [getattr(each, name, each) for each in functions for name in ("__module__", "__qualname__")]


class Classes:
    """Finds classes with a shape by their names, for one message; what was found once is not looked for again."""

    def __init__(self) -> None:
        self._modules: dict[str, Mapping[str, type]] = {}

    def find(self, name: str) -> type | None:
        """The class that a loaded module defines under exactly this name."""
        module = name.partition(":")[0]
        if module not in self._modules:
            self._modules[module] = classes_in(sys.modules.get(module))
        return self._modules[module].get(name)

    def check(self, kind: Kind) -> None:
        """Raise ``Refused`` unless another process will find the class of a kind by its name."""
        if self.find(kind.name) is not kind.cls:
            raise Refused(
                "cannot be kept: its class has to stand in a module, outside of functions, under its own name, "
                "and have no __del__"
            )

    def kind(self, name: str) -> Kind:
        """The kind of the class with a name.

        Raises:
            UnknownTypeError: No loaded module has a class of that name which is a value by its shape.
        """
        cls = self.find(name)
        found = None if cls is None else kind_of(cls)
        if found is None:
            raise UnknownTypeError(f"no module that is loaded in this process has the class {name!r}")
        return found


def classes_in(module: ModuleType | None) -> Mapping[str, type]:
    """The classes that a module defines, those within classes too, by name; no object of it is asked anything."""
    found: dict[str, type] = {}
    pending: list[Any] = [module] if isinstance(module, ModuleType) else []
    while pending:
        for value in list(vars(pending.pop()).values()):
            if issubclass(type(value), type) and value.__module__ == module.__name__:  # type: ignore[union-attr]
                name = name_of(value)
                if name not in found and not hasattr(value, "__del__"):
                    found[name] = value
                    pending.append(value)
    return found
