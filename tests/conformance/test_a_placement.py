"""Section A: where a directive stands, and what it makes of a module or function."""

from __future__ import annotations

import ast
import asyncio
import inspect
from textwrap import dedent

import pytest

from directives import ServerFunction
from directives.compiler import CompiledModule
from directives.compiler import CompilerSettings
from directives.compiler import Role
from directives.compiler import compile_module
from directives.islands import ClientReference
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def compiled(source: str, role: Role = Role.SERVER, **options: bool) -> CompiledModule:
    return compile_module(
        dedent(source), "shop.actions", "shop/actions.py", role, CompilerSettings(**options)
    )


def slugs(source: str, role: Role = Role.SERVER, **options: bool) -> list[str]:
    return [found.slug for found in compiled(source, role, **options).diagnostics]


def marked(source: str) -> dict[str, str]:
    """The directive of each marked function of a module without findings."""
    module = compiled(source)
    assert not module.diagnostics
    return {record.qualname: record.directive for record in module.records}


def test_a01_the_first_statement_of_an_async_function(load: Load):
    """'use server' first in an async function makes it a server function."""
    module = load("""
        async def order(sku):
            'use server'
            return sku

        async def plain(sku):
            return sku
    """)
    assert type(module.order) is ServerFunction
    assert type(module.plain) is not ServerFunction
    assert asyncio.run(module.order("a")) == "a"


def test_a02_the_first_statement_of_a_module(load: Load):
    """Every public function of a 'use server' module is a server function, for server code and for clients."""
    source = """
        'use server'

        async def order(sku):
            return sku

        async def _private(sku):
            return sku
    """
    module = load(source)
    assert type(module.order) is ServerFunction
    assert type(module._private) is not ServerFunction
    client = compiled(source, Role.CLIENT)
    assert client.half is not None
    assert "async def order(sku)" in client.half.source
    assert "_private" not in client.half.source


@pytest.mark.parametrize(
    "head",
    [
        "'use server'",
        "# comment\n\n'use server'",
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# licence\n'use server'",
        '"""Doc."""\n\'use server\'',
        '\'use server\'\n"""Doc."""',
        '"""Doc."""\nfrom __future__ import annotations\n\'use server\'',
        "'use server'\nfrom __future__ import annotations",
        "from __future__ import annotations\n'use server'",
    ],
)
def test_a03_what_may_stand_above_a_directive(head: str):
    """Comments, a docstring and future imports, in the orders that plain CPython accepts; the docstring stays."""
    source = f"{head}\nimport os\nasync def order(): ...\n"
    compile(source, "plain.py", "exec")
    assert marked(source) == {"order": "use server"}
    server = compiled(source).server
    assert server is not None
    assert ast.get_docstring(server.tree) == ("Doc." if "Doc." in head else None)


@pytest.mark.parametrize(
    ("head", "slug"),
    [
        ("import os\n'use server'", "directive-after-code"),
        ("x = 1\n'use server'", "directive-after-code"),
        ('"""Doc."""\n"""More."""\n\'use server\'', "directive-after-code"),
        ('"""Doc."""\n\'use server\'\nfrom __future__ import annotations', "future-import-after-directive"),
        ('\'use server\'\n"""Doc."""\nfrom __future__ import annotations', "future-import-after-directive"),
    ],
)
def test_a03_other_orders_are_errors_that_name_them(head: str, slug: str):
    """Code above a directive, and orders that plain CPython refuses, are errors that say what works."""
    (found,) = compiled(f"{head}\nasync def order(): ...\n").diagnostics
    assert found.slug == slug
    assert "docstring" in found.hint


@pytest.mark.parametrize("directive", ["'use cache'", '"use cache"', "'''use cache'''", '"""use cache"""'])
def test_a04_plain_quotes_of_every_kind(directive: str):
    """Single, double and triple quotes hold a directive when the text is exactly one."""
    assert marked(f"def f():\n    {directive}\n") == {"f": "use cache"}


@pytest.mark.parametrize(
    ("directive", "slug"),
    [
        ("f'use cache'", "prefixed-directive"),
        ("b'use cache'", "prefixed-directive"),
        ("r'use cache'", "prefixed-directive"),
        ("u'use cache'", "prefixed-directive"),
        ("'use ' 'cache'", "concatenated-directive"),
        ("('use cache')", "parenthesized-directive"),
        ("'use\\x20cache'", "escaped-directive"),
        ("'''\n    use cache\n    '''", "misspelled-directive"),
    ],
)
def test_a04_other_forms_are_errors(directive: str, slug: str):
    """A string of another form that says a directive is an error, not silence."""
    assert slugs(f"def f():\n    {directive}\n") == [slug]


