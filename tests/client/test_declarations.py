"""The types of server functions for TypeScript, made from their annotations without importing anything."""

from __future__ import annotations

import re

import pytest

from directives.client.declarations import Declarations
from directives.client.shapes import Shapes
from directives.compiler import compile_module
from tests.client.test_modules import compiled

MODELS = '''\
import enum
import dataclasses
import typing as t
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import BaseModel, Field
from typing_extensions import TypedDict as Dict

from .kinds import Size

UserId = t.NewType('UserId', int)
Json = t.Union[str, 'list[Json]', None]
T = t.TypeVar('T')

class Flavour(str, enum.Enum):
    """secret docstring"""
    GREEN = 'green'
    BLACK = "bl'ack"
    def secret_method(self): ...

class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

@dataclass(frozen=True)
class Base:
    id: int
    _secret: t.ClassVar[int] = 0

@dataclasses.dataclass
class Tea(Base):
    name: str = 'secret default'
    size: Size = Size.SMALL
    price: Decimal | None = field(default=None)
    parents: list['Tea'] = field(default_factory=list)
    hidden: str = field(repr=False)

class Box(t.TypedDict, total=False):
    tea: t.Required[Tea]
    grams: int

class Row(Dict):
    a: int
    b: t.NotRequired[t.Annotated[str, 'secret']]

class Point(t.NamedTuple):
    x: float
    y: float = 0.0

class Model(BaseModel):
    count: int = Field(gt=0)
    note: str = Field('secret', max_length=5)
    model_config = {}

class Plain:
    secret = 1
'''

MODULES = {
    "shop.models": MODELS,
    "shop.kinds": "from enum import Enum\nclass Size(Enum):\n    SMALL = 's'\n    LARGE = 'l'\n",
    "shop": "from .kinds import Size as Measure\n",
}
HEAD = """\
'use server'
import datetime as dt
import typing
import uuid
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Annotated, Any, Callable, Literal, Optional, Union
from pathlib import Path
from directives.forms import FormData, Upload
from . import Measure, models
from .models import Box, Flavour, Json, Level, Model, Plain, Point, Row, T, Tea, UserId
"""


def declared(source: str, head: str = HEAD) -> str:
    """The ``.d.ts`` file of a module among others."""
    module = compiled(head + source)
    assert not module.errors, module.errors
    modules = [
        compile_module(text, name, "shop/__init__.py" if name == "shop" else f"{name}.py")
        for name, text in MODULES.items()
    ]
    return Declarations(module, Shapes([module, *modules]), "./client.js").text()


def types(annotation: str) -> tuple[str, str]:
    """The types of a result and of a parameter with one annotation."""
    text = declared(f"async def f(x: {annotation}) -> {annotation}: ...\n")
    found = re.search(r"const f: ServerFunction<\[x: (.*)\], (.*)>\n", text)
    assert found is not None, text
    return found[2], found[1]


