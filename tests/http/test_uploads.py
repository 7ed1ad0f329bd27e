"""Files that come with forms and calls: on the disk while the call runs, bounded, and gone afterwards."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound
from werkzeug.test import Client
from werkzeug.test import TestResponse

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.forms import FormData
from directives.http.multipart import IN_MEMORY
from directives.http.multipart import Uploads
from directives.runtime import runtime
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_json
from directives.wsgi import DirectivesMiddleware
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import content
from tests.http.calling import error
from tests.http.calling import request
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

MULTIPART = "multipart/form-data; boundary=XX"
END = b"--XX--\r\n"


def field(name: str, value: bytes, *headers: str) -> bytes:
    return part(f'name="{name}"', value, *headers)


def file(name: str, value: bytes) -> bytes:
    return part(f'name="{name}"; filename="{name}.txt"', value, "Content-Type: text/plain")


def part(disposition: str, value: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: form-data; {disposition}", *headers])
    return f"--XX\r\n{head}\r\n\r\n".encode() + value + b"\r\n"


async def save(form: FormData) -> list[Any]:
    return [form.get("note"), [[f.name, f.filename, len(f.read())] for f in form.getlist("photo")]]


def received(body: bytes, budget: Budget | None = None, piece: int = 1000) -> Uploads:
    uploads = Uploads()
    pieces = request("/", body, piece=piece).pieces(1 << 30)
    try:
        asyncio.run(uploads.receive({"boundary": "XX"}, pieces, budget or Budget()))
    except BaseException:
        uploads.close()
        raise
    return uploads


def submit(server: Server, body: bytes, **options: Any) -> Any:
    return server.submit("_directives=save", body, content_type=MULTIPART, accept=JSON, **options)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000, 1 << 20])
def test_files_and_fields_whatever_the_pieces(piece: int) -> None:
    """Where the network cuts a body makes no difference."""
    large = bytes(range(256)) * (300 if piece > 7 else 3) + b"\r\n--X\r\n\r\n--XY\n"
    body = field("note", b"two\r\nlines") + file("photo", large) + file("photo", b"") + END
    uploads = received(body, piece=piece)
    assert [(f.name, f.text) for f in uploads.fields] == [("note", "two\r\nlines")]
    assert [f.read() for f in uploads.files] == [large, b""]
    uploads.close()


def test_large_files_are_on_the_disk() -> None:
    """What fits into a little memory stays there; the rest has a file without a name."""
    uploads = received(file("small", b"x" * IN_MEMORY) + file("large", b"x" * (IN_MEMORY + 1)) + END)
    small, large = (f.stream for f in uploads.files)
    assert (small._rolled, large._rolled) == (False, True)  # type: ignore[attr-defined]
    uploads.close()
    assert small.closed
    assert large.closed


def test_files_over_the_body_limit() -> None:
    """The limit of bodies is for what is held in memory; forms with files have their own."""
    settings = Settings(Path("/nowhere"), body_size_limit=500, upload_size_limit=5000)
    server = Server({"save": save}, settings)
    fits = field("note", b"n") + file("photo", b"x" * 4000) + END
    assert content(submit(server, fits)) == {"ok": ["n", [["photo", "photo.txt", 4000]]]}
    for body in (
        field("note", b"n" * 501) + END,
        field("note", b"n" * 300) + field("more", b"n" * 300) + END,
        file("photo", b"x" * 6000) + END,
        part('name="photo"; filename="x"', b"", f"X-Long: {'x' * 600}") + END,
    ):
        assert error(submit(server, body)) == (413, "too-large")
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "body",
    [
        part('filename="x"', b"1") + END,
        field("a", b"\xff") + END,
        file("a", b"1"),
        b"--XX\r\nContent-Type: text/plain\r\n\r\n1\r\n" + END,
    ],
    ids=["no name", "no UTF-8", "no end", "no disposition"],
)
def test_malformed_forms_of_several_parts(body: bytes) -> None:
    """What is no form is 400, and the files that had come are closed."""
    server = Server({"save": save})
    assert error(submit(server, body)) == (400, "malformed")
    assert server.calls == []


@pytest.mark.parametrize("boundary", ["", "x" * 71, "é"])
def test_odd_boundaries(boundary: str) -> None:
    """A boundary has 1 to 70 ASCII characters (RFC 2046, 5.1.1)."""
    with pytest.raises(DecodeError):
        asyncio.run(Uploads().receive({"boundary": boundary}, request("/", b"").pieces(1), Budget()))


def test_heads_are_bounded() -> None:
    """A part whose head never ends, and heads that add up, cost no more memory than the budget has."""
    with pytest.raises(LimitExceeded):
        received(b"--XX\r\nContent-Disposition: " + b"x" * 200_000)
    with pytest.raises(LimitExceeded):
        received(part('name="a"; filename="b"', b"", f"X: {'x' * 9000}") * 9 + END, Budget(bytes=50_000))


@pytest.mark.parametrize("way", ["returns", "raises", "refused", "streams", "stream is closed"])
def test_files_are_closed_when_the_call_ends(way: str) -> None:
    """However it ends, and after the last item of a stream."""
    open_at: list[bool] = []

    async def call(form: FormData) -> None:
        open_at.append(not form["photo"].closed)
        if way == "raises":
            raise ValueError

    async def items(form: FormData) -> AsyncGenerator[int, None]:
        for number in range(3):
            open_at.append(not form["photo"].closed)
            yield number

    server = Server({"save": items if "stream" in way else call})
    query = "_directives=nobody" if way == "refused" else "_directives=save"
    body = file("photo", b"x" * 100_000) + END
    response = server.submit(query, body, content_type=MULTIPART, accept="application/jsonl")
    (form,) = server.calls[0].args
    if not isinstance(response.body, bytes):
        asyncio.run(_read(response.body, 1 if way == "stream is closed" else 9))
    assert form["photo"].closed
    assert open_at == {"refused": [], "streams": [True] * 3}.get(way, [True])


async def _read(pieces: AsyncGenerator[bytes, None], count: int) -> None:
    async for _ in pieces:
        count -= 1
        if not count:
            break
    await pieces.aclose()


def test_a_stream_that_nobody_reads_leaves_no_file() -> None:
    """Its files go with the reply itself."""

    async def items(form: FormData) -> AsyncGenerator[int, None]:
        yield 1

    server = Server({"save": items})
    response = submit(server, file("photo", b"x" * 10) + END)
    stream: FileStorage = server.calls.pop().args[0]["photo"]
    asyncio.run(response.body.aclose())
    del response
    gc.collect()
    assert stream.closed


def call(message: bytes, *files: bytes, kind: str = "application/json") -> bytes:
    return field("call", message, f"Content-Type: {kind}") + b"".join(files) + END


@pytest.mark.parametrize(
    "first",
    [
        field("call", b'{"args":[{"$":["file","a"]}]}', "Content-Type: application/json"),
        part(
            'name="call"; filename="blob"', b'{"args":[{"$":["file","a"]}]}', "Content-Type: application/json"
        ),
        field("call", b"\xa1\x64args\x81\xd8\x1b\x82\x64file\x61a", "Content-Type: application/cbor; x=1"),
    ],
    ids=["field", "blob", "cbor"],
)
def test_a_call_with_files(load: Load, first: bytes) -> None:
    """The message is a part of its own; what it refers to arrives as a file, open while the call runs."""
    module = load("""
        async def size(file):
            "use server"
            return [type(file).__name__, file.filename, len(file.read())]
    """)
    body = first + file("a", b"x" * 70_000) + file("unused", b"") + END
    response = over_http(module.size.id, body)
    assert decode_json(response.data, Budget()) == {"ok": ["FileStorage", "a.txt", 70_000]}


def test_a_form_among_arguments(load: Load) -> None:
    """Fields and files in the order they were sent, beside other arguments; files may be of the annotated type."""
    module = load("""
        from werkzeug.datastructures import FileStorage
        from directives.forms import FormData

        async def save(number: int, form: FormData, *, extra: FileStorage | None = None):
            "use server"
            read = [value if type(value) is str else value.read() for value in form.getlist("a")]
            return [number, type(form).__name__, read, extra and extra.read()]
    """)
    message = (
        b'{"args":[1,{"$":["form",[["a","x"],["a",{"$":["file","f"]}]]]}],'
        b'"kwargs":{"extra":{"$":["file","g"]}}}'
    )
    response = over_http(module.save.id, call(message, file("f", b"1"), file("g", b"2")))
    assert decode_json(response.data, Budget()) == {"ok": [1, "FormData", ["x", b"1"], b"2"]}
    alone = over_http(module.save.id, b'{"args":[1,{"$":["form",[["a","x"]]]}]}', JSON)
    assert decode_json(alone.data, Budget()) == {"ok": [1, "FormData", ["x"], None]}


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (call(b'{"args":[{"$":["file","b"]}]}', file("a", b"")), MULTIPART, (422, "arguments")),
        (b'{"args":[{"$":["file","b"]}]}', JSON, (422, "arguments")),
        (call(b"{", file("a", b"")), MULTIPART, (400, "malformed")),
        (call(b"{}", file("a", b""), file("a", b"")), MULTIPART, (400, "malformed")),
        (call(b"{}", field("a", b"")), MULTIPART, (400, "malformed")),
        (call(b"{}", field("call", b"{}")), MULTIPART, (400, "malformed")),
        (file("a", b"") + END, MULTIPART, (400, "malformed")),
        (call(b'{"args":[{"$":["file",1]}]}'), MULTIPART, (400, "malformed")),
        (b'{"args":[{"$":["form",[["a",1]]]}]}', JSON, (400, "malformed")),
        (b'{"args":[{"$":["form",[["a"]]]}]}', JSON, (400, "malformed")),
        (b'{"args":[{"$":["set",[{"$":["form",[]]}]]}]}', JSON, (400, "malformed")),
        (field("call", b"{}") + END, MULTIPART, (415, "unsupported-media-type")),
        (call(b"{}", kind="text/plain"), MULTIPART, (415, "unsupported-media-type")),
        (call(b" " * (1 << 20) + b"{}"), MULTIPART, (413, "too-large")),
        (
            part('name="call"; filename="x"', b" " * (1 << 20) + b"{}", f"Content-Type: {JSON}") + END,
            MULTIPART,
            (413, "too-large"),
        ),
        (b'{"args":[[' + b",".join([b'{"$":["form",[]]}'] * 65) + b"]]}", JSON, (413, "too-large")),
    ],
)
def test_calls_with_files_that_are_refused(
    load: Load, body: bytes, kind: str, expected: tuple[int, str]
) -> None:
    """Each with its kind, before anything runs."""
    module = load("""
        async def save(file):
            "use server"
            raise AssertionError("ran")
    """)
    response = over_http(module.save.id, body, kind)
    assert (response.status_code, response.headers["x-directives-error"]) == expected


def over_http(function_id: str, body: bytes, kind: str = MULTIPART) -> TestResponse:
    client = Client(DirectivesMiddleware(NotFound(), runtime))
    return client.post(f"/_directives/{function_id}", data=body, content_type=kind)


UPLOADER = """
import io, resource, sys
from werkzeug.exceptions import NotFound
from werkzeug.test import create_environ
from directives.compiler import compile_module
from directives.runtime import runtime
from directives.wsgi import DirectivesMiddleware

