"""Awaitables among values are waited for before the values travel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from directives.functions import Call
from directives.functions import dispatch
from directives.functions.awaited import awaitables_in
from directives.functions.awaited import settled
from directives.runtime import runtime
from tests.loading import Load


async def soon(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def test_awaitables_at_any_depth_are_replaced() -> None:
    """In lists, tuples, dicts and sets; coroutines, tasks, futures, and what they give in turn."""

    async def main() -> Any:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.set_result(4)
        return await settled(
            [soon(1), (asyncio.ensure_future(soon(2)), {"a": soon([soon(3)])}), {future}, soon(soon(5))]
        )

    assert asyncio.run(main()) == [1, (2, {"a": [3]}), {4}, 5]


def test_nothing_to_wait_for_changes_nothing() -> None:
    """The value itself comes back, not a copy, and so does every part that holds no awaitable."""
    kept: dict[str, Any] = {"a": [1, (2,)]}
    assert asyncio.run(settled(kept)) is kept

    async def main() -> Any:
        value = [kept, soon(1)]
        return value, await settled(value)

    value, result = asyncio.run(main())
    assert result is not value
    assert result[0] is kept
    assert value[0] is kept


def test_each_is_waited_for_once() -> None:
    """An awaitable in two places is one."""

    async def main() -> Any:
        one = soon({"a": 1})
        return await settled([one, {"again": one}])

    assert asyncio.run(main()) == [{"a": 1}, {"again": {"a": 1}}]


def test_they_are_waited_for_at_the_same_time() -> None:
    """Each can wait for another one."""

    async def main() -> Any:
        event = asyncio.Event()

        async def wait() -> str:
            await event.wait()
            return "waited"

        async def give() -> str:
            event.set()
            return "gave"

        return await asyncio.wait_for(settled([wait(), give()]), 5)

    assert asyncio.run(main()) == ["waited", "gave"]


def test_the_first_failure_ends_the_others() -> None:
    """It is raised as it is, in no group."""
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("the reason")

    with pytest.raises(LookupError, match="the reason"):
        asyncio.run(settled({"a": wait(), "b": [fail()]}))
    assert ended == [True]


def test_circles_end() -> None:
    """A value that holds itself is left for the codec to refuse."""
    circle: list[Any] = [1]
    circle.append(circle)
    assert awaitables_in(circle) == []


def test_a_look_at_what_is_copied() -> None:
    """Each container that is replaced by a copy is looked at, and no other one."""
    looked: list[Any] = []

    async def main() -> Any:
        kept = [[2]]
        value = {"a": [soon(1)], "b": kept}
        await settled(value, lambda: looked.append)
        return value, kept

    value, kept = asyncio.run(main())
    assert [id(part) for part in looked] == [id(value["a"]), id(value)]
    assert kept not in looked


def test_what_the_wire_says_is_never_waited_for() -> None:
    """Only a type can be awaitable; a dict that has the word among its keys is a dict."""
    assert awaitables_in([{"__await__": "x", "then": 1}]) == []


def test_results_and_items_of_a_call(load: Load) -> None:
    """Of coroutines, of functions that decorators made plain, and of generators."""
    module = load("""
        import asyncio
        async def give(value):
            await asyncio.sleep(0)
            return value
        async def result():
            'use server'
            return {"a": [give(1), give(2)]}
        async def stream():
            'use server'
            yield [give(1)]
            yield give({"b": 2})
    """)
    result = dispatch(runtime.functions, Call(module.result.id)).result
    assert isinstance(result, Awaitable)
    assert asyncio.run(result) == {"a": [1, 2]}

    async def collect() -> list[Any]:
        items = dispatch(runtime.functions, Call(module.stream.id)).items
        assert items is not None
        return [item async for item in items]

    assert asyncio.run(collect()) == [[1], {"b": 2}]


def test_a_tainted_container_does_not_leave_as_a_copy(load: Load) -> None:
    """It holds an awaitable, so what would travel is another object."""
    from directives.errors import TaintError

    module = load("""
        from directives.taint import taint_object
        async def give():
            return 1
        async def act():
            'use server'
            row = {"a": give()}
            keep.append(row)
            taint_object("rows stay here", row)
            return [row]
        keep = []
    """)
    result = dispatch(runtime.functions, Call(module.act.id)).result
    assert result is not None
    with pytest.raises(TaintError, match="rows stay here"):
        asyncio.run(result)
