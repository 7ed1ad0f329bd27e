from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.compiler.harness import run_plain
from tests.compiler.harness import run_transformed

TOO_NEW = "py312" if sys.version_info < (3, 12) else None
PROGRAMS = [
    path
    for path in sorted((Path(__file__).parent / "programs").glob("*.py"))
    if path.stem.partition("_")[0] != TOO_NEW
]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_behaves_the_same_plain_and_transformed(path: Path):
    """Output, evaluations and their order, and what is raised on which lines do not change."""
    source = path.read_bytes()
    plain = run_plain(source, str(path))
    assert run_transformed(source, str(path)) == plain
    assert (plain.raised is not None) is path.stem.startswith("raises_"), plain


def test_the_harness_sees_a_difference():
    """A program that finds out about the transform has two outcomes."""
    source = "def f():\n    'use cache'\nlog(f.__doc__)\nprint(f.__doc__)\n"
    plain, transformed = run_plain(source, "p.py"), run_transformed(source, "p.py")
    assert plain.logged == ("'use cache'",)
    assert transformed.logged == ("None",)
    assert plain.printed != transformed.printed


def test_the_harness_sees_where_an_exception_came_from():
    """The lines and functions of a traceback are part of the outcome."""
    source = "def f():\n    'use cache'\n    raise ValueError('x')\n\nf()\n"
    raised = run_transformed(source, "p.py").raised
    assert raised is not None
    assert (raised.type, raised.message) == ("ValueError", "x")
    assert raised.frames == (("<module>", 5, 0, 3), ("f", 3, 4, 25))


def test_inspect_shows_the_users_source(tmp_path: Path):
    """`inspect.getsource` of a function with a directive is its text in the user's file."""
    file = tmp_path / "program.py"
    file.write_text(SHOWN, "utf-8")
    plain, transformed = run_plain(SHOWN, str(file)), run_transformed(SHOWN, str(file))
    assert plain.raised is None
    assert plain.printed.count("def ") >= 5
    assert transformed == plain


SHOWN = """\
import inspect


@(
    lambda function: function
)
async def served(
    a=1,
):
    'use server'
    return a


def one(): 'use cache'; return 1


class Shop:
    @staticmethod
    async def order(sku):
        'use server'
        return sku

    def stock(self):
        'use cache'

        # a comment
        return 1


def outer(x):
    @(lambda function: function)
    async def inner():
        'use server'
        return x
    return inner


for function in (served, one, Shop.order, Shop.stock, outer, outer(1)):
    print(inspect.getsource(function), inspect.getsourcelines(function)[1])
"""
