"""The reference: a function to server code, an ID to everybody else."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import re
import traceback

import pytest
from werkzeug.datastructures import Headers

from directives import ServerFunction
from tests.answering import answering
from tests.loading import Load


class Request:
    headers = Headers()
    query = ""


ACTIONS = '''
    async def order(sku: str, quantity: int = 1, *, note: str | None = None) -> dict:
        """Order something."""
        'use server'
        if not sku:
            raise LookupError("no such product")
        return {"sku": sku, "quantity": quantity, "note": note}
'''


def test_is_called_like_the_function(load: Load) -> None:
    """Positional, keyword and default arguments are bound by the function's own signature."""
    order = load(ACTIONS).order
    assert asyncio.run(order("a", note="now")) == {"sku": "a", "quantity": 1, "note": "now"}


def test_looks_like_the_function(load: Load) -> None:
    """Signature, docstring and names are the function's; so is being a coroutine function."""
    order = load(ACTIONS).order
    assert type(order) is ServerFunction
    assert (
        str(inspect.signature(order)) == "(sku: str, quantity: int = 1, *, note: str | None = None) -> dict"
    )
    assert order.__doc__ == "Order something."
    assert (order.__name__, order.__module__) == ("order", "shop_of_a_test")
    assert inspect.iscoroutinefunction(order)
    assert asyncio.iscoroutinefunction(order)


def test_leaves_no_frame_in_tracebacks(load: Load) -> None:
    """An exception of the function, or of binding its arguments, shows no frame of ours."""
    module = load(ACTIONS)
    with pytest.raises(LookupError) as failed:
        asyncio.run(module.order(""))
    files = [frame.filename for frame in traceback.extract_tb(failed.value.__traceback__)]
    assert files[-1] == "shop_of_a_test.py"
    assert not any("directives/functions" in file for file in files)
    with pytest.raises(TypeError, match=r"order\(\) missing 1 required positional argument: 'sku'") as wrong:
        module.order()
    assert len(traceback.extract_tb(wrong.value.__traceback__)) == 1


def test_says_nothing_of_its_code(load: Load) -> None:
    """Text forms of a reference hold its name or its ID, and no file, source or address."""
    order = load(ACTIONS).order
    assert repr(order) == "<ServerFunction shop_of_a_test.order>"
    assert str(order) == f"{order}" == order.__html__() == f"?_directives={order.id}"
    assert len(order.id) == 40
    assert set(order.id) <= set("0123456789abcdef")


def test_in_a_page_each_form_has_a_key_of_its_own(load: Load) -> None:
    """While a request is answered; what is made for many visitors at once has none."""
    order = load(ACTIONS).order

    with answering(Request()):
        first, second = str(order), order.__html__()
    assert re.fullmatch(rf"\?_directives={order.id}~[0-9a-f]{{32}}", first)
    assert first[:54] == second[:54]
    assert first != second
    assert str(order) == f"?_directives={order.id}"


def test_pickles_and_copies_by_reference(load: Load) -> None:
    """As a function does, so that it can go to a process pool."""
    order = load(ACTIONS).order
    assert pickle.loads(pickle.dumps(order)) is order
    assert copy.deepcopy([order])[0] is order


def test_survives_odd_decorators(load: Load) -> None:
    """A decorator may return any callable: a partial, an instance without a name."""
    module = load("""
        from functools import partial

        def odd(function):
            return partial(function, 2)

        @odd
        async def double(factor, number):
            'use server'
            return factor * number
    """)
    assert asyncio.run(module.double(4)) == 8
    assert "ServerFunction" in repr(module.double)


def test_static_methods_are_server_functions(load: Load) -> None:
    """On the class, on an instance, and by ID."""
    module = load("""
        class Shop:
            @staticmethod
            async def open(door: str) -> str:
                'use server'
                return door + " is open"
    """)
    assert asyncio.run(module.Shop.open("front")) == "front is open"
    assert asyncio.run(module.Shop().open("back")) == "back is open"


def test_user_decorators_run_inside(load: Load) -> None:
    """'use server' wraps outermost, so a guard runs on every call."""
    module = load("""
        from functools import wraps
        calls = []

        def guarded(function):
            @wraps(function)
            async def guard(*args):
                calls.append(args)
                return await function(*args)
            return guard

        @guarded
        async def act(x):
            'use server'
            return x
    """)
    assert type(module.act) is ServerFunction
    assert asyncio.run(module.act(1)) == 1
    assert module.calls == [(1,)]
