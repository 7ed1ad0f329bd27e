"""Injected parameters: filled by the server at each remote call, and never sent."""

from __future__ import annotations

import asyncio
from textwrap import dedent
from types import ModuleType

import pytest

from directives.compiler import compile_module
from directives.wire.references import FunctionReference
from tests.access.calls import ADMIN
from tests.access.calls import KARL
from tests.access.calls import POLICIES
from tests.access.calls import content
from tests.access.calls import http
from tests.access.calls import outcome
from tests.access.calls import post
from tests.loading import Load


def shop(load: Load, source: str) -> ModuleType:
    return load(dedent(POLICIES) + dedent(source))


ORDERS = """
    async def slowly():
        return "slow"

    CurrentUser = Annotated[str, Injected(current_user)]

    async def by_name(sku, *, user: CurrentUser):
        'use server'
        return [sku, user]

    async def in_front(user: CurrentUser, sku: str, n: int = 1, *rest: int):
        'use server'
        return [user, sku, n, list(rest)]

    async def any_names(*, user: CurrentUser, **extra):
        'use server'
        return [user, extra]

    async def later(*, word: Annotated[str, Injected(slowly)]):
        'use server'
        return word

    async def count(to: int, user: CurrentUser):
        'use server'
        for number in range(to):
            yield [number, user]

    async def save(form, user: CurrentUser):
        'use server'
        ran.append((form["sku"], user))
"""


def test_a_source_fills_the_parameter(load: Load) -> None:
    """Plain or async, with the request or without."""
    module = shop(load, ORDERS)
    assert outcome(post(module.by_name, "apple", headers=KARL)) == ["apple", "karl"]
    assert outcome(post(module.later)) == "slow"


def test_it_may_stand_anywhere(load: Load) -> None:
    """Positional arguments go around it, by position or by name."""
    act = shop(load, ORDERS).in_front
    assert outcome(post(act, "a", headers=KARL)) == ["karl", "a", 1, []]
    assert outcome(post(act, "a", 2, headers=KARL)) == ["karl", "a", 2, []]
    assert outcome(post(act, "a", 2, 3, 4, headers=KARL)) == ["karl", "a", 2, [3, 4]]
    assert outcome(post(act, n=5, sku="a", headers=KARL)) == ["karl", "a", 5, []]


def test_it_cannot_be_sent(load: Load) -> None:
    """Refused like a parameter that does not exist, also where any name is taken."""
    module = shop(load, ORDERS)
    for function, args in ((module.by_name, ("a",)), (module.in_front, ("a",)), (module.any_names, ())):
        response = post(function, *args, user="root", headers=KARL)
        assert response.status_code == 422
        problems = content(response)["error"]["problems"]
        assert problems == [{"path": "user", "reason": "the function has no such parameter"}]
    assert outcome(post(module.by_name, "a", "root", headers=KARL)) == (422, "arguments")
    assert outcome(post(module.any_names, color="red", headers=KARL)) == ["karl", {"color": "red"}]


def test_what_a_source_raises_denies(load: Load) -> None:
    """Like a policy: nobody signed in is 401, everything else 403."""
    module = shop(
        load,
        ORDERS
        + """
    def broken():
        raise LookupError("no database")
    async def act(*, value: Annotated[int, Injected(broken)]):
        'use server'
        ran.append(value)
    """,
    )
    assert outcome(post(module.by_name, "a")) == (401, "sign-in-required")
    assert outcome(post(module.act)) == (403, "forbidden")
    assert b"database" not in post(module.act).data
    assert module.ran == []


def test_policies_see_what_is_injected(load: Load) -> None:
    """So a predicate can ask about the user that the function gets."""
    module = shop(
        load,
        """
        @requires(lambda request, arguments: arguments["user"] == "root")
        async def act(n, *, user: Annotated[str, Injected(current_user)] = "nobody"):
            'use server'
            return [n, user]
    """,
    )
    assert outcome(post(module.act, 1, headers=KARL)) == (403, "forbidden")
    assert outcome(post(module.act, 1, headers=ADMIN)) == [1, "root"]