SOURCE = '''"use server"
async def size(form):
    return form["photo"].seek(0, 2)
'''
compiled = compile_module(SOURCE, "uploader", "uploader.py")
exec(compile(compiled.half.tree, "uploader.py", "exec"), {"__name__": "uploader"})
HEAD = b'--XX\\r\\nContent-Disposition: form-data; name="photo"; filename="x"\\r\\n\\r\\n'
END = b"\\r\\n--XX--\\r\\n"

class Body(io.RawIOBase):
    def __init__(self, size):
        self.left, self.size = [HEAD, END], size
    def read(self, size=-1):
        if len(self.left) == 2:
            return self.left.pop(0)
        if self.size:
            piece = min(size, self.size)
            self.size -= piece
            return bytes(piece)
        return self.left.pop() if self.left else b""

def upload(size):
    environ = create_environ(f"/?_directives={compiled.records[0].id}", method="POST", headers={"Accept": "application/json"})
    environ |= {
        "wsgi.input": Body(size), "CONTENT_LENGTH": str(len(HEAD) + size + len(END)),
        "CONTENT_TYPE": "multipart/form-data; boundary=XX",
    }
    app = DirectivesMiddleware(NotFound(), runtime)
    assert b"".join(app(environ, lambda *_: None)) == b'{"ok":%d}' % size

upload(1 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
upload(50_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_large_upload_takes_no_memory(tmp_path: Path) -> None:
    """50 MB pass through a server whose memory, at its highest, grows by less than 2 MB."""
    done = subprocess.run(
        [sys.executable, "-c", UPLOADER], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2000, "KiB"
