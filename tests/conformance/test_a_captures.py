"""Section A17: a nested function with a directive captures what CPython says it captures."""

from __future__ import annotations

import asyncio
import sys
from textwrap import dedent
from textwrap import indent
from typing import Any

import pytest

from directives.compiler import compile_module
from directives.errors import EncodeError
from directives.functions import Call
from directives.functions import dispatch
from directives.runtime import runtime
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

# What binds `x` in the function around, and the value a remote call sees.
FORMS = {
    "parameter": ("pass", "given"),
    "assignment": ("x = 1", 1),
    "annotated assignment": ("x: int = 2", 2),
    "augmented assignment": ("x += '!'", "given!"),
    "unpacking": ("(a, *x) = 1, 2, 3", [2, 3]),
    "for": ("for x in range(3): pass", 2),
    "with": ("import contextlib\nwith contextlib.nullcontext('managed') as x: pass", "managed"),
    "walrus": ("if (x := 4): pass", 4),
    "walrus in a comprehension": ("[x := y for y in range(6)]", 5),
    "comprehension": ("x = [x for x in range(3)]", [0, 1, 2]),
    "match": ("match {'k': 7, 'z': 8}:\n    case {'k': 7, **x}: pass", {"z": 8}),
    "match star": ("match [1, 2, 3]:\n    case [_, *x]: pass", [2, 3]),
    "match as": ("match 9:\n    case int() as x: pass", 9),
    "bound again after del": ("del x\nx = 'again'", "again"),
    "nested in blocks": ("try:\n    while True:\n        x = 10\n        break\nfinally: pass", 10),
}


def remote(function: Any) -> Any:
    """Call a server function as a client does that holds its ID and what it captured."""
    started = dispatch(runtime.functions, Call(function.id, bound=function.bound()))
    assert started.result is not None
    return asyncio.run(started.result)


def outer(binding: str, directive: str = "use server", result: str = "x") -> str:
    """A function that binds ``x`` in some way, and one inside it that captures ``x``."""
    inner = f"async def inner():\n    '{directive}'\n    return {result}\n"
    return f"def outer(x='given'):\n{indent(binding, '    ')}\n{indent(inner, '    ')}    return inner\n"


@pytest.mark.parametrize("form", FORMS)
def test_a17_every_binding_form_is_captured(form: str, load: Load):
    """The value that a binding form gave is what a remote call sees, and an ordinary call too."""
    binding, expected = FORMS[form]
    inner = load(outer(binding)).outer()
    assert remote(inner) == expected
    assert asyncio.run(inner()) == expected


@pytest.mark.parametrize("form", FORMS)
def test_a17_every_binding_form_is_known_to_the_compiler(form: str):
    """The record of a function names the captured variable, whichever directive it has."""
    for directive in ("use server", "use cache"):
        (record,) = compile_module(outer(FORMS[form][0], directive), "m", "m.py").records
        assert [(capture.name, capture.module) for capture in record.captures] == [("x", None)]


def test_a17_an_exception_name_lives_as_long_as_its_block(load: Load):
    """Inside the handler the value travels; behind it the variable has no value, as in Python."""
    module = load("""
        def inside():
            try:
                raise LookupError("lost")
            except LookupError as error:
                text = str(error)
                async def inner():
                    'use server'
                    return text
                return inner

        def behind():
            try:
                raise LookupError("lost")
            except LookupError as error:
                async def inner():
                    'use server'
                    return error
            return inner
    """)
    assert remote(module.inside()) == "lost"
    with pytest.raises(NameError, match="'error'"):
        module.behind().bound()


def test_a17_a_deleted_name_has_no_value(load: Load):
    """A deleted variable is a NameError that names it."""
    inner = load(outer("del x")).outer()
    with pytest.raises(NameError, match="'x'"):
        inner.bound()


@pytest.mark.parametrize(
    ("statement", "module", "attribute"),
    [
        ("import json as x", "json", None),
        ("from decimal import Decimal as x", "decimal", "Decimal"),
        ("import os.path as x", "os", "path"),
        ("from . import actions as x", ".", "actions"),
        ("from ..shop import orders as x", "..shop", "orders"),
    ],
)
def test_a17_an_import_is_imported_again(statement: str, module: str, attribute: str | None):
    """A name whose only binding is an import does not travel."""
    source = outer(statement).replace("x='given'", "")
    (capture,) = compile_module(source, "m", "m.py").records[0].captures
    assert (capture.name, capture.module, capture.attribute) == ("x", module, attribute)


def test_a17_a_captured_import_works_in_a_remote_call(load: Load):
    """What was imported around a function is there when it runs anywhere."""
    source = outer("import decimal as x", result="str(x.Decimal('1.50'))").replace("x='given'", "")
    inner = load(source).outer()
    assert remote(inner) == "1.50"


def test_a17_definitions_do_not_travel(load: Load):
    """A captured function or class that is no server function is refused at hand-out, by name."""
    for definition in ("def x(): ...", "class x: ..."):
        inner = load(outer(definition)).outer()
        with pytest.raises(EncodeError, match="x"):
            inner.bound()


def test_a17_a_captured_server_function_travels(load: Load):
    """Siblings with a directive find each other in a remote call."""
    first = load("""
        def outer(value):
            async def second():
                'use server'
                return value
            async def first():
                'use server'
                return await second()
            return first
    """).outer("v")
    assert remote(first) == "v"


def test_a17_recursion(load: Load):
    """A function that calls itself captures itself."""
    down = load("""
        def outer(start):
            async def down(n=start):
                'use server'
                return [n, *(await down(n - 1))] if n else []
            return down
    """).outer(3)
    assert remote(down) == [3, 2, 1]


def test_a17_late_binding_of_a_server_function(load: Load):
    """A server function takes the values of the moment it is handed out."""
    inner, rebind = load("""
        def outer():
            x = 1
            async def inner():
                'use server'
                return x
            def rebind(value):
                nonlocal x
                x = value
            return inner, rebind
    """).outer()
    rebind(2)
    sealed = inner.bound()
    rebind(3)
    started = dispatch(runtime.functions, Call(inner.id, bound=sealed))
    assert started.result is not None
    assert asyncio.run(started.result) == 2
    assert asyncio.run(inner()) == 3


def test_a17_late_binding_of_a_cached_function(load: Load):
    """A cached function sees the value of the moment it is called."""
    functions = load("""
        def outer():
            functions = []
            for x in range(3):
                def inner():
                    'use cache'
                    return x
                functions.append(inner)
            return functions
    """).outer()
    assert [function() for function in functions] == [2, 2, 2]


def test_a17_names_of_a_class_body_are_not_captured():
    """A class between the two functions is skipped, as Python's scopes skip it."""
    source = dedent("""
        def outer(x):
            class Body:
                x = 'of the class'
                @staticmethod
                async def inner():
                    'use server'
                    return x
            return Body.inner
    """)
    (record,) = compile_module(source, "m", "m.py").records
    assert [capture.name for capture in record.captures] == ["x"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_a17_type_parameters_do_not_travel(load: Load):
    """A captured type parameter is refused at hand-out, by name."""
    source = "def outer[T](x: T):\n    async def inner():\n        'use server'\n        return T\n    return inner\n"
    (record,) = compile_module(source, "m", "m.py").records
    assert [capture.name for capture in record.captures] == ["T"]
    inner = load(source).outer(1)
    with pytest.raises(EncodeError, match="T"):
        inner.bound()
