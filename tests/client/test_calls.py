"""Stubs against a real server: the client half of a module calls its server half over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from markupsafe import Markup

from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.errors import EncodeError
from directives.errors import RemoteError
from directives.functions import special_for
from directives.runtime import runtime
from directives.wire.classes import Types
from tests.client.serving import served
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SOURCE = dedent('''
    """Everything a signature can say."""
    'use server'
    from dataclasses import dataclass
    from typing import Any
    from directives.request import redirect

    @dataclass
    class Line:
        sku: str

    async def echo(first, /, second: int = 2, *rest: int, third: int = 3, **extra: str) -> list:
        """Say it again."""
        return [first, second, list(rest), third, extra]

    async def twice(function, value: int):
        return await function(await function(value))

    async def add_one(value: int) -> int:
        return value + 1

    async def count(to: int):
        for number in range(to):
            yield number
        if to == 3:
            raise ValueError("the secret reason")

    async def fail():
        raise ValueError("the secret reason")

    async def adder(amount: int):
        async def add(value: int) -> int:
            'use server'
            return value + amount
        return {"add": add}

    async def leave():
        redirect("/thanks")

    async def goods(first: Any, second: Line | None = None):
        from markupsafe import Markup
        return {"line": Line(str(first)), "second": second, "html": Markup("<b>")}

    def numbers(to: int):
        yield from range(to)

    def plain(value: int) -> int:
        return value + 1
''')


@pytest.fixture
def stubs(load: Load) -> Iterator[ModuleType]:
    """The client half of a module whose server half is served."""
    with served(load, SOURCE) as (_, client):
        yield client


@pytest.mark.parametrize(
    ("args", "kwargs", "result"),
    [
        ((1,), {}, [1, 2, [], 3, {}]),
        ((1, 5), {}, [1, 5, [], 3, {}]),
        ((1,), {"second": 5}, [1, 5, [], 3, {}]),
        ((1, 5, 6, 7), {"third": 8}, [1, 5, [6, 7], 8, {}]),
        (("é",), {"more": "x", "first": "y"}, ["é", 2, [], 3, {"more": "x", "first": "y"}]),
    ],
)
def test_a_call_gives_what_the_function_returns(
    stubs: ModuleType, args: tuple[Any, ...], kwargs: dict[str, Any], result: list[Any]
) -> None:
    """Every way to pass an argument arrives as it would in a call on the server; defaults are the server's."""
    assert asyncio.run(stubs.echo(*args, **kwargs)) == result


def test_a_wrong_signature_fails_before_anything_is_sent(stubs: ModuleType) -> None:
    """Python itself refuses arguments that do not fit the stub's signature."""
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'first'"):
        stubs.echo()


def test_a_value_of_another_type_is_named(stubs: ModuleType) -> None:
    """The server's validation against the annotations reaches the caller with the path of the argument."""
    with pytest.raises(RemoteError, match="value: ") as caught:
        asyncio.run(stubs.add_one("no number"))
    assert (caught.value.kind, caught.value.status) == ("arguments", 422)


def test_refused_arguments_are_named(stubs: ModuleType) -> None:
    """A stub of an older build may send what the function no longer takes: the server says which."""
    transport = Transport(lambda: runtime.settings, Connections())
    with pytest.raises(RemoteError) as caught:
        asyncio.run(transport.call(stubs.add_one.id, [1, 2], {"other": 3}))
    assert (caught.value.kind, caught.value.status) == ("arguments", 422)
    assert any("other" in path for path, _ in caught.value.problems)


def test_a_stub_passed_as_an_argument_is_the_function_on_the_server(stubs: ModuleType) -> None:
    """The server resolves a reference to its own function and calls it there."""
    assert asyncio.run(stubs.twice(stubs.add_one, 5)) == 7


def test_a_function_that_the_server_returns_can_be_called(stubs: ModuleType) -> None:
    """It keeps what it captured, sealed, in a call of its own and as an argument of another."""

    async def use() -> tuple[int, int]:
        add = (await stubs.adder(10))["add"]
        return await add(1), await stubs.twice(add, 1)

    assert asyncio.run(use()) == (11, 21)


