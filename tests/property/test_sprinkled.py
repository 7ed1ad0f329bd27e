from __future__ import annotations

import ast
import dis
import warnings
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from importlib.util import decode_source
from pathlib import Path
from types import CodeType

import pytest

from directives.compiler import CompiledModule
from directives.compiler import compile_module
from directives.compiler import render_diagnostics
from tests.compiler.positions import misplaced_positions
from tests.property.sources import everything
from tests.property.sources import package
from tests.property.sources import standard_library
from tests.property.sprinkle import Site
from tests.property.sprinkle import sites
from tests.property.sprinkle import sprinkle

# What ties a function to its place, or two functions to one ID: real code has that, and is told so.
EXPECTED = {
    "captured-super",
    "captured-write",
    "decorator-in-class",
    "duplicate-function",
    "local-annotation",
    "reserved-name",
    "type-checking-annotation",
}
REPLACED = "rebound-server-function"
# Instructions that stand for no text of the user's, or that CPython moves with the cells of a function around.
INVISIBLE = {
    "RESUME",
    "NOP",
    "COPY_FREE_VARS",
    "MAKE_CELL",
    "RETURN_GENERATOR",
    "POP_TOP",
    "CACHE",
    "EXTENDED_ARG",
}
# CPython gives parts of a `%` format the place of the instruction before them.
INVISIBLE.add("LOAD_CONST")

Wanted = Callable[[Site], bool]


def any_function(site: Site) -> bool:
    return True


def coroutine_outside_classes(site: Site) -> bool:
    return isinstance(site.node, ast.AsyncFunctionDef) and not site.in_class


def check(paths: list[Path], directive: str, wanted: Wanted) -> int:
    """Sprinkle a directive into files and check what comes of it; returns how many functions were marked."""
    marked = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        for path in paths:
            try:
                source = decode_source(path.read_bytes()).removeprefix("\ufeff")
                ast.parse(source)
            except (SyntaxError, ValueError):
                continue
            marked += check_source(source, str(path), directive, wanted)
    return marked


def check_source(source: str, filename: str, directive: str, wanted: Wanted) -> int:
    """Mark all functions, and again without those that may not be; returns how many were marked at last."""
    sprinkled = sprinkle(source, directive, wanted)
    module = compile_module(sprinkled, "m", filename)
    slugs = {found.slug for found in module.diagnostics}
    if REPLACED in slugs:
        return 0
    assert slugs <= EXPECTED, render_diagnostics(module.diagnostics)
    if module.diagnostics:
        sprinkled = sprinkle(source, directive, wanted, refused(module, sprinkled, wanted))
        module = compile_module(sprinkled, "m", filename)
    assert not module.diagnostics, render_diagnostics(module.diagnostics)
    if not module.transformed:
        return 0
    assert module.server is not None
    assert misplaced_positions(module.server.tree, sprinkled) == []
    check_codes(module, sprinkled, filename)
    return len(module.records)


def refused(module: CompiledModule, sprinkled: str, wanted: Wanted) -> set[int]:
    """Which of the marked functions have findings in them."""
    lines = {found.span.line for found in module.diagnostics}
    chosen = list(filter(wanted, sites(ast.parse(sprinkled))))
    spans = [(first_line(site), site.node.end_lineno or 0) for site in chosen]
    return {index for index, (start, end) in enumerate(spans) if any(start <= line <= end for line in lines)}


def first_line(site: Site) -> int:
    return min([site.node.lineno, *(decorator.lineno for decorator in site.node.decorator_list)])


def check_codes(module: CompiledModule, source: str, filename: str) -> None:
    """Every function of the user's is where and what it was, and captures what it did."""
    assert module.server is not None
    plain = compile(source, filename, "exec", dont_inherit=True)
    server = compile(module.server.tree, filename, "exec", dont_inherit=True)
    transformed = defaultdict(list)
    for code in codes(server):
        transformed[key(code)].append(code)
    marked = {(record.qualname, record.first_line) for record in module.records}
    for code in codes(plain):
        found = transformed[key(code)].pop(0)
        assert found.co_freevars == code.co_freevars, code
        assert {*found.co_varnames, *found.co_cellvars} == {*code.co_varnames, *code.co_cellvars}, code
        # The code around a marked function also decorates it.
        if not any(key(inner)[:2] in marked for inner in codes(code)):
            assert visible(found) == visible(code), code


def key(code: CodeType) -> tuple[str, int, tuple[str, ...]]:
    return (
        code.co_qualname,
        code.co_firstlineno,
        code.co_varnames[: code.co_argcount + code.co_kwonlyargcount],
    )


def codes(code: CodeType) -> Iterator[CodeType]:
    """Every code object in a code object."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes(constant)


def visible(code: CodeType) -> list[tuple[str, object]]:
    """The instructions of a function with their places in the file."""
    return [
        (item.opname, item.positions) for item in dis.get_instructions(code) if item.opname not in INVISIBLE
    ]


def test_directives_in_a_sample_of_real_functions():
    """Real functions with directives keep their code, places and captures."""
    assert check(package("flask")[::8], "use cache: remote", any_function) > 20


def test_server_functions_in_a_sample_of_real_coroutines():
    """Real coroutines and async generators as server functions keep their code, places and captures."""
    names = ("runners.py", "staggered.py", "streams.py", "tasks.py", "threads.py")
    paths = [path for path in standard_library() if path.parent.name == "asyncio" and path.name in names]
    assert check(paths, "use server", coroutine_outside_classes) > 5


@pytest.mark.slow
def test_cached_functions_all_over_the_standard_library():
    """Every function, method and generator of every fifth module as a cached function."""
    assert check(standard_library()[::5], "use cache", any_function) > 1000


@pytest.mark.slow
def test_server_functions_in_all_real_coroutines():
    """Every coroutine outside a class, nested ones in tests too, in every second file."""
    paths = [path for path in everything() if b"async def" in path.read_bytes()]
    assert check(paths[::2], "use server", coroutine_outside_classes) > 100


@pytest.mark.slow
def test_cached_functions_all_over_an_installed_package():
    """Every function of pydantic as a cached function."""
    assert check(package("pydantic"), "use cache", any_function) > 500
