"""``@use_server``: a server function where no import hook reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest

from directives import ServerFunction
from directives import use_server
from directives.access import requires
from directives.errors import ArgumentsError
from directives.errors import DecoratorError
from directives.errors import PolicyError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import runtime
from directives.settings import Settings
from tests.loading import Load

Typed = Callable[..., dict[str, Any]]


@pytest.fixture
def typed(settings: Settings) -> Iterator[Typed]:
    """Runs a text as if it was typed at a prompt; gives the names it made."""
    before = set(runtime.functions.records())

    def run(source: str, name: str = "__main__") -> dict[str, Any]:
        names: dict[str, Any] = {"__name__": name, "use_server": use_server, "requires": requires}
        exec(compile(dedent(source), "<stdin>", "exec"), names)
        return names

    yield run
    for function_id, record in runtime.functions.records().items():
        if function_id not in before:
            runtime.functions.forget(record.full_name)


def run(function: ServerFunction[..., Any], *args: Any, bound: str | None = None, **kwargs: Any) -> Any:
    """Call a function as an endpoint would."""
    started = dispatch(runtime.functions, Call(function.id, args, kwargs, bound))
    assert started.result is not None
    return asyncio.run(started.result)


ORDER = """
    @use_server
    async def order(sku: str, quantity: int = 1, *, note: str | None = None) -> dict:
        'Order something.'
        return {'sku': sku, 'quantity': quantity, 'note': note}
"""


def test_it_is_a_server_function(typed: Typed) -> None:
    """Called like the function, handed out as a reference, found by its ID."""
    order = typed(ORDER)["order"]
    assert type(order) is ServerFunction
    assert asyncio.run(order("tea", note="now"))["note"] == "now"
    assert str(order) == f"?_directives={order.id}"
    assert run(order, "tea", quantity=2) == {"sku": "tea", "quantity": 2, "note": None}


def test_arguments_are_validated(typed: Typed) -> None:
    """Against the annotations, texts or objects, as for the directive."""
    order = typed(ORDER)["order"]
    with pytest.raises(ArgumentsError, match="quantity"):
        run(order, "tea", quantity="two")
    later = typed("from __future__ import annotations\n" + dedent(ORDER))["order"]
    with pytest.raises(ArgumentsError, match="quantity"):
        run(later, "tea", quantity="two")
    limited = typed("""
        from typing import Annotated
        from annotated_types import Gt

        @use_server
        async def take(count: Annotated[int, Gt(0)]): return count
    """)["take"]
    assert run(limited, 1) == 1
    with pytest.raises(ArgumentsError, match="count"):
        run(limited, 0)


def test_the_id_is_that_of_the_directive(typed: Typed, load: Load) -> None:
    """The same hash over module, qualified name and signature."""
    module = load("async def order(sku: str, quantity: int = 1) -> dict:\n    'use server'\n", "notebook")
    source = "@use_server\nasync def order(sku: str, quantity: int = 1) -> dict: pass"
    runtime.functions.forget("notebook")
    assert typed(source, "notebook")["order"].id == module.order.id
    assert typed(source.replace("quantity", "count"), "notebook")["order"].id != module.order.id


def test_typing_it_again_replaces_it(typed: Typed) -> None:
    """As at a prompt."""
    typed("@use_server\nasync def act(): return 1")
    again = typed("@use_server\nasync def act(): return 2")["act"]
    assert run(again) == 2


def test_captured_values_travel_sealed(typed: Typed) -> None:
    """A function in a function is rebuilt around what it captured."""
    page = typed("""
        def page(product):
            @use_server
            async def buy(count): return product, count
            return buy
    """)["page"]
    tea, _ = page("tea"), page("coffee")
    assert run(tea, 2, bound=tea.bound()) == ("tea", 2)


def test_policies_hold(typed: Typed) -> None:
    """Below it they are asked; above it they would not be, which is an error."""
    source = """
        @use_server
        @requires(lambda request, arguments: False)
        async def act(): pass
    """
    act = typed(source)["act"]
    assert runtime.functions.find(act.id).policy == ("requires(<lambda>)",)
    with pytest.raises(PolicyError, match="write the policy below it"):
        requires(lambda request, arguments: True)(act)


def test_injected_parameters_cannot_be_sent(typed: Typed) -> None:
    """They are not parameters to a caller."""
    act = typed("""
        from typing import Annotated
        from directives.access import Injected

        def user(): return 'karl'

        @use_server
        async def act(who: Annotated[str, Injected(user)]): return who
    """)["act"]
    registered = runtime.functions.find(act.id)
    assert registered.injected == {"who"}
    assert registered.injections[0][1]() == "karl"
    with pytest.raises(ArgumentsError, match="who"):
        dispatch(runtime.functions, Call(act.id, (), {"who": "eve"}))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("@use_server\ndef act(): pass", "write `async def`"),
        ("@use_server\nclass Act: pass", "was given a class"),
        ("class A:\n    @use_server\n    async def act(self): pass", "the method A.act"),
        ("class A:\n    @use_server\n    @staticmethod\n    async def act(): pass", "stands above @staticmethod"),
        ("use_server(use_server)(print)", "plain `def`"),
        ("use_server(print)", "builtin_function_or_method"),
        ("__directives__ = 1\n@use_server\nasync def act(): pass", "write 'use server' as the first statement"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_is_an_error(typed: Typed, source: str, message: str) -> None:
    """The message says what to write."""
    with pytest.raises(DecoratorError, match=message):
        typed(source)


def test_other_decorators_of_a_nested_one_are_an_error(typed: Typed) -> None:
    """It is rebuilt for each call, without them."""
    with pytest.raises(DecoratorError, match="move it to the module"):
        typed("""
            import functools
            def loud(function):
                @functools.wraps(function)
                async def wrapper(*args): return await function(*args)
                return wrapper
            def page():
                @use_server
                @loud
                async def act(): pass
            page()
        """)


def test_exposure_has_to_be_declared_if_the_project_says_so(typed: Typed) -> None:
    """As for the directive, where the compiler says it."""
    runtime.configure(exposure="declared")
    with pytest.raises(DecoratorError, match="@public or @requires"):
        typed("@use_server\nasync def act(): pass")
