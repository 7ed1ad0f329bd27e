"""What an error says to its caller outside of debugging: every kind, in every notation, read whole."""

from __future__ import annotations

import base64
import logging
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from directives.functions import ServerFunction
from directives.functions.sealer import Sealer
from directives.http.refusals import KINDS
from directives.runtime import runtime
from directives.settings import Settings
from directives.wire.references import FunctionReference
from directives.wire.sealing import _derive
from directives.wire.untrusted import encode_cbor
from tests.loading import Load
from tests.security.bodies import CONTENT_TYPES
from tests.security.bodies import URLENCODED
from tests.security.server import Answer
from tests.security.server import Server
from tests.security.server import request

CBOR, JSON, FORM = CONTENT_TYPES["cbor"], CONTENT_TYPES["json"], URLENCODED
NAME = "leaky_module"
SECRET = "first secret of the test's project"
PRIVATE = "card-number-4711"

SOURCE = """
import asyncio
import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator
from pydantic import BaseModel

from directives.access import requires
from directives.errors import ExpectedError
from directives.errors import SignInRequired
from directives.forms import FormData
from directives.request import Redirect


def somebody(request, arguments):
    raise SignInRequired("card-number-4711")


def a_friend(request, arguments):
    raise KeyError(f"card-number-4711 in {__file__}")


class Size(enum.Enum):
    small = "s"


class Box:
    pass


class Refused(ExpectedError, type="refused"):
    reason: str


class RefusedWithMore(ExpectedError, type="refused-with-more"):
    more: object


class Model(BaseModel):
    number: int


@dataclass
class Line:
    sku: str


def checked_by_a_function_of_ours(value):
    return value


async def fits(line: Line, model: Model, box: Box | int, size: Size, text: Annotated[str, AfterValidator(checked_by_a_function_of_ours)] | Line):
    "use server"


async def breaks(value: Annotated[str, AfterValidator(lambda value: 1 / 0)]):
    "use server"


async def has_a_wrong_annotation(value: "NoSuchName"):
    "use server"


@requires(somebody)
async def wants_somebody(form):
    "use server"


@requires(a_friend)
async def wants_a_friend(form):
    "use server"


async def raises(form):
    "use server"
    private = "card-number-4711"
    raise ValueError(f"{private} in {__file__}")


async def raises_from(form):
    "use server"
    try:
        open("/etc/card-number-4711")
    except OSError as error:
        error.add_note("card-number-4711")
        raise RuntimeError(error) from error


async def refuses(form):
    "use server"
    raise Refused("closed on Sundays") from KeyError("card-number-4711")


async def refuses_with_an_object(form):
    "use server"
    raise RefusedWithMore({"card-number-4711": Box()})


async def streams_and_refuses(form):
    "use server"
    yield 1
    raise Refused("closed on Sundays")


async def raises_a_group(form):
    "use server"
    raise ExceptionGroup("card-number-4711", [KeyError("card-number-4711"), OSError(2, "x", __file__)])


async def recurses(form):
    "use server"
    def deeper():
        deeper()
    deeper()


async def is_cancelled(form):
    "use server"
    raise asyncio.CancelledError("card-number-4711")


async def asserts(form):
    "use server"
    assert form == "card-number-4711", __file__


async def returns_an_object(form):
    "use server"
    return {"card-number-4711": Box()}


async def returns_itself(form):
    "use server"
    value = ["card-number-4711"]
    value.append(value)
    return value


async def redirects_to_a_script(form):
    "use server"
    raise Redirect("javascript:card-number-4711")


async def streams_and_raises(form):
    "use server"
    yield 1
    raise ValueError(f"card-number-4711 in {__file__}")


async def streams_an_object(form):
    "use server"
    yield Box()


def page(captured):
    async def nested(form):
        "use server"
        return captured
    return nested
"""
FAILING = (
    "wants_somebody",
    "wants_a_friend",
    "raises", "raises_from", "raises_a_group", "recurses", "is_cancelled", "asserts", "returns_an_object", "returns_itself",
    "redirects_to_a_script", "streams_and_raises", "streams_an_object", "refuses",
    "refuses_with_an_object", "streams_and_refuses",
)  # fmt: skip


@pytest.fixture
def leaky(load: Load) -> ModuleType:
    """Functions that fail in every way there is."""
    module = load(SOURCE, NAME)
    module.__file__ = f"/srv/{NAME}.py"
    return module


