"""Section A: what is an error, with its place and its fix."""

from __future__ import annotations

from textwrap import dedent

import pytest

from directives.compiler import Role
from directives.compiler import as_error
from directives.compiler import compile_module
from directives.compiler import render_diagnostics
from directives.errors import DirectiveSyntaxError
from tests.conformance.test_a_placement import compiled
from tests.conformance.test_a_placement import slugs


def test_a05_server_code_in_a_client_module():
    """An inline 'use server' or 'use cache' in a 'use client' module is an error."""
    assert slugs("'use client'\nasync def f():\n    'use server'\n") == ["directive-in-client"]
    assert slugs("'use client'\ndef f():\n    'use cache: remote'\n") == ["directive-in-client"]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    'use server'\n",
        "'use server'\ndef f(): ...\n",
        "def g():\n    def f():\n        'use server'\n",
        "def f():\n    'use server'\n    yield\n",
    ],
)
def test_a06_a_sync_server_function(source: str):
    """A sync server function is an error that says why; a setting lifts it."""
    (found,) = compiled(source).diagnostics
    assert found.slug == "sync-server-function"
    assert "crosses a network" in found.message
    assert "allow_sync_server_functions" in found.hint
    assert slugs(source, allow_sync_server_functions=True) == []


def test_a06_clients_await_sync_functions_too():
    """Where sync server functions are allowed, a client's stub is a coroutine function."""
    module = compiled("'use server'\ndef f(): ...\n", Role.CLIENT, allow_sync_server_functions=True)
    assert module.half is not None
    assert "async def f()" in module.half.source


@pytest.mark.parametrize(
    "source",
    [
        "async def f():\n    'use server'\n",
        "def g():\n    async def f():\n        'use server'\n",
        "'use cache'\ndef f(): ...\n",
        "def f():\n    'use cache'\n",
    ],
)
def test_a07_client_code_imports_server_modules_alone(source: str):
    """Client code that imports a module with other server code is told where to move it."""
    module = compiled(source, Role.CLIENT)
    assert module.half is None
    (found,) = module.diagnostics
    assert found.slug == "server-code-in-client"
    assert "'use server'" in found.hint


ERRORS = [
    ("'use server'\ndef f(): ...", "sync-server-function", "def f"),
    ("'use server'\n__all__ = ['LIMIT']\nLIMIT = 1", "export-not-a-function", "'LIMIT'"),
    ("'use server'\n__all__ = ['C']\nclass C: ...", "export-not-a-function", "'C'"),
    ("'use server'\n__all__ = ['missing']", "export-undefined", "'missing'"),
    ("async def f():\n    x = 1\n    'use server'", "directive-after-code", "'use server'"),
    ("import os\n'use client'", "directive-after-code", "'use client'"),
    ("if True:\n    'use server'", "directive-in-block", "'use server'"),
    ("try:\n    'use cache'\nfinally:\n    pass", "directive-in-block", "'use cache'"),
    ("def f():\n    for _ in ():\n        'use cache'", "directive-in-block", "'use cache'"),
    ("def f():\n    with f:\n        'use cache'", "directive-in-block", "'use cache'"),
    ("def f():\n    ('use cache')", "parenthesized-directive", "('use cache')"),
    ("'use sever'", "misspelled-directive", "'use sever'"),
    ("'use-server'", "misspelled-directive", "'use-server'"),
    ("'Use server.'", "misspelled-directive", "'Use server.'"),
    ("'use cache:remote'", "misspelled-directive", "'use cache:remote'"),
    ("'use cache : default'", "misspelled-directive", "'use cache : default'"),
    ("'use cache private'", "misspelled-directive", "'use cache private'"),
    ("'use server '", "misspelled-directive", "'use server '"),
    ("'use action'", "misspelled-directive", "'use action'"),
    ("'use client'\n'use server'", "conflicting-directives", "'use server'"),
    ("'use client'\n'use cache'", "conflicting-directives", "'use cache'"),
    ("'use server'\n'use cache'", "conflicting-directives", "'use cache'"),
    ("async def f():\n    'use server'\n    'use cache'", "conflicting-directives", "'use cache'"),
    ("def f():\n    'use cache'\n    'use cache: remote'", "conflicting-directives", "'use cache: remote'"),
    ("'use cache: nowhere'", "unknown-cache-store", "'use cache: nowhere'"),
    ("class C:\n    async def f(self):\n        'use server'", "server-method", "f"),
    (
        "class C:\n    def m(self):\n        async def f():\n            'use server'\n            super()",
        "captured-super",
        "super()",
    ),
    (
        "class C:\n    def m(self):\n        async def f():\n            'use server'\n            __class__",
        "captured-super",
        "__class__",
    ),
    (
        "def m():\n    x = 1\n    async def f():\n        'use server'\n        nonlocal x\n        x = 2",
        "captured-write",
        "nonlocal x",
    ),
    ("def f():\n    'use client'", "client-in-function", "'use client'"),
    ("class C:\n    'use client'", "directive-in-class", "'use client'"),
    ("'use client'\nfrom directives.cache import cache_life", "server-only-import", "cache_life"),
    ("'use server'\nfrom directives.client import transport", "client-only-import", "transport"),
]


@pytest.mark.parametrize(("source", "slug", "underlined"), ERRORS, ids=[f"{e[1]}-{e[2]}" for e in ERRORS])
def test_a15_errors_name_their_place_and_their_fix(source: str, slug: str, underlined: str):
    """Each error has module, line, column, the source line underlined, and a fix."""
    (found,) = compile_module(source, "shop.actions", "shop/actions.py").diagnostics
    assert (found.slug, found.severity, found.file) == (slug, "error", "shop/actions.py")
    line = source.split("\n")[found.span.line - 1]
    assert found.lines == (line,)
    assert line[found.span.column : found.span.end_column] in underlined
    text = render_diagnostics([found])
    assert f"shop/actions.py:{found.span.line}:{found.span.column + 1}: error[{slug}]" in text
    assert "^" * (found.span.end_column - found.span.column) in text
    assert f"help: {found.hint}" in text
    assert found.hint


def test_a15_pythons_own_traceback_shows_the_place():
    """The exception that an import raises carries file, line and columns, as Python's syntax errors do."""
    error = as_error(compile_module("import os\n'use server'\n", "shop.actions", "shop/actions.py"))
    assert isinstance(error, DirectiveSyntaxError)
    assert isinstance(error, SyntaxError)
    assert (error.filename, error.lineno, error.offset, error.end_offset) == ("shop/actions.py", 2, 1, 13)
    assert error.text == "'use server'"


def test_a16_all_errors_of_a_module_at_once():
    """One run reports everything that is wrong, in source order, and the exception holds it all."""
    module = compiled("""
        import os
        'use server'

        def first():
            'use sever'

        class C:
            'use cache'

            async def method(self):
                'use server'

        def outer():
            count = 0
            async def inner():
                'use server'
                nonlocal count
                count = 1
    """)
    assert [found.slug for found in module.diagnostics] == [
        "directive-after-code",
        "misspelled-directive",
        "directive-in-class",
        "server-method",
        "captured-write",
    ]
    assert module.server is None
    assert module.client is None
    error = as_error(module)
    assert error.diagnostics == module.diagnostics
    assert all(found.message in str(error) for found in module.diagnostics)


def test_a16_findings_do_not_hide_pythons_own():
    """A file that breaks a rule and that Python refuses too shows both."""
    source = dedent("""
        def f():
            'use sever'
        return 1
    """)
    assert [found.slug for found in compile_module(source, "m", "m.py").diagnostics] == [
        "misspelled-directive",
        "syntax-error",
    ]
