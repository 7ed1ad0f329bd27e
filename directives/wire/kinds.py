"""Kinds: how the values of a user's class are taken apart, and put together again.

Dataclasses, pydantic models, named tuples and enums are values by their shape. Each has two forms: a plain one for
whoever is called over the network, and one that holds everything, for what we keep ourselves. Putting together sets
what was kept and runs no constructor and no validator.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import MISSING
from dataclasses import Field
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import is_dataclass
from enum import Enum
from enum import Flag
from functools import cached_property
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from directives.errors import UnknownTypeError
from directives.wire.refused import Refused

if TYPE_CHECKING:
    from pydantic import BaseModel

# An instance of a class that inherits from one of these is more than its attributes.
OTHER_LAYOUTS = (BaseException, bytes, dict, float, frozenset, int, list, set, str, tuple)


def _nothing(value: Any) -> Iterator[Any]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Kind:
    """How the values of one class are taken apart and put together again.

    Attributes:
        cls: The class, exactly; a subclass of it is a class of its own.
        name: What the class is called in what is kept.
        plain: A value to what stands for it on the network: a map, a list or a plain value.
        state: A value to all that makes it what it is; two values that differ have different ones.
        build: What ``state`` gave to an equal value. Raises ``UnknownTypeError`` if the class has changed too much.
        hidden: A value to the parts of it that ``plain`` gives copies of.
    """

    cls: type
    name: str
    plain: Callable[[Any], Any]
    state: Callable[[Any], Any]
    build: Callable[[Any], Any]
    hidden: Callable[[Any], Iterator[Any]] = _nothing


@lru_cache(maxsize=1024)
def kind_of(cls: type) -> Kind | None:
    """The kind of a class that is a value by its shape; ``None`` for any other class."""
    if issubclass(cls, Enum):
        return _enum(cls)
    if issubclass(cls, tuple):
        return _named_tuple(cls) if hasattr(cls, "_fields") else None
    if issubclass(cls, str):
        return _markup(cls) if hasattr(cls, "__html__") else None
    model = getattr(sys.modules.get("pydantic.main"), "BaseModel", None)
    if model is not None and issubclass(cls, model):
        return _model(cast("type[BaseModel]", cls))
    if is_dataclass(cls) and not issubclass(cls, OTHER_LAYOUTS):
        return _dataclass(cls)
    return None


def name_of(cls: type) -> str:
    """Where a class is defined: ``shop.models:Order``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def _enum(cls: type[Enum]) -> Kind:
    def build(state: Any) -> Enum:
        if type(state) is int and issubclass(cls, Flag):
            return cls(state)
        member = cls.__members__.get(state) if type(state) is str else None
        return _changed(cls, "that member") if member is None else member

    # A flag can be several members at once, and then has no name of its own.
    def state(value: Enum) -> Any:
        return value.value if issubclass(cls, Flag) else value.name

    return Kind(cls, name_of(cls), lambda value: value.value, state, build)


def _named_tuple(cls: type[tuple[Any, ...]]) -> Kind:
    size = len(cls._fields)  # type: ignore[attr-defined]

    def build(state: Any) -> tuple[Any, ...]:
        if type(state) is not list or len(state) != size:
            _changed(cls, f"{size} items")
        return tuple.__new__(cls, state)

    return Kind(cls, name_of(cls), tuple, list, build)


def _markup(cls: type[str]) -> Kind:
    def plain(value: str) -> Any:
        raise Refused("is no argument, because it is markup: pass its text, `str(...)`")

    def build(state: Any) -> str:
        return str.__new__(cls, state)

    return Kind(cls, name_of(cls), plain, str.__str__, build)


def _dataclass(cls: type) -> Kind:
    own: tuple[Field[Any], ...] = fields(cls)
    names = tuple(field.name for field in own)
    computed = frozenset(_cached_properties(cls)).union(names)

    def plain(value: Any) -> dict[str, Any]:
        return {name: getattr(value, name) for name in names if hasattr(value, name)}

    def state(value: Any) -> Any:
        others = getattr(value, "__dict__", {}).items()
        return [plain(value), {name: part for name, part in others if name not in computed}]

    def build(state: Any) -> Any:
        held, others = state
        made: Any = object.__new__(cls)
        for field in own:
            value = held[field.name] if field.name in held else _default(cls, field)
            if value is not MISSING:
                object.__setattr__(made, field.name, value)
        if others:
            made.__dict__.update(others)
        return made

    return Kind(cls, name_of(cls), plain, state, build)


def _cached_properties(cls: type) -> Iterator[str]:
    for base in cls.__mro__:
        yield from (name for name, value in vars(base).items() if isinstance(value, cached_property))


def _default(cls: type, field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    if field.default is MISSING and field.init:
        _changed(cls, repr(field.name))
    return field.default


def _model(cls: type[BaseModel]) -> Kind:
    def plain(value: BaseModel) -> Any:
        try:
            return value.model_dump(warnings=False)
        except Exception as error:  # whatever a serializer of the model's own raises
            raise Refused(f"cannot be dumped by its model: {type(error).__name__}") from error

    # `model_dump` makes copies of what nests, but has the words of the model about what stays behind.
    def hidden(value: BaseModel) -> Iterator[Any]:
        own = cls.model_fields
        yield from (part for name, part in vars(value).items() if name in own and not own[name].exclude)
        yield from (value.__pydantic_extra__ or {}).values()

    def state(value: BaseModel) -> Any:
        held = {name: part for name, part in vars(value).items() if name in cls.model_fields}
        return [held, value.__pydantic_extra__, sorted(value.model_fields_set), value.__pydantic_private__]

    def build(state: Any) -> BaseModel:
        held, extra, given, private = state
        made: BaseModel = object.__new__(cls)
        # What pydantic's own copying and pickling set.
        object.__setattr__(made, "__dict__", _model_values(cls, held))
        object.__setattr__(made, "__pydantic_extra__", extra)
        object.__setattr__(made, "__pydantic_fields_set__", set(given))
        object.__setattr__(made, "__pydantic_private__", private)
        return made

    return Kind(cls, name_of(cls), plain, state, build, hidden)


def _model_values(cls: type[BaseModel], held: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, field in cls.model_fields.items():
        if name in held:
            values[name] = held[name]
        elif field.is_required():
            _changed(cls, repr(name))
        else:
            values[name] = field.get_default(call_default_factory=True, validated_data=values)
    return values


def _changed(cls: type, lacking: str) -> Any:
    raise UnknownTypeError(
        f"a kept {cls.__qualname__} was made by another version of its class: it does not have {lacking}"
    )