def test_a08_inline_in_another_function(load: Load):
    """A server function inside another function captures its variables."""
    order = load("""
        def page(product):
            async def order(count):
                'use server'
                return product, count
            return order
    """).page("lamp")
    assert type(order) is ServerFunction
    assert asyncio.run(order(2)) == ("lamp", 2)
    assert order.bound()


def test_a09_under_any_name(load: Load):
    """A server function stays one as an argument, a property, under another name."""
    module = load("""
        'use server'
        async def order(): ...
        _other = order
    """)
    holder = {"action": module._other, "nested": [module.order]}
    assert holder["action"] is module.order
    assert str(holder["nested"][0]) == str(module.order) == f"?_directives={module.order.id}"


def test_a10_a_client_module_and_its_entry_points(load: Load):
    """The public names of a 'use client' module are references on the server; other names stay with the client."""
    source = """
        'use client'
        import js

        def Button(label): ...

        class Panel: ...

        def _private(): ...
    """
    module = load(source)
    assert module.__all__ == ["Button", "Panel"]
    assert {type(module.Button), type(module.Panel)} == {ClientReference}
    client = compiled(source, Role.CLIENT).half
    assert client is not None
    assert "import js" in client.source
    assert "use client" not in client.source


def test_a10_only_boundary_modules_need_it():
    """What a client module imports needs no directive: it is the same text for both sides."""
    source = "def helper(): ...\n"
    for role in Role:
        half = compiled(source, role).half
        assert half is not None
        assert half.source == "def helper():\n    ...\n"


def test_a11_server_markup_nests_client_components(load: Load):
    """A client component is an element that server markup holds, with server markup inside it."""
    panel = load("""
        'use client'
        def Panel(children, title): ...
    """).Panel
    markup = panel(panel(title="inner"), title="outer").__html__()
    assert markup.count("<py-island") == 2
    assert "inner" in markup


@pytest.mark.parametrize("form", ["def f(x):\n{}    return x", "async def f(x):\n{}    return x",
                                  "def f(x):\n{}    yield x", "async def f(x):\n{}    yield x"])  # fmt: skip
def test_a12_any_function_can_be_cached(form: str):
    """'use cache' holds for functions, coroutines, generators and async generators."""
    assert marked(form.format("    'use cache'\n")) == {"f": "use cache"}
    module = compiled("'use cache'\n" + form.format(""))
    assert {record.qualname: record.directive for record in module.records} == {"f": "use cache"}


def test_a12_all_public_functions_of_a_module():
    """'use cache' first in a module holds for its public functions; a view's own directive for the view."""
    assert marked("'use cache'\ndef f(): ...\nasync def g(): ...\ndef _h(): ...\n") == dict.fromkeys(
        "fg", "use cache"
    )
    assert marked("def view():\n    'use cache: remote'\n\ndef other(): ...\n") == {
        "view": "use cache: remote"
    }
    assert marked("class V:\n    def get(self):\n        'use cache'\n") == {"V.get": "use cache"}


def test_a13_without_the_hook_it_is_plain_python():
    """A module with directives runs as it is, and nothing of this project is in it."""
    source = "'use cache'\ncalls = []\ndef f(x):\n    'use cache'\n    calls.append(x)\n    return x\n"
    namespace: dict[str, object] = {}
    exec(source, namespace)
    function, calls = namespace["f"], namespace["calls"]
    assert inspect.isfunction(function)
    assert (function(1), function(1), calls) == (1, 1, [1, 1])
    assert "__directives__" not in namespace


def test_a13_a_function_without_the_directive_is_not_cached():
    """Caching needs the opt-in."""
    assert marked("def f():\n    'use cache'\n\ndef g(): ...\n") == {"f": "use cache"}


def test_a14_an_inner_directive_overrides_the_modules():
    """A function's own directive wins, and private names are untouched."""
    assert marked("""
        'use server'
        def stock():
            'use cache: remote'
        async def order(): ...
        def _helper(): ...
        async def _own():
            'use server'
    """) == {"stock": "use cache: remote", "order": "use server", "_own": "use server"}
    assert marked("'use cache'\nasync def f():\n    'use server'\n") == {"f": "use server"}
