"""A server to attack: server functions of every sort behind the middleware, and raw requests to it."""

from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote_to_bytes

from directives.compiler import Role
from directives.compiler import compile_module
from directives.runtime import Runtime
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware

MODULE = "shop_under_attack"
KEYS = ("the corpus seals with this key", "and opens with this older one")
HOST = "shop.example"
MAX_SECONDS = 2.0

SOURCE = """
from dataclasses import dataclass
from typing import Literal

from directives.forms import FormData
from directives.request import redirect

ran = []


@dataclass
class Item:
    sku: str
    kind: Literal["tea", "cup"]


async def order(item: Item, quantity: int = 1, *, note: str = ""):
    "use server"
    ran.append("order")
    return [item.sku, quantity]


async def echo(value):
    "use server"
    ran.append("echo")
    # A form or a file can be an argument, but no result.
    shown = repr(value)
    return None if "FormData(" in shown or "<FileStorage" in shown else value


async def count(to: int):
    "use server"
    ran.append("count")
    for number in range(min(to, 10)):
        yield number


async def save(form: FormData):
    "use server"
    ran.append("save")
    return [[name, type(value).__name__] for name, value in form.items(multi=True)]


async def go(form: FormData):
    "use server"
    ran.append("go")
    redirect("/thanks")


def page(product):
    async def buy(form):
        "use server"
        ran.append("buy")
        return [product]

    return buy


def other_page(product):
    async def sell(form):
        "use server"
        ran.append("sell")
        return [product]

    return sell
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: The status code.
        headers: Names, in lower case, and values.
        body: The whole body.
        seconds: Processor time that it took.
        errors: What was logged with level ERROR or above.
        ran: The functions that ran.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    errors: tuple[str, ...]
    ran: tuple[str, ...]

    def faults(self) -> list[str]:
        """What no request whatever may lead to."""
        found = [f"logged an error: {text}" for text in self.errors]
        # 504 is what a caller gets who gives a deadline that has passed: here nothing else sets one.
        if self.status >= 500 and self.status != HTTPStatus.GATEWAY_TIMEOUT:
            found.append(f"answered {self.status}")
        if self.seconds > MAX_SECONDS:
            found.append(f"took {self.seconds:.1f} s")
        return found

    def faults_of_refusal(self) -> list[str]:
        """What no hostile request may lead to: besides those, anything but a refusal."""
        found = self.faults()
        if not 400 <= self.status < 500:
            found.append(f"answered {self.status}")
        if self.ran:
            found.append(f"ran {', '.join(self.ran)}")
        return found


class Server:
    """The functions of ``SOURCE`` in a runtime, and the WSGI application around them."""

    def __init__(self, module: ModuleType, runtime: Runtime) -> None:
        self.module = module
        self.app = DirectivesMiddleware(_nothing_here, runtime)
        self._records = _Errors()

    def function_id(self, name: str) -> str:
        """The ID of a function of the module, by its name."""
        (found,) = [
            known for known, record in runtime.functions.records().items()
            if record.module == MODULE and record.qualname.rpartition(".")[2] == name
        ]  # fmt: skip
        return found

    def send(self, raw: bytes) -> Answer:
        """Answer a request as it stands on a connection."""
        return self.answer(environ_of(raw))

    def answer(self, environ: dict[str, Any]) -> Answer:
        """Answer a WSGI request."""
        head: list[Any] = []
        self.module.ran.clear()
        with self._records.gathered() as errors:
            start = time.thread_time()
            body = _whole(self.app(environ, lambda *given: head.extend(given)))  # type: ignore[arg-type]
            seconds = time.thread_time() - start
        return Answer(
            int(head[0][:3]),
            {name.lower(): value for name, value in head[1]},
            body,
            seconds,
            tuple(errors),
            tuple(self.module.ran),
        )

    def attack(self, raw: bytes) -> tuple[Answer, list[str]]:
        """Answer a hostile request and, after it, a good call; what is wrong with either."""
        answer, next_one = self.send(raw), self.good_call()
        found = answer.faults_of_refusal()
        if next_one.status != 200 or next_one.faults():
            found.append(f"the next good call: {next_one}")
        return answer, found

    def good_call(self) -> Answer:
        """Answer a call that is in order."""
        body = b'{"args":[{"sku":"sencha","kind":"tea"}],"kwargs":{"quantity":2}}'
        return self.send(request(f"/_directives/{self.function_id('order')}", body, "application/json"))


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """A server of its own settings; the process has its old ones back afterwards."""
    before, role = runtime.settings, runtime.role
    runtime.activate(Settings(root, secret_keys=KEYS), Role.SERVER)
    try:
        yield Server(_loaded(), runtime)
    finally:
        sys.modules.pop(MODULE, None)
        runtime.functions.forget(MODULE)
        runtime.activate(before, role or Role.SERVER)


def _loaded() -> ModuleType:
    compiled = compile_module(SOURCE, MODULE, f"{MODULE}.py")
    assert compiled.half is not None, compiled.diagnostics
    module = sys.modules[MODULE] = ModuleType(MODULE)
    exec(compile(compiled.half.tree, f"{MODULE}.py", "exec", dont_inherit=True), module.__dict__)
    return module


def request(target: str, body: bytes, content_type: str, *headers: str, method: str = "POST") -> bytes:
    """A request as it stands on a connection; its length is added when it is read."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", f"Content-Type: {content_type}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def environ_of(raw: bytes) -> dict[str, Any]:
    """A raw request as a forgiving WSGI server would hand it on; any bytes are one.

    Without a length it is that of the body, unless the body is said to be chunked.
    """
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, _ = rest.partition(" ")
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            key = name.upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            value = value.strip(" \t")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        environ["wsgi.input_terminated"] = True
    else:
        environ.setdefault("CONTENT_LENGTH", str(len(body)))
    return environ


def _nothing_here(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The application beside the endpoint."""
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"no page\n"]


def _whole(pieces: Iterable[bytes]) -> bytes:
    try:
        return b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


class _Errors(logging.Handler):
    """Keeps what is logged as an error, by anybody."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._texts: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(self.format(record))

    @contextmanager
    def gathered(self) -> Iterator[list[str]]:
        self._texts = []
        logging.getLogger().addHandler(self)
        try:
            yield self._texts
        finally:
            logging.getLogger().removeHandler(self)
