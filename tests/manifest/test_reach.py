"""What a function reaches, and the fingerprint of it all."""

from __future__ import annotations

from textwrap import dedent

import pytest

from directives.manifest.reach import Linker
from directives.manifest.reached import Reach
from directives.manifest.sources import SourceFile

CATALOG = """
    from shop import prices
    from .db import query as ask
    RATE = 5

    def total(rows):
        return sum(rows) * RATE

    def unused():
        return RATE

    def stock(category):
        'use cache'
        return total(ask(category)) + prices.of(category)
"""
SHOP = {
    "shop/__init__.py": "",
    "shop/catalog.py": CATALOG,
    "shop/db.py": "ROWS = [1]\ndef query(x): return ROWS\ndef drop(): ROWS.clear()\n",
    "shop/prices.py": "from .tables import *\ndef of(x): return TABLE[x]\n",
    "shop/tables.py": "TABLE = {}\nTABLE['a'] = 1\nOTHER = 2\n",
}


def reach(files: dict[str, str], name: str = "shop.catalog:stock") -> Reach:
    """What a function of a project made of ``files`` reaches."""
    sources = {}
    for file, text in files.items():
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        sources[module] = SourceFile(module, file, dedent(text).encode())
    found = Linker(sources).reach(*name.split(":"))
    assert found is not None
    return found


def names(files: dict[str, str], name: str = "shop.catalog:stock") -> list[str]:
    """The definitions reached, without the package they are in."""
    return [reached.name.removeprefix("shop.") for reached in reach(files, name).definitions]


def in_catalog(source: str, **others: str) -> list[str]:
    """The definitions that ``stock`` of the given source reaches, itself left out."""
    files = {f"shop/{name}.py": text for name, text in others.items()}
    found = names({"shop/__init__.py": "", "shop/catalog.py": source, **files})
    return [name for name in found if name != "catalog.stock"]


def test_everything_referred_to_is_reached_through_modules():
    """Helpers, constants, imports under other names, modules' attributes and star imports; nothing else."""
    assert names(SHOP) == [
        "catalog.RATE",
        "catalog.stock",
        "catalog.total",
        "db.ROWS",
        "db.query",
        "prices.of",
        "tables.TABLE",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/catalog.py", "RATE = 5", "RATE = 6"),
        ("shop/catalog.py", "sum(rows)", "max(rows)"),
        ("shop/catalog.py", "+ prices", "- prices"),
        ("shop/catalog.py", "query as ask", "drop as ask"),
        ("shop/db.py", "[1]", "[2]"),
        ("shop/tables.py", "['a'] = 1", "['a'] = 2"),
    ],
)
def test_a_change_of_anything_reached_changes_the_fingerprint(file: str, old: str, new: str):
    """The function's own body, a helper, a constant, an import, a change of a table."""
    assert old in SHOP[file]
    changed = SHOP | {file: SHOP[file].replace(old, new)}
    assert reach(changed).fingerprint != reach(SHOP).fingerprint


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/catalog.py", "RATE = 5", "# the rate\n\n    RATE = (0x5)"),
        ("shop/catalog.py", "'use cache'", "'use cache'\n        'All that is in stock.'"),
        ("shop/catalog.py", "def unused():", "def unused(again):"),
        ("shop/db.py", "ROWS.clear()", "ROWS.pop()"),
        ("shop/tables.py", "OTHER = 2", "OTHER = 3"),
    ],
)
def test_a_change_of_anything_else_does_not(file: str, old: str, new: str):
    """Comments, docstrings, formatting, lines, and code that the function does not reach."""
    assert old in SHOP[file]
    changed = SHOP | {file: SHOP[file].replace(old, new)}
    assert reach(changed).fingerprint == reach(SHOP).fingerprint


