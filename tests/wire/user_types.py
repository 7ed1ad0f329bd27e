"""Classes as users write them, for the tests of this folder."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from typing import Any
from typing import NamedTuple

from pydantic import BaseModel
from pydantic import Field
from pydantic import PrivateAttr
from pydantic import computed_field


class Suit(enum.Enum):
    HEARTS = "h"
    SPADES = ("s", 1)


class Level(enum.IntEnum):
    LOW = 1


class Tone(enum.StrEnum):
    LOUD = "loud"


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: Any = 0


@dataclass(frozen=True, slots=True)
class Card:
    suit: Suit
    next: Card | None = None


@dataclass
class Basket:
    """Has a computed field, an attribute that is no field, and a cached property."""

    items: list[Any]
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = len(self.items)
        self.seen = {"once"}

    @cached_property
    def doubled(self) -> int:
        return self.total * 2

    class Line(NamedTuple):
        sku: str


class Person(BaseModel):
    name: str
    card: Card | None = None
    secret: str = Field(default="", exclude=True)
    _visits: int = PrivateAttr(default=0)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def initial(self) -> str:
        return self.name[:1]


class Socket:
    """No value."""


@dataclass
class Handle:
    number: int

    def __del__(self) -> None:
        """To have one is enough."""


@dataclass
class Money:
    """Registered in tests, in place of its shape."""

    amount: int
    currency: str