def replies(server: Server, module: ModuleType) -> Iterator[Answer]:
    """A reply of every kind, in CBOR, in JSON and in words."""
    fits = f"/_directives/{module.fits.id}"
    refuses = f"/_directives/{module.refuses.id}"
    nested = module.page(PRIVATE)
    expired = expired_values(nested)
    for accept in ("application/json", "application/cbor", "text/html"):
        yield from (
            server.send(request(target, body, kind, f"Accept: {accept}", *headers, method=method))
            for method, target, body, kind, *headers in (
                ("GET", fits, b"", JSON),
                ("POST", fits, b"{}", JSON, "Origin: https://evil.example"),
                ("POST", fits, b"{}", JSON, "X-Directives-Timeout: 0"),
                ("POST", refuses, b'{"args":[1]}', JSON, f"Idempotency-Key: {accept}-1"),
                ("POST", refuses, b'{"args":[2]}', JSON, f"Idempotency-Key: {accept}-1"),
                ("POST", fits, b"{}", JSON, "Idempotency-Key: __class__,x"),
                ("POST", fits, b"{}", JSON, "X-Directives-Timeout: __class__"),
                ("POST", fits, b"{}", "text/x-python"),
                ("POST", fits, b"{", JSON),
                ("POST", fits, b"\xff", CBOR),
                ("POST", fits, encode_cbor({"args": [FunctionReference(f"{NAME}.raises")]}), CBOR),
                ("POST", fits, b'{"args":' + b"[" * 99, JSON),
                ("POST", fits, b'{"args":[{"sku":1},{"number":"x"},"box","xl",5]}', JSON),
                ("POST", fits, b'{"args":[1,2,[],{},[],6],"kwargs":{"size":1}}', JSON),
                ("POST", "/_directives/__class__", b"{}", JSON),
                ("POST", "/_directives/shop.actions.order", b"{}", JSON),
                ("POST", f"/page?_directives={nested.id}.AAAA", b"a=1", FORM),
                ("POST", f"/page?_directives={nested.id}.{nested.bound()[:-1]}", b"a=1", FORM),
                ("POST", f"/page?_directives={nested.id}", b"a=1", FORM),
                ("POST", f"/page?_directives={nested.id}.{expired}", b"a=1", FORM),
                ("POST", f"/page?_directives={nested.id}.{nested.bound()}", b"a=%ff", FORM),
                ("POST", f"/_directives/{module.breaks.id}", b'{"args":["x"]}', JSON),
                ("POST", f"/_directives/{module.has_a_wrong_annotation.id}", b'{"args":["x"]}', JSON),
            )
        )
        for name in FAILING:
            function_id = getattr(module, name).id
            yield server.send(
                request(f"/_directives/{function_id}", b'{"args":[1]}', JSON, f"Accept: {accept}")
            )
            yield server.send(request(f"/page?_directives={function_id}", b"a=1", FORM, f"Accept: {accept}"))


def expired_values(function: ServerFunction[..., Any]) -> str:
    """What a function captured, sealed longer ago than pages may be old."""
    runtime.configure(captured_max_age=60)
    record = runtime.functions.find(function.id).record
    plaintext = runtime.sealer().open(function.id, function.bound() or "")
    return Sealer(runtime.secret_keys(), clock=lambda: time.time() - 61).seal(record, plaintext, dict)


def leaks(text: str, root: Path) -> list[str]:
    """What of the server's inside a text shows."""
    key = _derive(SECRET.encode())
    hints = [
        str(root),
        str(Path.cwd()),
        sys.prefix,
        SECRET,
        PRIVATE,
        NAME,
        key.fingerprint.hex(),
        "Traceback",
        "<function",
        "0x",
    ]
    for material in (SECRET.encode(), key.fingerprint):
        hints += [
            material.hex(),
            *(
                encode(material).decode().rstrip("=")
                for encode in (base64.b64encode, base64.urlsafe_b64encode)
            ),
        ]
    hints += [line.strip() for line in dedent(SOURCE).splitlines() if len(line.strip()) > 12]
    patterns = [
        r"\.pyc?\b",  # a file of Python
        r"(?<![\w/])/\w[\w.-]*/",  # an absolute path
        r"[A-Za-z]:\\",  # the same on Windows
        r"\b(?:directives|pydantic\w*|cbor2|werkzeug|asyncio|builtins|json|leaky_module)\.\w",  # a module's name
        r"\b[a-z_]\w*(?:\.[a-z_]\w*)+\.[A-Z]\w*",  # package.module.Class
        r"\w+\(\)|function-|is-instance",  # a validator, in the notation of the library that runs it
        r"[A-Z]\w*(?:Error|Exception|Group|Warning)\b",  # a class of exceptions
        r"\bline \d+",
    ]
    return [hint for hint in hints if hint in text] + [
        found[0] for p in patterns for found in re.finditer(p, text)
    ]


def test_no_error_reply_shows_the_inside_of_the_server(
    server: Server, leaky: ModuleType, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """No file path, class path, source text or key material, whatever failed and however it is told."""
    caplog.set_level(logging.CRITICAL + 1, "directives")
    kinds = set()
    for answer in replies(server, leaky):
        whole = answer.body.decode("utf-8", "replace")
        shown = "\n".join([whole, *(f"{name}: {value}" for name, value in answer.headers.items())])
        shown = re.sub(r"application/[a-z-]+|text/plain|charset", "", shown)
        assert leaks(shown, settings.root) == [], answer
        kinds.add(answer.headers.get("x-directives-error"))
        if answer.status < 400:
            # A stream's failure is its last item; a redirect away from a page is none.
            kinds |= {
                kind
                for kind in KINDS
                if f'"kind":"{kind}"' in whole or f"dkind{chr(0x60 + len(kind))}{kind}" in whole
            }
    assert kinds - {None} == KINDS.keys()


def test_what_leaks_is_found(leaky: ModuleType, settings: Settings, server: Server) -> None:
    """The search itself finds each sort of leak, in the reply that debugging gives."""
    runtime.configure(debug=True)
    answer = server.send(request(f"/_directives/{leaky.raises.id}", b'{"args":[1]}', JSON))
    found = leaks(answer.body.decode(), settings.root)
    assert {"Traceback", PRIVATE, NAME, ".py", "/srv/", "ValueError"} <= {*found}
    assert any(hint.startswith("line ") for hint in found)
    assert leaks("value.append(value)", settings.root) == ["value.append(value)"]
    assert leaks(f"sealed with {SECRET}", settings.root) == [SECRET]
    assert leaks("an instance of shop.models.Order", settings.root) == ["shop.models.Order"]
    assert leaks("see /srv/shop/x", settings.root) == ["/srv/"]
    assert leaks("The arguments do not fit the function.", settings.root) == []