def test_swapped_imports_count():
    """The same definitions under each other's names are another function."""
    helpers = "def a(): return 1\ndef b(): return 2\n"
    source = "from .helpers import {} as one, {} as two\ndef stock(): return one() - two()\n"
    made = [
        reach({"shop/catalog.py": source.format(*order), "shop/helpers.py": helpers}).fingerprint
        for order in ("ab", "ba")
    ]
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("def helper(): stock()\ndef stock(): helper()", ["catalog.helper"]),
        ("def wrap(f): return f\n@wrap\ndef stock(): pass", ["catalog.wrap"]),
        ("TEN = 10\ndef stock(page=TEN): pass", ["catalog.TEN"]),
        ("TEN = 10\ndef stock():\n    TEN = 1\n    return TEN", []),
        ("x = 10\ndef stock(): return [x for x in ()]", []),
        ("x = 10\ndef stock(): return [x for y in ()]", ["catalog.x"]),
        ("x = 10\ndef stock():\n    def inner(): return lambda: x\n    return inner", ["catalog.x"]),
        ("x = 10\ndef stock():\n    class Inner:\n        x = x\n    return Inner", ["catalog.x"]),
        ("class A:\n    def m(self): return X\nX = 1\ndef stock(a: A): pass", ["catalog.A", "catalog.X"]),
        ("class A: pass\ndef stock(a: 'list[A]'): pass", ["catalog.A"]),
        ("from __future__ import annotations\nclass A: pass\ndef stock() -> A: pass", ["catalog.A"]),
        ("class B: y = 1\nclass A(B): pass\ndef stock(): return A.y", ["catalog.A", "catalog.B"]),
        ("A, B = 1, 2\ndef stock(): return B", ["catalog.B"]),
        ("X = []\nX.append(1)\nprint('no')\ndef stock(): return X", ["catalog.X"]),
        (
            "X = 1\ndef later():\n    global X\n    X = Y\nY = 2\ndef stock(): return X",
            ["catalog.X", "catalog.Y"],
        ),
        ("if True:\n    X = 1\nelse:\n    X = 2\ndef stock(): return X", ["catalog.X"]),
        ("def stock(): return stock2()\nif __name__ == '__main__': stock()", []),
    ],
)
def test_the_names_of_a_module(source: str, reached: list[str]):
    """Recursion, decorators, defaults, scopes, classes, annotations, changes of a value, conditions."""
    assert in_catalog(source) == reached


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        ("import shop.db\ndef stock(): return shop.db.query()", ["db.query"]),
        ("import shop.db as d\ndef stock(): return d.query()", ["db.query"]),
        ("from shop import db\ndef stock(): return db.query.attribute", ["db.query"]),
        ("from . import db\ndef stock(): return db.query()", ["db.query"]),
        ("def stock():\n    from .db import query\n    return query()", ["db.query"]),
        ("from .again import query\ndef stock(): return query()", ["db.query"]),
        ("from .again import circle\ndef stock(): return circle()", []),
        ("from . import db\ndef stock(): return helper(db)\ndef helper(m): pass", ["catalog.helper", "db.*", "db.query"]),
        ("from .lazy import anything\ndef stock(): return anything", ["lazy.__getattr__"]),
        ("try:\n    from .db import query\nexcept ImportError:\n    query = None\ndef stock(): return query()",
         ["catalog.query", "db.query"]),
    ],
)  # fmt: skip
def test_the_ways_to_import(source: str, reached: list[str]):
    """Packages, aliases, relative and inner imports, re-exports, circles, whole modules, lazy modules, fallbacks."""
    again = "from .db import query\nfrom .catalog import circle\n"
    lazy = "def __getattr__(name): return 1\n"
    source = (
        source
        if "circle" not in source
        else source.replace("stock():", "stock(): from .again import circle;")
    )
    assert in_catalog(source, db="def query(): pass\n", again=again, lazy=lazy) == reached


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("getattr(db, name)", "an attribute is looked up"),
        ("importlib.import_module(name)", "a module is imported"),
        ("eval(name)", "code is run"),
        ("globals()[name]", "names are looked up"),
        ("db.query.__doc__", "a docstring is read"),
    ],
)
def test_what_the_source_does_not_tell_is_listed(statement: str, reason: str):
    """Each with its place and the reason."""
    source = f"import importlib\nfrom . import db\n\ndef stock(name):\n    return {statement}\n"
    found = reach({"shop/catalog.py": source, "shop/db.py": "def query(): pass\n"}).unfollowed
    assert [(item.file, item.line) for item in found] == [("shop/catalog.py", 5)]
    assert found[0].reason.startswith(reason)


def test_what_is_written_out_is_followed():
    """A call that could look anything up, with a constant for a name, is like any other."""
    source = (
        "import importlib\ndef stock(x): return getattr(x, 'y'), eval('1'), importlib.import_module('json')\n"
    )
    assert reach({"shop/catalog.py": source}).unfollowed == ()


def test_a_replaced_attribute_of_a_module_is_listed():
    """What is followed is what the module defined."""
    source = "from . import db\ndb.query = print\ndef stock(): return db.query()\n"
    found = reach({"shop/catalog.py": source, "shop/db.py": "def query(): pass\n"}).unfollowed
    assert [item.reason for item in found] == ["db.query is replaced while the program runs"]


def test_packages_count_by_their_versions():
    """An installed package enters by its distributions, the standard library not at all, a missing one is listed."""
    source = "import json, click, yaml_of_nobody\nfrom cbor2 import dumps\nfrom directives.cache import cache_tag\n"
    source += "def stock(): return json.x, click.echo, yaml_of_nobody.x, dumps, cache_tag\n"
    found = reach({"shop/catalog.py": source})
    assert [package.name for package in found.packages] == ["cbor2", "click", "yaml_of_nobody"]
    assert found.packages[1].digest.startswith("click 8")
    assert [item.file for item in found.unfollowed] == ["yaml_of_nobody"]


def test_a_file_that_is_no_python_counts_as_it_is():
    """Nothing is known of it but its bytes."""
    source = "from .broken import x\ndef stock(): return x\n"
    files = {"shop/catalog.py": source, "shop/broken.py": "x = ("}
    found = reach(files)
    assert [item.file for item in found.unfollowed] == ["shop/broken.py"]
    assert reach(files | {"shop/broken.py": "x = )"}).fingerprint != found.fingerprint


def test_a_function_in_a_function_counts_with_all_that_is_around_it():
    """Its outermost definition is one piece."""
    source = "def page(x):\n    y = ONE\n    def stock(): return y\n    return stock\nONE = 1\n"
    assert names({"shop/catalog.py": source}, "shop.catalog:page.<locals>.stock") == [
        "catalog.ONE",
        "catalog.page",
    ]


def test_what_the_sources_do_not_have_reaches_nothing():
    """Neither a module nor a name that is not there."""
    linker = Linker({"shop": SourceFile("shop", "shop.py", b"x = 1")})
    assert linker.reach("shop", "y") is None
    assert linker.reach("pop", "x") is None


def test_namespace_packages_are_walked_through():
    """A package need not have a file."""
    files = {
        "a/b/c.py": "def f(): pass\n",
        "shop/catalog.py": "import a.b.c\ndef stock(): return a.b.c.f()\n",
    }
    assert names(files) == ["a.b.c.f", "catalog.stock"]