@pytest.mark.parametrize(
    ("annotation", "received", "sent"),
    [
        ("str", "string", "string"),
        ("int", "number", "number | bigint"),
        ("float", "number", "number"),
        ("bool | None", "boolean | null", "boolean | null"),
        ("None", "null", "null"),
        ("Any", "unknown", "unknown"),
        ("object", "unknown", "unknown"),
        ("bytes", "Uint8Array", "Uint8Array | ArrayBuffer"),
        ("dt.datetime", "Date", "Date | string"),
        ("dt.date", "Tagged<'date'>", "Tagged<'date'> | string"),
        ("uuid.UUID", "Tagged<'uuid'>", "Tagged<'uuid'> | string"),
        ("Path", "Tagged<'path'>", "Tagged<'path'> | string"),
        ("Upload", "unknown", "Blob"),
        ("FormData", "FormData", "FormData"),
        ("list[int]", "number[]", "(number | bigint)[]"),
        ("list", "unknown[]", "unknown[]"),
        ("Sequence[str | None]", "(string | null)[]", "(string | null)[]"),
        ("dict[str, int]", "Record<string, number>", "Record<string, number | bigint>"),
        ("Mapping[int, list[str]]", "Map<number, string[]>", "Map<number | bigint, string[]>"),
        ("dict", "Record<string, unknown>", "Record<string, unknown>"),
        ("set[str]", "Set<string>", "Set<string>"),
        ("frozenset", "Set<unknown>", "Set<unknown>"),
        ("tuple[str, bool]", "[string, boolean]", "[string, boolean]"),
        ("tuple[str, ...]", "string[]", "string[]"),
        ("tuple[()]", "[]", "[]"),
        ("Optional[str]", "string | null", "string | null"),
        ("Union[str, bool, None]", "string | boolean | null", "string | boolean | null"),
        ("Union[str, Any]", "unknown", "unknown"),
        ("Literal['a', 1, True, None]", '"a" | 1 | true | null', '"a" | 1 | true | null'),
        ("Literal[Flavour.GREEN]", '"green"', '"green"'),
        ("Annotated[str, 'secret']", "string", "string"),
        ("'str | None'", "string | null", "string | null"),
        ("typing.List['str']", "string[]", "string[]"),
        ("Flavour", '"green" | "bl\'ack"', '"green" | "bl\'ack"'),
        ("Level", "1 | 2", "1 | 2"),
        ("Measure", '"s" | "l"', '"s" | "l"'),
        ("models.Flavour", '"green" | "bl\'ack"', '"green" | "bl\'ack"'),
        ("UserId", "number", "number | bigint"),
        ("Json", "string | unknown[] | null", "string | unknown[] | null"),
        ("T", "unknown", "unknown"),
        ("Plain", "unknown", "unknown"),
        ("Callable[[int], str]", "unknown", "unknown"),
        ("nowhere", "unknown", "unknown"),
        ("Tea", "Tea", "TeaInput"),
        ("list[Box]", "Box[]", "BoxInput[]"),
        ("Awaitable[str]", "string", "string"),
    ],
)
def test_annotations(annotation: str, received: str, sent: str) -> None:
    """Each has a type for results, and one for parameters that takes what may be sent as well."""
    assert types(annotation) == (received, sent)


def test_classes_are_interfaces() -> None:
    """Of what travels: fields with their types; what has a default may be left out by callers."""
    text = declared("async def f(tea: Tea, box: Box, row: Row, point: Point, model: Model) -> Box: ...\n")
    for written in (
        "export interface TeaInput {\n  id: number | bigint\n  name?: string\n"
        '  size?: "s" | "l"\n  price?: Tagged<\'decimal\'> | string | number | null\n  parents?: TeaInput[]\n'
        "  hidden: string\n}\n",
        "export interface BoxInput {\n  tea: TeaInput\n  grams?: number | bigint\n}\n",
        'export interface Tea {\n  id: number\n  name: string\n  size: "s" | "l"\n'
        "  price: Tagged<'decimal'> | null\n  parents: Tea[]\n  hidden: string\n}\n",
        "export interface Box {\n  tea: Tea\n  grams?: number\n}\n",
        "export interface RowInput {\n  a: number | bigint\n  b?: string\n}\n",
        "export type PointInput = [x: number, y?: number]\n",
        "export interface ModelInput {\n  count: number | bigint\n  note?: string\n}\n",
    ):
        assert written in text
    assert "secret" not in text


ALIASED = """\
import enum
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Annotated
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2

class Tea(BaseModel):
    class_: str = Field(alias='class')
    grams: Annotated[int, Field(alias='net-weight', gt=0)] = 50
    price: int = Field(1, validation_alias='cents', serialization_alias='cost')
    cost: int = Field(0, exclude=True)
    _secret: int = 4

class Choosy(BaseModel):
    a: int = Field(validation_alias=AliasChoices('a', 'b'))

class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=str.upper, serialize_by_alias=True)
    first_name: str
    last_name: str
    own: int = Field(alias='OWN')

class ByName(Camel):
    model_config = {'populate_by_name': True, 'serialize_by_alias': False}
    third_name: str

@dataclass
class Order:
    id: int
    _: KW_ONLY
    left: int = field(default=2, init=False)
    gift: InitVar[bool] = False
    rights: Rights = Rights.READ
"""


