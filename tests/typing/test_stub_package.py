"""The package of stubs as type checkers see it: the server's parameters, by name, and what a call gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from directives.client.package import write_client_package
from directives.client.typed import typed_stubs
from directives.compiler import CompilerSettings
from directives.compiler import Role
from directives.compiler import compile_module
from directives.manifest import build
from directives.settings import load_settings

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).parent / "sample"
ACTIONS = '''\
"""What a shop does."""
'use server'
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass
class Order:
    id: int


async def place_order(sku: str, quantity: int = 1, *, when: date | None = None) -> dict[str, int]:
    """Place an order."""
    return {}


async def follow(order_id: int) -> AsyncIterator[str]:
    yield 'packed'


def numbers(limit: int) -> Iterator[int]:
    yield from range(limit)


async def find(order: Order) -> Order:
    return order


async def loose(what, /, *more, how=1, **rest):
    return what
'''
STUBS = '''\
from typing import Any as __Any__
import directives.client.stubs as __directives__
import collections.abc as _collections_abc
import datetime as _datetime
import typing as _typing
__all__ = ['place_order', 'follow', 'numbers', 'find', 'loose']

@__directives__.server_function('ID')
async def place_order(sku: str, quantity: int=..., *, when: _datetime.date | None=...) -> dict[str, int]:
    """Place an order."""
    ...

@__directives__.server_function('ID')
def follow(order_id: int) -> _collections_abc.AsyncGenerator[str, None]:
    ...

@__directives__.server_function('ID')
def numbers(limit: int) -> _collections_abc.AsyncGenerator[int, None]:
    ...

@__directives__.server_function('ID')
async def find(order: _typing.Any) -> _typing.Any:
    ...

@__directives__.server_function('ID')
async def loose(what: __Any__, /, *more: __Any__, how: __Any__=..., **rest: __Any__) -> __Any__:
    ...
'''
PROGRAM = """\
from collections.abc import AsyncGenerator
from collections.abc import Generator
from typing import Any
from typing import assert_type

from directives.client import Client
from directives.client import sync

from store.actions import find
from store.actions import follow
from store.actions import loose
from store.actions import numbers
from store.actions import place_order


async def main() -> None:
    with Client('https://shop.example', headers={'authorization': 'token'}) as client:
        assert_type(client, Client)
        assert_type(await place_order('tea', quantity=2), dict[str, int])
    assert_type(follow(1), AsyncGenerator[str, None])
    assert_type(numbers(limit=1), AsyncGenerator[int, None])
    assert_type(await find(1), Any)


assert_type(place_order.id, str)
assert_type(place_order.sync('tea', quantity=2, when=None), dict[str, int])
assert_type(follow.sync(order_id=1), Generator[str, None, None])
assert_type(numbers.sync(1), Generator[int, None, None])
assert_type(find.sync(1), Any)
assert_type(loose.sync(1, 2, how='well', other=3), Any)
assert_type(sync(place_order)('tea', 2), dict[str, int])
assert_type(sync(follow)(1), Generator[str, None, None])
place_order.sync(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
place_order.sync('tea', amount=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
place_order.sync()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
"""
PYRIGHT = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "extraPaths": [str(ROOT), "."],
    "include": ["use.py"],
    # Else a comment for mypy would hide what pyright finds.
    "enableTypeIgnoreComments": False,
    "reportUnnecessaryTypeIgnoreComment": "error",
}


def test_a_pyi_file_declares_what_a_stub_does() -> None:
    """Every parameter has a type; a generator is no coroutine; no default is told, and nothing runs."""
    allowed = CompilerSettings(allow_sync_server_functions=True)
    compiled = compile_module(ACTIONS, "store.actions", "store/actions.py", Role.CLIENT, allowed)
    assert compiled.client is not None
    expected = STUBS
    for record in compiled.records:
        expected = expected.replace("'ID'", f"'{record.id}'", 1)
    assert typed_stubs(compiled.client) == expected


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package of stubs, with a program that uses them beside it."""
    server = tmp_path_factory.mktemp("server")
    (server / "store").mkdir()
    (server / "pyproject.toml").write_text("[tool.directives]\nallow_sync_server_functions = true\n")
    (server / "store/__init__.py").write_text("")
    (server / "store/actions.py").write_text(ACTIONS)
    folder = tmp_path_factory.mktemp("client")
    settings = load_settings(server)
    write_client_package(folder, build(settings).modules, settings)
    (folder / "use.py").write_text(PROGRAM)
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
    return folder


# The sample beside this is checked with the same options: what mypy learnt of the package there, it knows here.
MYPY = [
    "mypy",
    "--config-file",
    f"{SAMPLE / 'pyproject.toml'}",
    "--cache-dir",
    f"{SAMPLE / '.mypy_cache'}",
    "use.py",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [MYPY, ["pyright", "--pythonpath", sys.executable, "-p", "."]], ids=["mypy", "pyright"]
)
def test_type_checkers_know_the_stubs(package: Path, command: list[str]) -> None:
    """A strict program has no errors but the expected ones."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=package, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
