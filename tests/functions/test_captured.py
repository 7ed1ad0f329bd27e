"""What a nested server function captures travels sealed and is put back around its code anywhere."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from directives.errors import EncodeError
from directives.errors import OutdatedPageError
from directives.errors import SealError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import configure
from directives.runtime import runtime
from tests.loading import Load


def remote(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a server function as a client does that holds its ID and what it captured."""
    started = dispatch(runtime.functions, Call(function.id, args, kwargs, function.bound()))
    assert started.result is not None
    return asyncio.run(started.result)


def test_is_rebuilt_around_its_values(load: Load) -> None:
    """A remote call sees what the function captured when it was handed out."""
    act = load("""
        def page(product):
            rate = 3
            async def act(count):
                'use server'
                return product, count * rate
            return act
    """).page({"id": 7})
    assert remote(act, 2) == ({"id": 7}, 6)


def test_a_fresh_worker_needs_no_outer_call(load: Load) -> None:
    """The process that dispatches never ran the function around it."""
    source = """
        def page(product):
            async def act():
                'use server'
                return product
            return act
    """
    act = load(source).page("lamp")
    sealed = act.bound()
    load(source)
    started = dispatch(runtime.functions, Call(act.id, bound=sealed))
    assert started.result is not None
    assert asyncio.run(started.result) == "lamp"


def test_values_are_those_at_hand_out(load: Load) -> None:
    """Closures bind late: not the value at definition, not the one at dispatch."""
    act, move = load("""
        def page():
            step = 1
            async def act():
                'use server'
                return step
            step = 2
            def move():
                nonlocal step
                step = 3
            return act, move
    """).page()
    sealed = act.bound()
    move()
    started = dispatch(runtime.functions, Call(act.id, bound=sealed))
    assert started.result is not None
    assert asyncio.run(started.result) == 2
    assert remote(act) == 3


def test_values_keep_their_types(load: Load) -> None:
    """A tuple stays a tuple, a set a set, a zone a zone."""
    act = load("""
        import datetime, decimal, uuid, zoneinfo
        values = [
            (1, (2,)), {1, 2}, frozenset("a"), b"x", bytearray(b"y"), 1.5, -0.0, 10**400, None, True, 2j, range(3),
            datetime.datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), decimal.Decimal("1.10"),
            uuid.UUID(int=5), {1: "a", (1, 2): "b"}, "\\N{SNOWMAN}",
        ]
        def page():
            captured = values
            async def act():
                'use server'
                return captured
            return act
    """)
    page = act.page()
    result = remote(page)
    assert result == act.values
    assert [type(value) for value in result] == [type(value) for value in act.values]
    assert repr(result) == repr(act.values)


def test_defaults_travel_too(load: Load) -> None:
    """A default is a value of the moment of definition."""
    act = load("""
        def page(price):
            async def act(count=price * 2, *, note=[price]):
                'use server'
                return count, note
            return act
    """).page(5)
    assert remote(act) == (10, [5])
    assert remote(act, 1) == (1, [5])


def test_imports_are_imported_again(load: Load) -> None:
    """A captured module never travels; the same import statement is followed where the call runs."""
    act = load("""
        def page():
            import json
            import xml.dom
            import os.path as p
            from collections import OrderedDict as Ordered
            async def act():
                'use server'
                return json.dumps(1), xml.dom.__name__, p.join("a", "b"), Ordered.__name__
            return act
    """).page()
    assert act.bound() is None
    assert remote(act) == ("1", "xml.dom", "a/b", "OrderedDict")


def test_recursion(load: Load) -> None:
    """The function's own name is the function."""
    fact = load("""
        def page(base):
            async def fact(n):
                'use server'
                return base if n < 1 else n * await fact(n - 1)
            return fact
    """).page(1)
    assert remote(fact, 5) == 120


def test_decorators_run_on_a_rebuilt_function(load: Load) -> None:
    """In the order written, with what they capture themselves."""
    module = load("""
        log = []
        def tagged(name):
            log.append("made " + name)
            def wrap(function):
                async def wrapper(*args):
                    log.append(name)
                    return [name, await function(*args)]
                return wrapper
            return wrap

        def page(role, value):
            @tagged("outer")
            @tagged(role)
            async def act(x):
                'use server'
                return x, value
            return act
    """)
    act = module.page("admin", 1)
    assert module.log == ["made outer", "made admin"]
    assert asyncio.run(act("here")) == ["outer", ["admin", ("here", 1)]]
    assert remote(act, "there") == ["outer", ["admin", ("there", 1)]]