def test_form_actions_have_them(load: Load) -> None:
    """Beside the form's data."""
    module = shop(load, ORDERS)
    assert http().post(f"/{module.save}", data={"sku": "apple"}, headers=KARL).status_code == 303
    assert module.ran == [("apple", "karl")]


def test_streams_have_them(load: Load) -> None:
    """And are denied before their first byte."""
    count = shop(load, ORDERS).count
    assert post(count, 1).status_code == 401
    assert content(post(count, 1, headers=KARL)) == {"ok": [0, "karl"]}


def test_nested_functions_have_them(load: Load) -> None:
    """Beside what they capture."""
    module = shop(
        load,
        """
        def page(product):
            async def buy(n, *, user: Annotated[str, Injected(current_user)]):
                'use server'
                return [product, n, user]
            return buy
    """,
    )
    buy = module.page("apple")
    assert outcome(post(buy, 2, bound=buy.bound(), headers=KARL)) == ["apple", 2, "karl"]


def test_server_code_passes_it(load: Load) -> None:
    """An ordinary call is an ordinary call."""
    assert asyncio.run(shop(load, ORDERS).by_name("apple", user="anna")) == ["apple", "anna"]


def test_a_function_that_a_caller_names_gets_it_filled(load: Load) -> None:
    """Whoever calls it need not know of it, and cannot set it."""
    module = shop(
        load,
        ORDERS
        + """
    async def apply(function, how):
        'use server'
        return await function("apple", **how)
    """,
    )
    reference = FunctionReference(module.by_name.id)
    assert outcome(post(module.apply, reference, {}, headers=KARL)) == ["apple", "karl"]
    assert outcome(post(module.apply, reference, {"user": "root"}, headers=KARL)) == ["apple", "karl"]


def test_an_alias_of_another_module_is_refused(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """The compiler cannot see through it, so it would be sendable: nothing runs, and the log says what to write."""
    load(dedent(POLICIES) + "CurrentUser = Annotated[str, Injected(current_user)]\n", "users_of_a_test")
    module = shop(
        load,
        """
        from users_of_a_test import CurrentUser
        async def act(user: CurrentUser | None = None):
            'use server'
            ran.append(user)
    """,
    )
    assert outcome(post(module.act, "root")) == (500, "internal")
    assert outcome(post(module.act)) == (500, "internal")
    assert module.ran == []
    assert "write `Annotated[..., Injected(...)]` in the signature" in caplog.text


def test_a_name_that_is_not_what_it_seems_is_refused(load: Load) -> None:
    """Where the annotation turns out to inject nothing, nothing runs."""
    module = shop(
        load,
        """
        async def act(*, user: Annotated[str, Injected(current_user)]):
            'use server'
            ran.append(user)
        Injected = lambda source: source
    """,
    )
    assert outcome(post(module.act, headers=KARL)) == (500, "internal")
    assert module.ran == []


def test_stubs_do_not_have_it() -> None:
    """Neither in the signature nor in what is sent; its annotation and source stay on the server."""
    imported = "'use server'\nfrom typing import Annotated\nfrom directives.access import Injected\n"
    client = compile_module(
        imported + "async def act(user: Annotated[str, Injected(who)], sku: str, *, n: int = 1): ...\n",
        "shop.actions",
        "shop/actions.py",
    ).client
    assert client is not None
    assert "async def act(sku: str, *, n: int=" in client.source
    assert "user" not in client.source
    assert "Injected" not in client.source


def test_an_injected_parameter_keeps_the_id() -> None:
    """To callers the function is the same, so open pages survive."""
    head = "from typing import Annotated\nfrom directives.access import Injected\n"
    before, after = (
        compile_module(head + source, "shop", "shop.py").records[0].id
        for source in (
            "async def act(n: int): 'use server'\n",
            "async def act(n: int, *, user: Annotated[str, Injected(print)]): 'use server'\n",
        )
    )
    assert before == after
