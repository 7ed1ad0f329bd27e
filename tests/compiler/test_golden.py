from __future__ import annotations

import ast
import re

import pytest

from directives.compiler import Role
from directives.compiler import compile_module
from directives.compiler import may_contain_directive
from directives.compiler.catalogue import RULES
from tests.compiler.golden import FILENAME
from tests.compiler.golden import FOLDER
from tests.compiler.golden import MODULE
from tests.compiler.golden import Fixture
from tests.compiler.golden import fixtures
from tests.compiler.positions import misplaced_positions

ALL = fixtures()
VALID = [fixture for fixture in ALL if "errors.txt" not in fixture.recorded()]
PYTHON = [fixture for fixture in ALL if fixture.name != "error_future_after_code"]
SLUG = re.compile(r"(?:error|warning)\[([a-z-]+)\]")


def fixture_name(fixture: Fixture) -> str:
    return fixture.name


@pytest.mark.parametrize("fixture", ALL, ids=fixture_name)
def test_output_is_the_golden_one(fixture: Fixture):
    """The halves or the diagnostics are those on file, the same on every Python.

    After a wanted change: python3 tools/refresh_fixtures.py
    """
    assert fixture.produced() == fixture.recorded()


def test_there_are_at_least_ninety_fixtures():
    """Every case of the directives' placement and form has a fixture."""
    assert len(ALL) >= 90


def test_every_folder_is_complete():
    """No fixture lacks its golden files, and none has both halves and errors."""
    for folder in FOLDER.iterdir():
        if folder.is_dir():
            names = {path.name for path in folder.iterdir()} - {"input.py", "settings.toml"}
            assert names in ({"server.py"}, {"server.py", "client.py"}, {"errors.txt"}), folder.name


def test_every_rule_has_a_fixture():
    """Each slug of the catalogue is shown by a golden file, and no other slug is."""
    shown = {slug for path in FOLDER.glob("*/errors.txt") for slug in SLUG.findall(path.read_text("utf-8"))}
    assert shown == set(RULES)


@pytest.mark.parametrize("fixture", VALID, ids=fixture_name)
def test_halves_compile_with_positions_inside_the_file(fixture: Fixture):
    """CPython takes each half as it is, and the server half's positions are those of the user's file."""
    module = fixture.compile()
    for half in filter(None, (module.server, module.client)):
        compile(half.tree, FILENAME, "exec", dont_inherit=True)
        compile(half.source, FILENAME, "exec", dont_inherit=True)
    is_reference = module.directive is not None and module.directive.kind == "client"
    if module.server is not None and not is_reference:
        assert misplaced_positions(module.server.tree, fixture.source) == []


@pytest.mark.parametrize("fixture", PYTHON, ids=fixture_name)
def test_the_scan_admits_what_the_compiler_acts_on(fixture: Fixture):
    """A file with directives or findings is never skipped by the quick scan."""
    module = fixture.compile()
    # What is spelled with escapes alone is found by a parse only.
    escaped = {diagnostic.slug for diagnostic in module.diagnostics} == {"escaped-directive"}
    assert may_contain_directive(fixture.source) or escaped or not module.transformed


@pytest.mark.parametrize("fixture", PYTHON, ids=fixture_name)
def test_underlined_text_is_part_of_the_file(fixture: Fixture):
    """Every span of a diagnostic lies within the lines it shows, and those are the file's own."""
    module = fixture.compile()
    lines = ast_lines(fixture.source)
    for found in module.diagnostics:
        span = found.span
        if found.lines:
            assert list(found.lines) == lines[span.line - 1 : span.end_line]
            assert 0 <= span.column < len(lines[span.line - 1])
            assert 0 < span.end_column <= len(lines[span.end_line - 1])
            assert (span.line, span.column) < (span.end_line, span.end_column)


@pytest.mark.parametrize("fixture", [f for f in VALID if not f.options], ids=fixture_name)
def test_the_role_changes_no_half(fixture: Fixture):
    """A client process is told of server code it cannot import; what is compiled is the same."""
    module, other = fixture.compile(), compile_module(fixture.source, MODULE, FILENAME, Role.CLIENT)
    if module.client is None:
        assert {found.slug for found in other.diagnostics} == {"server-code-in-client"}
        assert other.half is None
    else:
        assert other.half is not None
        assert other.half.source == module.client.source
        assert [record.id for record in other.records] == [record.id for record in module.records]


def ast_lines(source: bytes) -> list[str]:
    """The lines as ``ast`` numbers them."""
    from importlib.util import decode_source

    return decode_source(source).removeprefix("\ufeff").split("\n")


def test_the_tree_of_a_half_is_not_shared():
    """Compiling twice gives two trees: nobody's change reaches another."""
    source = "def f():\n    'use cache'\n    return 1\n"
    first, second = (compile_module(source, MODULE, FILENAME) for _ in range(2))
    assert first.server is not None
    assert second.server is not None
    assert first.server.tree is not second.server.tree
    assert ast.dump(first.server.tree) == ast.dump(second.server.tree)
