"""Section D: values over the network, each line by its number."""

from __future__ import annotations

import array
import asyncio
import datetime
import decimal
import gc
import io
import ipaddress
import math
import pathlib
import time
import uuid
import zoneinfo
from collections.abc import Iterator
from typing import Any

import pytest
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound
from werkzeug.test import Client

from directives.errors import DecodeError
from directives.errors import EncodeError
from directives.errors import LimitExceeded
from directives.forms import FormData
from directives.functions import special_for
from directives.functions.awaited import settled
from directives.functions.values import resolve
from directives.runtime import runtime
from directives.wire.budget import Budget
from directives.wire.references import FileReference
from directives.wire.references import FormReference
from directives.wire.references import FunctionReference
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

CODECS = [
    pytest.param(encode_cbor, decode_cbor, id="cbor"),
    pytest.param(encode_json, decode_json, id="json"),
]
ZONE = zoneinfo.ZoneInfo("America/New_York")
VALUES: list[Any] = [
    None, True, 0, -(10**299), 1.5, -0.0, math.inf, "text", b"bytes", [1], (1,), {"a": 1}, {1: "x", (2, 3): "y"}, {1, 2},
    frozenset({"x"}), datetime.date(2024, 2, 29), datetime.time(1, 2, 3), datetime.datetime(2024, 1, 1, tzinfo=ZONE),
    datetime.timedelta(days=-1, microseconds=1), datetime.UTC, ZONE, memoryview(b"x"), array.array("d", [1.5]),
    decimal.Decimal("1.10"), uuid.UUID(int=5), 1 + 2j, range(1, 9, 2), ipaddress.ip_address("::1"),
    ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_interface("10.0.0.1/8"), pathlib.PurePosixPath("/a"),
    FunctionReference("id", "sealed"),
]  # fmt: skip


@pytest.mark.parametrize(("encode", "decode"), CODECS)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_d01_arguments(encode: Any, decode: Any, value: Any) -> None:
    """Values of each type arrive equal and of the same type."""
    back = decode(encode({"args": [value]}), Budget())["args"][0]
    assert type(back) is type(value)
    assert back == value
    assert str(back) == str(value) or type(value) is memoryview


SHOP = """
    import asyncio, enum
    from collections import namedtuple
    from dataclasses import dataclass
    from typing import Any, NamedTuple
    from markupsafe import Markup
    from pydantic import BaseModel
    from directives.forms import FormData, Upload

    class Size(enum.Enum):
        LARGE = "l"

    class Point(NamedTuple):
        x: int

    @dataclass
    class Line:
        sku: str
        at: Point

    class Bill(BaseModel):
        lines: list[Line]

    class Socket: pass

    async def take(bill: Bill, size: Size, line: Line, at: Point):
        'use server'
        types.extend(map(type, (bill, bill.lines[0], size, line, at)))
        return {"bill": bill, "size": size, "at": at}

    async def upload(form: FormData):
        'use server'
        types.extend(map(type, (form, form["file"])))

    async def later():
        'use server'
        return [asyncio.sleep(0, "later"), {"also": asyncio.sleep(0, 1)}]

    async def element():
        'use server'
        return [Markup("<b>&amp;</b>")]

    async def cannot():
        'use server'
        return {"items": [1, Socket()]}

    async def nothing(value: Socket):
        'use server'
        types.append(value)

    types = []
"""


@pytest.fixture
def shop(load: Load) -> Any:
    return load(SHOP)


def reply(function: Any, *args: Any) -> Any:
    """What a call over HTTP is answered with, and its status."""
    client = Client(DirectivesMiddleware(NotFound()))
    data = encode_cbor({"args": list(args)}, special=special_for(runtime.functions.types, markup=False))
    response = client.post(f"/_directives/{function.id}", data=data, content_type="application/cbor")
    return decode_cbor(response.data, Budget(), markup=Markup), response.status_code


def test_d01_instances_are_arguments(shop: Any) -> None:
    """Dataclasses, enums, named tuples and models: built because an annotation asks for them."""
    line = shop.Line("a", shop.Point(1))
    _, status = reply(shop.take, shop.Bill(lines=[line]), shop.Size.LARGE, line, shop.Point(2))
    assert status == 200
    assert shop.types == [shop.Bill, shop.Line, shop.Size, shop.Line, shop.Point]


def test_d01_a_form_of_a_page(shop: Any) -> None:
    """A form and a file in it."""
    client = Client(DirectivesMiddleware(NotFound()))
    assert client.post(f"/page{shop.upload}", data={"file": (io.BytesIO(b"x"), "a.txt")}).status_code == 303
    assert [kind.__name__ for kind in shop.types] == ["FormData", "FileStorage"]


def test_d01_awaitables_are_waited_for() -> None:
    """Before anything is sent, at any depth."""

    async def main() -> Any:
        return await settled({"args": [asyncio.sleep(0, 1), [asyncio.sleep(0, 2)]]})

    assert asyncio.run(main()) == {"args": [1, [2]]}


def test_d02_instances_are_results(shop: Any) -> None:
    """As maps of their fields, tuples, and the values of members."""
    line = shop.Line("a", shop.Point(1))
    value, _ = reply(shop.take, shop.Bill(lines=[line]), shop.Size.LARGE, line, shop.Point(2))
    assert value == {"ok": {"bill": {"lines": [{"sku": "a", "at": (1,)}]}, "size": "l", "at": (2,)}}