def test_calls_of_one_loop_run_side_by_side(stubs: ModuleType) -> None:
    """Many calls at once share the loop's connections, and each gets its own answer."""

    async def many() -> list[int]:
        return await asyncio.gather(*(stubs.add_one(number) for number in range(30)))

    assert asyncio.run(many()) == list(range(1, 31))


def test_a_generator_streams_its_items(stubs: ModuleType) -> None:
    """The items come one by one; leaving early leaves no connection in use."""

    async def first(limit: int) -> list[int]:
        items = []
        async for item in stubs.count(10):
            items.append(item)
            if len(items) == limit:
                break
        return [*items, await stubs.add_one(100)]

    assert asyncio.run(first(4)) == [0, 1, 2, 3, 101]
    assert asyncio.run(first(20)) == [*range(10), 101]


def test_plain_functions_and_generators_are_awaited_and_streamed(stubs: ModuleType) -> None:
    """Where a setting lets a ``def`` be a server function, clients treat it like an ``async def``."""

    async def use() -> tuple[int, list[int]]:
        return await stubs.plain(1), [number async for number in stubs.numbers(3)]

    assert asyncio.run(use()) == (2, [0, 1, 2])


def test_instances_and_markup_among_values(stubs: ModuleType) -> None:
    """An instance is built where the annotation asks for it, and comes back plain; markup comes back as markup."""

    @dataclass
    class Line:
        sku: str

    result = asyncio.run(stubs.goods(1, Line("a")))
    assert result == {"line": {"sku": "1"}, "second": {"sku": "a"}, "html": "<b>"}
    assert type(result["html"]) is Markup


def test_awaitables_among_arguments(stubs: ModuleType) -> None:
    """They are waited for before anything is sent, at any depth: a call can take the result of another."""
    result = asyncio.run(stubs.echo([stubs.add_one(1), {"a": stubs.add_one(2)}], stubs.add_one(3)))
    assert result == [[2, {"a": 3}], 4, [], 3, {}]


def test_markup_is_no_argument(stubs: ModuleType) -> None:
    """Nothing is sent; the error says what to pass."""
    with pytest.raises(EncodeError, match=r"^args\[0\]: Markup is no argument.*pass its text"):
        asyncio.run(
            Transport(
                lambda: runtime.settings, Connections(), special=special_for(Types(), markup=False)
            ).call("0" * 40, [Markup("x")], {})
        )


def test_a_failing_function_is_a_remote_error_without_its_reason(stubs: ModuleType) -> None:
    """What the function raised stays on the server; the digest says what to look for in its log."""
    with pytest.raises(RemoteError) as caught:
        asyncio.run(stubs.fail())
    assert caught.value.status == 500
    assert caught.value.digest
    assert "secret" not in str(caught.value)


def test_a_failing_generator_gives_its_items_first(stubs: ModuleType) -> None:
    """An error after some items is raised where it happened."""

    async def collect() -> None:
        items = stubs.count(3)
        assert [await anext(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(RemoteError) as caught:
            await anext(items)
        assert "secret" not in str(caught.value)

    asyncio.run(collect())


def test_a_redirect_is_raised_in_the_client(stubs: ModuleType) -> None:
    """redirect() in the function ends the call as it would on the server."""
    from directives.request import Redirect

    with pytest.raises(Redirect):
        asyncio.run(stubs.leave())


def test_a_function_that_is_gone_is_told_apart(stubs: ModuleType) -> None:
    """A stub of an older build gets the kind for an unknown function."""
    runtime.functions.forget("shop_of_a_test")
    with pytest.raises(RemoteError) as caught:
        asyncio.run(stubs.fail())
    assert caught.value.status == 404


def test_an_endpoint_elsewhere_is_one_clear_error(stubs: ModuleType) -> None:
    """An application without an endpoint at the address says so."""
    runtime.configure(endpoint="/elsewhere")
    runtime.configure(url=f"{runtime.settings.url}/nowhere")
    with pytest.raises(RemoteError, match="no endpoint of directives is there"):
        asyncio.run(stubs.fail())
