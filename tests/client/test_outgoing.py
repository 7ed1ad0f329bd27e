"""Files and forms as arguments of a stub: sent beside the message, from where they are."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from directives.client.outgoing import outgoing
from directives.errors import EncodeError
from directives.errors import RemoteError
from directives.forms import FormData
from directives.runtime import runtime
from tests.client.serving import served
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SOURCE = dedent("""
    'use server'

    async def digest(file):
        import hashlib
        return [file.filename, file.mimetype, hashlib.file_digest(file.stream, "sha256").hexdigest()]

    async def length(file):
        return file.stream.seek(0, 2)

    async def save(form, *, extra=None):
        fields = [[name, value if type(value) is str else value.read()] for name, value in form.items(multi=True)]
        return [type(form).__name__, fields, extra and extra.read()]

    async def lines(file):
        for line in file:
            yield line
""")


@pytest.fixture
def stubs(load: Load) -> Iterator[ModuleType]:
    """The client half of a module whose server half is served."""
    with served(load, SOURCE) as (_, client):
        runtime.configure(upload_size_limit=3 << 20)
        yield client


def test_a_file_from_the_disk(stubs: ModuleType, tmp_path: Path) -> None:
    """It arrives whole, with its name and type; more than a body may have otherwise."""
    import hashlib

    data = bytes(range(256)) * 8000
    path = tmp_path / "tea garden.png"
    path.write_bytes(data)
    with path.open("rb") as opened:
        told = asyncio.run(stubs.digest(FileStorage(opened, path.name)))
    assert told == ["tea garden.png", "image/png", hashlib.sha256(data).hexdigest()]


def test_a_large_file_is_never_in_memory(stubs: ModuleType, tmp_path: Path) -> None:
    """It is read in pieces as it is sent, and written to the disk as it arrives."""
    import tracemalloc

    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(48 << 20)
    runtime.configure(upload_size_limit=64 << 20)
    stubs.length.sync(FileStorage(io.BytesIO(b"imports what it takes"), "small.bin"))
    with path.open("rb") as opened:
        tracemalloc.start()
        try:
            assert stubs.length.sync(FileStorage(opened, "large.bin")) == 48 << 20
            assert tracemalloc.get_traced_memory()[1] < 16 << 20
        finally:
            tracemalloc.stop()


def test_a_form_with_files(stubs: ModuleType) -> None:
    """Fields and files keep their order within the form; one file may be in two places."""
    file = FileStorage(io.BytesIO(b"of a file"), "a.txt")
    form = FormData([("name", "sencha"), ("photo", file), ("name", "assam")])
    kind, fields, extra = asyncio.run(stubs.save(form, extra=file))
    assert (kind, extra) == ("FormData", b"")
    assert sorted(fields) == [["name", "assam"], ["name", "sencha"], ["photo", b"of a file"]]


def test_a_form_without_files_is_an_ordinary_value(stubs: ModuleType) -> None:
    """Nothing but the message is sent."""
    assert outgoing({"args": [FormData({"a": "1"})]}).files is None
    assert asyncio.run(stubs.save(FormData({"a": "1"}))) == ["FormData", [["a", "1"]], None]


def test_a_generator_takes_files(stubs: ModuleType) -> None:
    """They stay open until its last item."""

    async def collect() -> list[Any]:
        return [line async for line in stubs.lines(FileStorage(io.BytesIO(b"one\ntwo\n"), "a.txt"))]

    assert asyncio.run(collect()) == [b"one\n", b"two\n"]


def test_a_file_over_the_limit(stubs: ModuleType) -> None:
    """The server refuses it, and the caller learns so."""
    with pytest.raises(RemoteError) as caught:
        asyncio.run(stubs.digest(FileStorage(io.BytesIO(bytes(4 << 20)), "a.bin")))
    assert (caught.value.kind, caught.value.status) == ("too-large", 413)


def test_open_files_are_named() -> None:
    """A file without a name and type of its own is no value."""
    with pytest.raises(EncodeError, match=r"args\[0\]\.a\[0\]: BytesIO cannot travel"):
        outgoing({"args": [{"a": [io.BytesIO()]}]})
