"""The version of a cached function's code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import CodeType

import pytest

from directives.cache.versions import Versions
from directives.cache.versions import code_digest
from directives.compiler.model import FunctionRecord
from directives.manifest import DEFAULT_PATH
from directives.manifest import build
from directives.settings import Settings

FILES = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/catalog.py": "from .db import query\ndef stock(): \n    'use cache'\n    return query()\ndef rest():\n    'use cache'\n",
    "shop/db.py": "def query(): return 1\n",
    "shop/pages.py": "def page(): return 1\n",
}
EDITS = {
    "a comment of the function's module": ("shop/catalog.py", "# more\n"),
    "a helper in another module": ("shop/db.py", "def query(): return 2\n"),
    "a module that nothing reaches": ("shop/pages.py", "def page(): return 2\n"),
}


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """The settings of a small project."""
    write(tmp_path, FILES)
    return Settings(tmp_path)


def write(root: Path, files: Mapping[str, str], seconds: int = 0) -> None:
    """Write files as they would be some seconds later."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        at = path.stat().st_mtime + seconds
        os.utime(path, (at, at))


def record(settings: Settings, qualname: str = "stock") -> FunctionRecord:
    manifest = build(settings).manifest
    assert manifest
    return next(record for record in manifest.records.values() if record.qualname == qualname)


def code(settings: Settings, file: str = "shop/catalog.py", source: str = "") -> CodeType:
    return compile(source, str(settings.root / file), "exec")


def version(settings: Settings, qualname: str = "stock") -> str:
    """The version that a process started now gives."""
    return Versions(settings).of(record(settings, qualname), code(settings))


def test_a_named_build_is_the_version_of_all(project: Settings):
    """Nothing else is looked at."""
    named = replace(project, build_id="2026-11")
    assert version(named) == version(named, "rest") == "2026-11"


@pytest.mark.parametrize("edit", EDITS)
def test_by_default_any_edit_is_another_version(project: Settings, edit: str):
    """One hash over all sources, the same for every function."""
    before = version(project)
    assert before == version(project) == version(project, "rest")
    name, text = EDITS[edit]
    write(project.root, {name: FILES[name] + text})
    assert version(project) != before


@pytest.mark.parametrize("edit", EDITS)
def test_by_code_only_what_is_reached_counts(project: Settings, edit: str):
    """A helper's edit is another version of what calls it, and of nothing else."""
    by_code = replace(project, build_id="code")
    before = [version(by_code, name) for name in ("stock", "rest")]
    name, text = EDITS[edit]
    write(project.root, {name: FILES[name] + text})
    after = [version(by_code, name) for name in ("stock", "rest")]
    assert (after[0] != before[0]) is edit.startswith("a helper")
    assert after[1] == before[1]


@pytest.mark.parametrize("build_id", [None, "code"])
def test_what_was_built_needs_no_source(project: Settings, build_id: str | None):
    """The manifest says what the sources said, when they are gone too."""
    settings = replace(project, build_id=build_id)
    before, known = version(settings), record(settings)
    manifest = build(settings).manifest
    assert manifest
    manifest.save(project.root / DEFAULT_PATH)
    for name in FILES:
        (project.root / name).unlink()
    assert Versions(settings).of(known, code(settings)) == before


@pytest.mark.parametrize("build_id", [None, "code"])
def test_a_source_newer_than_the_build_counts(project: Settings, build_id: str | None):
    """While developing, an old build does not serve old results."""
    settings = replace(project, build_id=build_id)
    manifest = build(settings).manifest
    assert manifest
    manifest.save(project.root / DEFAULT_PATH)
    before = version(settings)
    write(project.root, {"shop/db.py": "def query(): return 2\n"}, seconds=5)
    assert version(settings) != before


@pytest.mark.parametrize("build_id", [None, "code"])
def test_a_module_that_was_edited_and_loaded_again_has_another_version(
    project: Settings, build_id: str | None
):
    """In the same process, as by a reloader."""
    settings = replace(project, build_id=build_id)
    versions = Versions(settings)
    before = versions.of(record(settings), code(settings))
    write(
        project.root,
        {"shop/catalog.py": FILES["shop/catalog.py"].replace("query()", "query() + 1")},
        seconds=5,
    )
    assert versions.of(record(settings), code(settings)) != before


@pytest.mark.parametrize("build_id", [None, "code", "2026-11"])
def test_code_in_no_file_is_known_by_itself(project: Settings, build_id: str | None):
    """What is typed again with another body is another version, whatever the build is called."""
    versions = Versions(replace(project, build_id=build_id))
    typed = replace(record(project), module="__main__", id="f" * 40)
    one, again, other = (
        versions.of(typed, compile(source, "<stdin>", "exec"))
        for source in ("x = 1", "# why\nx = 1", "x = 2")
    )
    assert one == again != other


def test_a_script_is_known_by_its_file(project: Settings):
    """What it reaches counts, though its module is called ``__main__``."""
    settings = replace(project, build_id="code")
    script = replace(record(settings), module="__main__", id="f" * 40)
    before = Versions(settings).of(script, code(settings))
    write(project.root, {"shop/db.py": "def query(): return 2\n"})
    assert Versions(settings).of(script, code(settings)) != before


def test_code_digests_tell_types_and_inner_code_apart():
    """Constants of other types, inner functions, names; places do not count."""
    sources = (
        "x = 1",
        "x = 1.0",
        "x = True",
        "y = 1",
        "def f(): return 1",
        "def f(): return 2",
        "x in {1, 2}",
    )
    digests = [code_digest(compile(source, "<one>", "exec")) for source in sources]
    assert len(set(digests)) == len(sources)
    assert digests == [code_digest(compile(f"\n\n{source}", "<two>", "exec")) for source in sources]


def test_without_a_pyproject_the_file_of_the_function_counts(project: Settings):
    """There is no telling which files below the working directory belong to the program."""
    known = record(project)
    (project.root / "pyproject.toml").unlink()
    before = Versions(project).of(known, code(project))
    write(project.root, {"shop/db.py": "def query(): return 2\n"})
    assert Versions(project).of(known, code(project)) == before
    write(project.root, {"shop/catalog.py": "def stock(): return 2\n"})
    assert Versions(project).of(known, code(project)) != before


def test_a_damaged_manifest_costs_no_call(project: Settings, caplog: pytest.LogCaptureFixture):
    """The sources are read instead, and the log says why."""
    before = version(project)
    (project.root / DEFAULT_PATH).parent.mkdir()
    (project.root / DEFAULT_PATH).write_bytes(b"no manifest")
    assert version(project) == before
    assert "cannot use the manifest" in caplog.text
