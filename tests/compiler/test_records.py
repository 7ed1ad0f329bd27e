from __future__ import annotations

import re

import pytest

from directives.compiler import CompilerSettings
from directives.compiler import FunctionRecord
from directives.compiler import compile_module

SOURCE = """\
'use server'

async def place(sku: str, /, n: 'int' = 1, *rest, page: int, **extra) -> dict:
    return {}

class Shop:
    @staticmethod
    async def order():
        'use server'
        yield 1

def _page(a):
    import json

    @decorated
    async def act(x):
        'use server'
        return a, json, act
    return act
"""


def records(source: str = SOURCE, module: str = "shop.actions") -> dict[str, FunctionRecord]:
    compiled = compile_module(source, module, "shop/actions.py")
    assert not compiled.diagnostics
    return {record.qualname: record for record in compiled.records}


def test_a_record_says_where_a_function_is():
    """Module, file, qualified name and lines, with and without decorators."""
    found = records()
    assert list(found) == ["place", "Shop.order", "_page.<locals>.act"]
    assert {(r.module, r.file, r.directive) for r in found.values()} == {
        ("shop.actions", "shop/actions.py", "use server")
    }
    assert [(r.line, r.first_line) for r in found.values()] == [(3, 3), (8, 7), (16, 15)]


def test_a_record_says_how_a_function_is_called():
    """Parameters with kind, annotation and whether they may be left out; the return annotation; its flavor."""
    found = records()
    assert [(p.name, p.kind, p.annotation, p.optional) for p in found["place"].parameters] == [
        ("sku", "positional", "str", False),
        ("n", "any", "'int'", True),
        ("rest", "varargs", None, False),
        ("page", "keyword", "int", False),
        ("extra", "varkw", None, False),
    ]
    assert found["place"].returns == "dict"
    assert [record.flavor for record in found.values()] == ["coroutine", "async generator", "coroutine"]


def test_a_record_says_what_a_function_captures():
    """Values that travel, imports that are repeated, and the function itself."""
    found = records()
    assert [record.nested for record in found.values()] == [False, False, True]
    assert [(c.name, c.module, c.itself) for c in found["_page.<locals>.act"].captures] == [
        ("a", None, False),
        ("act", None, True),
        ("json", "json", False),
    ]


def test_what_no_function_encloses_captures_nothing():
    """A method that uses `super()` has a closure, but nothing of it travels."""
    (record,) = records(
        "class C:\n    def f(self):\n        'use cache'\n        return super().f()\n"
    ).values()
    assert record.captures == ()


def test_ids_are_forty_hexadecimal_digits():
    """Every ID has the same form, and no two functions share one."""
    ids = [record.id for record in records().values()]
    assert all(re.fullmatch("[0-9a-f]{40}", found) for found in ids)
    assert len(set(ids)) == len(ids)


def test_a_known_id():
    """IDs do not change from one version of this project to the next."""
    (record,) = records("async def f(a: int, *, b: str = ''):\n    'use server'\n").values()
    assert record.id == "2043b818e48b0855aa10518a3221ff471d414274"


@pytest.mark.parametrize(
    "other",
    [
        "async def g(a: int, *, b: str = ''):",
        "async def f(a, *, b: str = ''):",
        "async def f(a: int, b: str = ''):",
        "async def f(a: int, *, b: str):",
        "async def f(a: int, *, c: str = ''):",
        "async def f(a: int, /, *, b: str = ''):",
        "async def f(a: int, *, b: str = '') -> int:",
    ],
)
def test_an_id_depends_on_name_and_signature(other: str):
    """Whatever a caller can see of a function is part of its ID."""
    (first,) = records("async def f(a: int, *, b: str = ''):\n    'use server'\n").values()
    (second,) = records(f"{other}\n    'use server'\n").values()
    assert first.id != second.id


def test_an_id_does_not_depend_on_the_rest():
    """Body, defaults' values, layout, place in the file and directive do not change it."""
    (first,) = records("async def f(a: int, *, b: str = ''):\n    'use server'\n").values()
    (second,) = records(
        "import os\n\n\nasync def f(\n    a: int,\n    *,\n    b: str = os.name,\n):\n    'use cache'\n    return a\n"
    ).values()
    assert first.id == second.id
    assert records("async def f():\n    'use server'\n", "a")["f"].id != (
        records("async def f():\n    'use server'\n", "b")["f"].id
    )


def test_settings_reach_the_compiler():
    """What the compiler has to know of the settings is a value of its own."""
    settings = CompilerSettings(stores=frozenset({"fast"}), allow_sync_server_functions=True)
    source = "'use server'\ndef f(): ...\ndef g():\n    'use cache: fast'\n"
    module = compile_module(source, "m", "m.py", settings=settings)
    assert [(r.qualname, r.directive) for r in module.records] == [
        ("f", "use server"),
        ("g", "use cache: fast"),
    ]
