"""Section B: what a server function is to server code and across deploys."""

from __future__ import annotations

import asyncio
import inspect
import traceback

import pytest

from directives.compiler import compile_module
from directives.errors import ArgumentsError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import runtime
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def id_of(source: str, module: str = "shop.actions") -> str:
    return compile_module("'use server'\n" + source, module, "actions.py").records[0].id


def test_b03_arguments_are_checked_against_the_annotations_before_the_body_runs(load: Load) -> None:
    """A caller's word counts for nothing: what does not fit is named, and nothing runs."""
    module = load("""
        ran = []
        async def order(sku: str, quantity: int = 1):
            'use server'
            ran.append((sku, quantity))
    """)
    for args in [(1,), ("a", "2"), ({"$": "x"},), ("a", True), ("a", 1.5)]:
        with pytest.raises(ArgumentsError):
            dispatch(runtime.functions, Call(module.order.id, args))
    assert module.ran == []


def test_b21_an_id_survives_edits_of_bodies_and_other_code() -> None:
    """Module, qualified name and signature make the ID; bodies, defaults' values and other code do not."""
    before = id_of("async def order(sku: str, n: int = 1) -> dict: return {}")
    after = id_of(
        'import os\nx = 1\nasync def order(sku: str, n: int = 2) -> dict:\n    """New."""\n    return {"a": 1}'
    )
    assert before == after


def test_b21_an_id_changes_with_what_callers_see() -> None:
    """Another module, name or signature is another function."""
    base = "async def order(sku: str, n: int = 1) -> dict: return {}"
    others = [
        "async def reorder(sku: str, n: int = 1) -> dict: return {}",
        "async def order(sku: str, n: int) -> dict: return {}",
        "async def order(sku: bytes, n: int = 1) -> dict: return {}",
        "async def order(sku: str, *, n: int = 1) -> dict: return {}",
        "async def order(sku: str, n: int = 1) -> list: return {}",
    ]
    ids = [id_of(base), id_of(base, "shop.other"), *map(id_of, others)]
    assert len(set(ids)) == len(ids)


def test_b23_called_from_server_code_it_is_an_ordinary_call(load: Load) -> None:
    """Arguments are the objects themselves, the signature is the function's, nothing is serialized."""
    module = load("""
        async def same(value: object) -> object:
            'use server'
            return value
        def page(captured):
            async def inner():
                'use server'
                return captured
            return inner
    """)
    marker = object()
    assert asyncio.run(module.same(marker)) is marker
    assert asyncio.run(module.page(marker)()) is marker
    assert list(inspect.signature(module.same).parameters) == ["value"]


def test_b23_its_traceback_is_that_of_an_ordinary_call(load: Load) -> None:
    """What it raises shows the caller's frames and its own, and none between them."""
    module = load("""
        async def fail():
            'use server'
            raise LookupError
        async def page():
            await fail()
    """)
    with pytest.raises(LookupError) as failed:
        asyncio.run(module.page())
    frames = [frame.name for frame in traceback.extract_tb(failed.value.__traceback__)]
    assert frames[-2:] == ["page", "fail"]
