"""Sources that no people write, and some that they do: the compiler answers, or raises a SyntaxError."""

from __future__ import annotations

import ast
import codecs
import sys
from collections.abc import Callable

import pytest

from directives.compiler import CompiledModule
from directives.compiler import Role
from directives.compiler import compile_module
from directives.compiler import may_contain_directive

HEAD = "def f(x):\n    'use cache'\n"


def compiled(source: str | bytes, role: Role = Role.SERVER) -> CompiledModule:
    """A module without findings, whose halves CPython takes."""
    module = compile_module(source, "m", "m.py", role)
    assert not module.diagnostics
    for half in filter(None, (module.server, module.client)):
        compile(half.tree, "m.py", "exec", dont_inherit=True)
    return module


DEEP = {
    "an elif chain": HEAD + "    if x: pass\n" + "".join(f"    elif x == {n}: pass\n" for n in range(250)),
    "nested blocks": HEAD + "".join(f"{'    ' * n}if x:\n" for n in range(1, 90)) + "    " * 90 + "pass\n",
    "a chain of additions": f"{HEAD}    return {'+'.join('x' * 300)}\n",
    "a chain of calls": f"{HEAD}    return x{'.a()' * 150}\n",
    "nested lists": f"{HEAD}    return {'[' * 90}x{']' * 90}\n",
    "a union of many types": f"'use server'\nasync def f(x: {'|'.join(['int'] * 100)}): ...\n",
    "a nested annotation": f"'use server'\nasync def f(x: {'list[' * 90}int{']' * 90}): ...\n",
    "a nested annotation in a string": f"'use server'\nasync def f(x: '{'list[' * 90}int{']' * 90}'): ...\n",
    "an annotation that is no Python": f"'use server'\nasync def f(x: '{'(' * 5000}'): ...\n",
    "many parameters": f"'use server'\nasync def f({','.join(f'a{n}' for n in range(500))}): ...\n",
    "many decorators": "'use server'\n" + "@d\n" * 150 + "async def f(): ...\n",
    "many decorators of a nested function": "def o():\n"
    + "    @d\n" * 150
    + "    async def f(): 'use server'\n",
    "many nested functions": "".join(
        f"{'    ' * n}def f{n}():\n{'    ' * (n + 1)}'use cache'\n" for n in range(19)
    ),
    "many functions": "'use cache'\n" + "".join(f"def f{n}(): ...\n" for n in range(500)),
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_long_and_deep_sources_compile(source: str):
    """What plain Python takes with room to spare is compiled."""
    assert compiled(source).records


@pytest.mark.parametrize("chain", ["+x" * 20_000, ".a" * 20_000, " if x else x" * 20_000])
def test_what_nests_too_deeply_is_a_clear_error(chain: str):
    """Where CPython cannot handle the tree, the error says so; it is not a RecursionError."""
    with pytest.raises((SyntaxError, MemoryError)) as caught:
        compile_module(f"{HEAD}    return x{chain}\n", "m", "m.py")
    if "nests too deeply" in str(caught.value):
        assert caught.value.filename == "m.py"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "source",
    [
        b"'use server'\0\n",
        "'use server'\0\n",
        b"'use server'\nx = '\xff'\n",
        b"# coding: nonsense\n'use server'\n",
        b"# coding: rot13\n'use server'\n",
        "'use server'\n".encode("utf-16"),
        b"\xef\xbb\xbf# coding: latin-1\n'use server'\n",
        "'use server'\n\x1a",
        "'use server",
        "'use server';;\n",
        "def f():\n\tif x:\n        'use cache'\n",
        "'use server'\n\\",
    ],
)
def test_what_is_no_python_is_a_syntax_error(source: str | bytes):
    """The compiler refuses what Python refuses, in Python's way."""
    with pytest.raises((SyntaxError, ValueError)):
        compile(source, "m.py", "exec", dont_inherit=True)
    with pytest.raises(SyntaxError):
        compile_module(source, "m", "m.py")


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\n\n\n",
        b"# only a comment",
        codecs.BOM_UTF8,
        b"\f",
        b"pass",
        b"...",
        b"'a docstring'",
        b"*'use server',\n",
        b"{'use server'}\n",
        b"['use server']\n",
        b"(x := 'use server')\n",
        b"assert 'use server'\n",
        b"'use server'.upper()\n",
        b"'use server'[0]\n",
        b"'use server' % 1\n",
        b"def f():\n    yield 'use server'\n",
        b"def f():\n    return 'use server'\n",
        b"x = 'use server'\n",
        b"lambda: 'use server'\n",
        b"f'use {server}'\n",
        b"'nothing', 'else'\n",
    ],
)
def test_what_has_no_directive_is_left_alone(source: bytes):
    """No string but a statement of its own is taken for a directive."""
    module = compiled(source)
    assert not module.transformed
    assert module.server is not None
    assert ast.dump(module.server.tree, include_attributes=True) == ast.dump(
        ast.parse(source), include_attributes=True
    )


@pytest.mark.parametrize(
    "source",
    [
        b"'use server'",
        b"\xef\xbb\xbf'use server'\n",
        b"# coding: latin-1\n'use server'\nx = '\xe9'\n",
        b"# coding: utf-7\n'use server'\n",
        b"\f'use server'\f\n\fasync def f(): ...\n",
        b"'use server'\rasync def f(): ...\r",
        b"'use server'\r\nasync def f():\r\n    '''a\r\n    b'''\r\n",
        b"'use server' # comment",
        b"'use server'; x = 1",
        b"\\\n'use server'\n",
        "'use server'\nasync def f():\n    return 'a\x0bb\x1cc\u2028d'\n".encode(),
        b"'use server'\nasync def f(x='\\ud800'): ...\n",
    ],
)
def test_layouts_and_encodings(source: bytes):
    """However a file is encoded and broken into lines, its directive is found."""
    assert may_contain_directive(source)
    module = compiled(source)
    assert module.directive is not None
    assert module.directive.text == "use server"


def test_text_and_bytes_are_the_same_source():
    """A source may come as bytes or as text; a coding line in text means nothing."""
    text = "# coding: latin-1\n'use server'\nasync def f(x='ü'): ...\n"
    from_text, from_bytes = compiled(text), compiled(text.encode("latin-1"))
    assert from_text.records == from_bytes.records
    assert from_text.server is not None
    assert from_bytes.server is not None
    assert from_text.server.source == from_bytes.server.source


def test_only_used_modules_are_slow_to_load():
    """A file without directives needs neither asttokens nor blake3."""
    import subprocess

    program = (
        "import sys; from directives.compiler import compile_module; compile_module('x = 1', 'm', 'm.py');"
        "print({'asttokens', 'blake3', 'executing', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("make", [str, str.encode], ids=["text", "bytes"])
def test_compiling_is_repeatable(make: Callable[[str], str | bytes]):
    """The same source gives the same records, halves and diagnostics, whatever the hash seed did to sets."""
    source = make("'use server'\nfrom datetime import date\nasync def f(a: date, b: int = 1): ...\n")
    first, second = compiled(source), compiled(source)
    assert first.records == second.records
    assert first.client is not None
    assert second.client is not None
    assert first.client.source == second.client.source