def test_a_captured_server_function_stays_one(load: Load) -> None:
    """Module-level and nested ones, with what those captured."""
    act = load("""
        async def top(x):
            'use server'
            return x + 1
        def page(step):
            async def inner(x):
                'use server'
                return x + step
            async def act(x):
                'use server'
                return await top(x), await inner(x)
            return act
    """).page(10)
    assert remote(act, 1) == (2, 11)


def test_a_circle_is_refused(load: Load) -> None:
    """Two functions that capture each other cannot be handed out; calling them works."""
    one, _ = load("""
        def page():
            async def one(n):
                'use server'
                return n if n > 2 else await two(n + 1)
            async def two(n):
                'use server'
                return await one(n)
            return one, two
    """).page()
    assert asyncio.run(one(0)) == 3
    with pytest.raises(EncodeError, match="captures itself by way of another function"):
        one.bound()


def test_what_cannot_travel_is_named(load: Load) -> None:
    """The error says which variable, where in it, and of which type."""
    act = load("""
        import threading
        def page():
            state = {"items": [threading.Lock()]}
            async def act():
                'use server'
                return state
            return act
    """).page()
    with pytest.raises(EncodeError, match=r"shop_of_a_test\.page\.<locals>\.act .*state.*items.*\[0\].*lock"):
        str(act)


def test_an_empty_cell_is_a_name_error(load: Load) -> None:
    """As Python has it; the variable is named."""
    module = load("""
        made = []
        def page(flag):
            async def act():
                'use server'
                return late
            made.append(act)
            if flag:
                late = 1
    """)
    module.page(False)
    with pytest.raises(NameError, match="'late', which has no value") as failed:
        module.made[0].bound()
    assert failed.value.name == "late"


@pytest.mark.parametrize("change", ["flip", "foreign", "garbage", "missing"])
def test_tampered_values_are_refused(load: Load, change: str) -> None:
    """Nothing runs with values that were not sealed here for this very function."""
    module = load("""
        def page(x):
            async def act():
                'use server'
                raise AssertionError("ran")
            async def other():
                'use server'
                return x
            async def uses():
                'use server'
                return x
            return other, uses
    """)
    other, uses = module.page(1)
    sealed = other.bound()
    hostile = {
        "flip": sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1],
        "foreign": uses.bound(),
        "garbage": "\x00" * 50,
        "missing": None,
    }[change]
    expected = OutdatedPageError if change == "missing" else SealError
    with pytest.raises(expected):
        dispatch(runtime.functions, Call(other.id, bound=hostile))


def test_a_page_of_an_earlier_deploy(load: Load) -> None:
    """A new captured name makes old pages outdated, by name; an unused one does no harm."""
    source = """
        def page(x, y):
            async def act():
                'use server'
                return {body}
            return act
    """
    act = load(source.format(body="x, y")).page(1, 2)
    sealed_both = act.bound()
    act = load(source.format(body="x")).page(1, 2)
    sealed_one = act.bound()
    started = dispatch(runtime.functions, Call(act.id, bound=sealed_both))
    assert started.result is not None
    assert asyncio.run(started.result) == 1
    act = load(source.format(body="y, x")).page(1, 2)
    with pytest.raises(OutdatedPageError, match="'y'"):
        dispatch(runtime.functions, Call(act.id, bound=sealed_one))


def test_keys_rotate(load: Load) -> None:
    """The first key seals; every key opens; a removed key no longer does."""
    act = load("""
        def page(x):
            async def act():
                'use server'
                return x
            return act
    """).page(1)
    old = act.bound()
    configure(secret_keys=["another secret of the project", "first secret of the test's project"])
    started = dispatch(runtime.functions, Call(act.id, bound=old))
    assert started.result is not None
    assert asyncio.run(started.result) == 1
    configure(secret_keys=["another secret of the project"])
    with pytest.raises(SealError):
        dispatch(runtime.functions, Call(act.id, bound=old))


def test_threads_share_nothing(load: Load) -> None:
    """Two requests that rebuild one function at once see their own values."""
    page = load("""
        def page(x):
            async def act():
                'use server'
                return x
            return act
    """).page
    results: dict[int, set[int]] = {}

    def work(number: int) -> None:
        act = page(number)
        results[number] = {remote(act) for _ in range(50)}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: {number} for number in range(8)}
