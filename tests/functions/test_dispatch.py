"""Dispatch: nothing of the user's runs until everything about the call is accepted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from directives.errors import ArgumentsError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import runtime
from directives.wire.references import FunctionReference
from tests.loading import Load


def run(call: Call) -> Any:
    started = dispatch(runtime.functions, call)
    if started.result is not None:
        return asyncio.run(started.result)

    async def collect() -> list[Any]:
        assert started.items is not None
        return [item async for item in started.items]

    return asyncio.run(collect())


def test_arguments_are_bound_as_written(load: Load) -> None:
    """By position, by name, by default."""
    act = load("""
        async def act(a, b=2, *rest, c=3, **extra):
            'use server'
            return a, b, rest, c, extra
    """).act
    assert run(Call(act.id, (1,))) == (1, 2, (), 3, {})
    assert run(Call(act.id, (1, 5, 6), {"c": 7, "d": 8})) == (1, 5, (6,), 7, {"d": 8})


def test_nothing_runs_when_arguments_do_not_fit(load: Load) -> None:
    """Not even a decorator."""
    module = load("""
        ran = []
        def noisy(function):
            def wrapper(*args):
                ran.append(args)
                return function(*args)
            return wrapper
        @noisy
        async def act(a):
            'use server'
    """)
    with pytest.raises(ArgumentsError, match="a: required, but not given"):
        dispatch(runtime.functions, Call(module.act.id))
    assert module.ran == []


def test_nothing_runs_before_it_is_awaited(load: Load) -> None:
    """Dispatch decides; the result's coroutine runs."""
    module = load("ran = []\nasync def act():\n    'use server'\n    ran.append(1)")
    started = dispatch(runtime.functions, Call(module.act.id))
    assert module.ran == []
    assert started.result is not None
    started.result.close()


def test_async_generators_answer_item_by_item(load: Load) -> None:
    """Closing the stream closes the generator."""
    module = load("""
        closed = []
        async def count(n):
            'use server'
            try:
                for i in range(n):
                    yield i
            finally:
                closed.append(True)
    """)
    assert run(Call(module.count.id, (3,))) == [0, 1, 2]
    module.closed.clear()

    async def first() -> Any:
        started = dispatch(runtime.functions, Call(module.count.id, (3,)))
        assert started.items is not None
        async for item in started.items:
            await started.items.aclose()  # type: ignore[attr-defined]
            return item
        return None

    assert asyncio.run(first()) == 0
    assert module.closed == [True]


def test_a_decorator_may_make_it_a_plain_function(load: Load) -> None:
    """What it returns without awaiting is the result."""
    act = load("""
        def answer(function):
            return lambda: 42
        @answer
        async def act():
            'use server'
    """).act
    assert run(Call(act.id)) == 42


def test_references_among_arguments_are_looked_up(load: Load) -> None:
    """At any depth, nested functions with what they captured."""
    module = load("""
        async def top():
            'use server'
            return "top"
        def page(x):
            async def inner():
                'use server'
                return x
            return inner
        async def act(functions, *, named):
            'use server'
            return [await function() for function in (*functions, named["deep"][0])]
    """)
    inner = module.page(5)
    top = FunctionReference(module.top.id)
    nested = FunctionReference(inner.id, inner.bound())
    call = Call(module.act.id, ([top, nested],), {"named": {"deep": (nested,)}}, references=True)
    assert run(call) == ["top", 5, 5]


def test_an_unknown_reference_is_a_wrong_argument(load: Load) -> None:
    """Its path is named; it is not mistaken for the called function."""
    act = load("async def act(x): 'use server'").act
    hostile = Call(act.id, ({"a": [FunctionReference("__class__")]},), references=True)
    with pytest.raises(ArgumentsError, match=r"args\[0\]\.a\[0\]: no server function has this ID"):
        dispatch(runtime.functions, hostile)
