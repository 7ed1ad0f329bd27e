"""What a piece of code says, apart from how it looks."""

from __future__ import annotations

import ast
import email.message
import hashlib
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from directives.compiler.canonical import canonical
from directives.compiler.canonical import digest

EVERY_FORM = r"""
from __future__ import annotations
import a.b as c
from .d import e as f, g
@decorated(1, *args, key=2, **more)
class C(Base, metaclass=Meta):
    x: int = -1
    y: (str)
    def m(self, p, /, q=1.5, *r, s, t=b"\xff", **u) -> "Note": return super().m()
async def coroutine(v=1j):
    async with open(v) as w, w: pass
    async for x in w:
        yield await x, [y async for y in x if y], (z for z in x)
def function(n):
    global G
    try:
        n += 0x1F + 1_000_000_000_000_000_000_000; del n[1:2, ::3, ...]
    except (A, B) as error: raise error from None
    else: assert n, f"{n!r:>{n}} and {n=} {{}} {n:}" "joined" f"{''}"
    finally: nonlocal_ = lambda *a, k=None, **b: (yield)
    match n:
        case [1, -2.5, "x", None, True, *rest] | {"k": C(x=0), **others} if rest: return {**n, 1: {2, 3}}
        case str() as text: return not text <= n != 3 is not None in n
        case _: pass
    while (w := n) or w and ~w: break
    else: print("\u20ac", '\ud800', 1e999, "é")
    for i, *j in {k: v for k, v in n}: continue
try: pass
except* ValueError: ...
with (a as b, c): x[0], (y, z) = a if b else c @ d // e ** -f
"""


def same(one: str, other: str) -> bool:
    return digest(ast.parse(one)) == digest(ast.parse(other))


def test_every_python_gives_the_same_bytes():
    """The hash of a text with every form of syntax is that which CPython 3.11, 3.12 and 3.13 gave."""
    assert digest(ast.parse(EVERY_FORM)) == "72876b602601208b7016d76e7079a67d"


@pytest.mark.parametrize(
    "module", [ast, email.message, hashlib, textwrap], ids=lambda module: module.__name__
)
def test_formatting_does_not_count(module: ModuleType):
    """Real modules say the same without their comments and with other quotes, lines and brackets."""
    source = Path(str(module.__file__)).read_text("utf-8")
    assert canonical(ast.parse(ast.unparse(ast.parse(source)))) == canonical(ast.parse(source))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f():\n    'Says.'\n    return 1", "def f(): return 1"),
        ("class C:\n    '''Says.'''", "class C: pass"),
        ("def f():\n    'use cache'\n    'More.'\n    x = 1", "def f():\n    x = 1"),
        ("x = 1  # why", "\n\nx = (1)"),
        ("x = u'a'", "x = 'a'"),
        ("x = 'a' 'b'", "x = 'ab'"),
        ("x = f'a' 'b' f'{c}' ''", "x = f'ab{c}'"),
        ("x = 0x10 + 1_0", "x = 16 + 10"),
        ("if x:\n    y\nelse:\n    pass", "if x: y"),
    ],
)
def test_what_changes_nothing_does_not_count(one: str, other: str):
    """Docstrings, directives, comments, ways to write a literal and branches that do nothing."""
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = '1'", "x = b'1'"),
        ("x = 0.0", "x = -0.0"),
        ("x = None", "x = ..."),
        ("x = ''", "x = f''"),
        ("return_ = f''", "return_ = f'{x}'"),
        ("f'{x:}'", "f'{x!s}'"),
        ("f'{x}a'", "f'{x:a}'"),
        ("f(a, b)", "f(a, b=b)"),
        ("f((a, b))", "f([a, b])"),
        ("x = a - (b - c)", "x = a - b - c"),
        ("x = {**a}", "x = {None: a}"),
        ("def f(*, a, b=1): x", "def f(*, a=1, b): x"),
        ("def f(a, /): x", "def f(a): x"),
        ("def f(): x", "async def f(): x"),
        ("def f(a: int): x", "def f(a: str): x"),
        ("import a.b", "from a import b"),
        ("from . import a", "from .. import a"),
        ("x = 'Constant(1)'", "x = 1"),
    ],
)
def test_what_changes_something_counts(one: str, other: str):
    """Each of these pairs behaves differently, or may."""
    assert not same(one, other)


def test_a_long_sum_is_no_problem():
    """Depth is the parser's business alone: nothing here recurses."""
    assert canonical(ast.parse(" + ".join("x" * 2_000))).count(b"BinOp") == 1_999