def interface(name: str, sent: bool) -> list[str]:
    """The fields of a class of ``ALIASED``, as lines."""
    signature = f"a: {name}" if sent else ""
    returns = "None" if sent else name
    text = declared(ALIASED + f"async def f({signature}) -> {returns}: ...\n", head="'use server'\n")
    written = re.search(rf"interface {name}{'Input' if sent else ''} {{\n(.*?)}}", text, re.DOTALL)
    assert written, text
    return [line.strip() for line in written[1].splitlines()]


@pytest.mark.parametrize(
    ("name", "sent", "returned"),
    [
        (
            "Tea",
            [
                "class: string",
                '"net-weight"?: number | bigint',
                "cents?: number | bigint",
                "cost?: number | bigint",
            ],
            ["class_: string", "grams: number", "price: number"],
        ),
        ("Choosy", ["[name: string]: unknown"], ["a: number"]),
        (
            "Camel",
            ["[name: string]: unknown", "OWN: number | bigint"],
            ["[name: string]: unknown", "OWN: number"],
        ),
        (
            "Order",
            ["id: number | bigint", "gift?: boolean", "rights?: number | bigint"],
            ["id: number", "left: number", "rights: number"],
        ),
    ],
)
def test_fields_are_called_as_they_travel(name: str, sent: list[str], returned: list[str]) -> None:
    """By their aliases where pydantic does so; what is not sent, or not returned, is not there."""
    assert interface(name, sent=True) == sent
    assert interface(name, sent=False) == returned


def test_a_name_that_only_running_code_knows_is_unknown() -> None:
    """Unless a model takes its fields by their own names as well."""
    assert "third_name: string" in interface("ByName", sent=True)
    assert "third_name: string" in interface("ByName", sent=False)


def test_parameters() -> None:
    """By position, with defaults, many, by name, and some that have to be given by name."""
    text = declared(
        "async def a(x: str, /, y: int = 1): ...\n"
        "async def b(*names: str | None): ...\n"
        "async def c(x: str = '', *, gift: bool = False, **rest): ...\n"
        "async def d(x: str = '', *, due: str): ...\n"
        "async def e(function, new=1): ...\n"
        "async def delete(): ...\n"
    )
    for written in (
        "a: ServerFunction<[x: string, y?: number | bigint], unknown>",
        "b: ServerFunction<[...names: (string | null)[]], unknown>",
        "c: ServerFunction<[x?: string, keywords?: { gift?: boolean; [name: string]: unknown }], unknown>",
        "d: ServerFunction<[x: string | undefined, keywords: { due: string }], unknown>",
        "e: ServerFunction<[function_: unknown, new_?: unknown], unknown>",
        "declare const $delete: ServerFunction<[], unknown>\nexport { $delete as delete }",
    ):
        assert written in text


def test_streams() -> None:
    """An async generator is a stream of the items that its annotation says."""
    text = declared("async def f(to: str) -> AsyncIterator[dict[str, str]]:\n    yield {}\n")
    assert "f: ServerStream<[to: string], Record<string, string>>" in text


def test_docstrings() -> None:
    """What editors show; nothing in it ends the comment."""
    text = declared(
        'async def f():\n    """One line."""\nasync def g():\n    """Two */ alert(1)\n\n    Lines.\n    """\n'
    )
    assert "/** One line. */\nexport declare const f" in text
    assert "/**\n * Two *\\/ alert(1)\n *\n * Lines.\n */\nexport declare const g" in text
