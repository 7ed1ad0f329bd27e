"""``typing.TypedDict`` on Pythons whose own pydantic does not take: each as the equal one of typing_extensions.

Before 3.12 a class made by ``typing.TypedDict`` does not remember its bases, which pydantic wants to know.
"""

from __future__ import annotations

import sys
import types
from functools import reduce
from operator import or_
from typing import Any
from typing import NotRequired
from typing import Required
from typing import Union
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import is_typeddict

NEEDED = sys.version_info < (3, 12)


def understood(annotation: Any) -> Any:
    """An annotation in which every ``TypedDict`` is one that pydantic takes.

    One that stands in a field of a dataclass or a model is not changed.
    """
    return Replacement().of(annotation) if NEEDED else annotation


class Replacement:
    """Replaces each class once, so that one that refers to itself does so again."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}

    def of(self, annotation: Any) -> Any:
        """The same annotation in replaced classes."""
        if is_typeddict(annotation) and type(annotation).__module__ == "typing":
            return self._typed_dict(annotation)
        if type(annotation) is list:
            return [self.of(item) for item in annotation]
        metadata = hasattr(annotation, "__metadata__")
        arguments = get_args(annotation)[:1] if metadata else get_args(annotation)
        replaced = tuple(map(self.of, arguments))
        if all(old is new for old, new in zip(arguments, replaced, strict=True)):
            return annotation
        if get_origin(annotation) in (Union, types.UnionType):
            return reduce(or_, replaced)
        if hasattr(annotation, "copy_with"):
            return annotation.copy_with(replaced)
        return get_origin(annotation)[replaced]

    def _typed_dict(self, cls: Any) -> Any:
        import typing_extensions

        if cls not in self._made:
            make: Any = typing_extensions.TypedDict
            hints = get_type_hints(cls, include_extras=True)
            marks = {name: self._mark(cls, name, hint) for name, hint in hints.items()}
            made = self._made[cls] = make(cls.__name__, {name: mark[Any] for name, mark in marks.items()})
            made.__module__ = cls.__module__
            # Only now, because a field may be of the class itself.
            for name, hint in hints.items():
                inner = get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint
                made.__annotations__[name] = marks[name][self.of(inner)]
        return self._made[cls]

    def _mark(self, cls: Any, name: str, hint: Any) -> Any:
        if get_origin(hint) in (Required, NotRequired):
            return get_origin(hint)
        return Required if name in cls.__required_keys__ else NotRequired