def test_d02_awaitables_are_results(shop: Any) -> None:
    """What they give is sent."""
    assert reply(shop.later) == ({"ok": ["later", {"also": 1}]}, 200)


def test_d02_markup_is_a_result(shop: Any) -> None:
    """It arrives as markup."""
    value, _ = reply(shop.element)
    assert (value, type(value["ok"][0])) == ({"ok": ["<b>&amp;</b>"]}, Markup)


def test_d03_neither_argument_nor_result(shop: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An instance of another class: as a result the log names its place, as an argument it never exists."""
    value, status = reply(shop.cannot)
    assert (status, value["error"]["kind"]) == (500, "unserializable-result")
    assert "result.items[1]: Socket cannot travel" in caplog.text
    value, status = reply(shop.nothing, {"__class__": "Socket"})
    assert (status, shop.types) == (422, [])


@pytest.mark.parametrize(("encode", "decode"), CODECS)
def test_d01_nan(encode: Any, decode: Any) -> None:
    """Not a number stays not a number."""
    assert math.isnan(decode(encode(math.nan), Budget()))


@pytest.mark.parametrize(("encode", "decode"), CODECS)
def test_d01_form_data_and_files(encode: Any, decode: Any) -> None:
    """A form arrives as FormData with its fields and files in order; files come beside the message."""
    sent = FormReference([("tea", "sencha"), ("photo", FileReference("p")), ("tea", "assam")])
    file = FileStorage(io.BytesIO(b"x"), "a.png")
    arrived = resolve(runtime.functions, decode(encode({"form": sent}), Budget()), "args[0]", {"p": file})
    assert type(arrived["form"]) is FormData
    assert arrived["form"].getlist("tea") == ["sencha", "assam"]
    assert arrived["form"]["photo"] is file


@pytest.mark.parametrize("encode", [encode_cbor, encode_json])
def test_d03_what_is_not_supported_is_named(encode: Any) -> None:
    """Classes, functions, modules, files, generators: an error with path and type."""
    with open(__file__) as file:
        for value in (int, len, math, file, (n for n in ()), object()):
            with pytest.raises(
                EncodeError, match=rf"^args\[0\]\.items\[3\]: {type(value).__name__} cannot travel$"
            ):
                encode({"args": [{"items": [1, 2, 3, value]}]})


@pytest.mark.parametrize("encode", [encode_cbor, encode_json])
def test_d04_cycles_and_shared_references(encode: Any) -> None:
    """A cycle is an error, a shared value is sent twice: never an endless loop."""
    cycle: dict[str, Any] = {}
    cycle["self"] = [cycle]
    with pytest.raises(EncodeError, match="contains itself"):
        encode(cycle)
    shared = {"a": 1}
    assert encode([shared, shared]) == encode([{"a": 1}, {"a": 1}])


def test_d05_one_budget() -> None:
    """Bytes, nodes, depth, digits and references each have a limit that holds in both notations."""
    tight = {"bytes": 200, "nodes": 5, "depth": 3, "digits": 20, "references": 1}
    function = FunctionReference("x")
    for value in ("x" * 300, [[]] * 9, [[[[1]]]], 10**40, [function, function]):
        for encode, decode in ((encode_cbor, decode_cbor), (encode_json, decode_json)):
            with pytest.raises(LimitExceeded):
                decode(encode(value), Budget(**tight))


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """Values are made without a look through all that other tests have left in this process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        b"\x01",
        b"\x81\x01",
        b"\x82\x01\x61a",
        b"\xa1\x61a\x01",
        b"\x19\x03\xe8",
        b"\xd8\x1b\x82\x65tuple\x81\x01",
    ],
)
@pytest.mark.usefixtures("no_garbage_collection")
def test_d05_decoding_is_linear(unit: bytes) -> None:
    """Eight times the bytes take about eight times as long."""

    def seconds(count: int) -> float:
        data = b"\x9a" + count.to_bytes(4, "big") + unit * count
        started = time.process_time()
        decode_cbor(data, Budget(bytes=1 << 24, nodes=1 << 24))
        return time.process_time() - started

    # Quadratic work would take 64 times as long in each of the tries; a busy machine does not spoil all of them.
    assert any(seconds(160_000) < 24 * seconds(20_000) + 0.05 for _ in range(10))


def test_d06_no_name_of_the_wire_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag is a key of a fixed table; names of modules, classes and attributes are just unknown."""
    imported: list[str] = []
    monkeypatch.setattr("builtins.__import__", lambda name, *args, **kwargs: imported.append(name))
    for name in (
        "os.system",
        "builtins.eval",
        "__class__",
        "__reduce__",
        "datetime.datetime",
        "keys",
        "then",
    ):
        for encode, decode in ((encode_json, decode_json),):
            data = b'{"$":["' + name.encode() + b'",["x"]]}'
            with pytest.raises(DecodeError):
                decode(data, Budget())
            assert decode(encode({name: ["x"]}), Budget()) == {name: ["x"]}
    monkeypatch.undo()
    assert imported == []
