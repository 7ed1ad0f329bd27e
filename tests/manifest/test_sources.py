"""The manifest of a project's source files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from directives.errors import DirectiveSyntaxError
from directives.errors import ManifestError
from directives.manifest import DEFAULT_PATH
from directives.manifest import build
from directives.manifest import from_project
from directives.manifest import load_or_compute
from directives.settings import Settings

ACTION = "'use server'\nasync def act(x: int): pass\n"


def project(folder: Path, **files: str) -> Settings:
    """A project with these modules."""
    for name, text in files.items():
        path = folder / f"{name.replace('_', '/', 1)}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Settings(folder.resolve())


def test_files_are_relative_to_the_root(tmp_path: Path) -> None:
    """The manifest of a project does not depend on where the project lies."""
    one = from_project(project(tmp_path / "one", pkg_actions=ACTION))
    two = from_project(project(tmp_path / "two", pkg_actions=ACTION))
    assert one == two
    assert [record.file for record in one.records.values()] == ["pkg/actions.py"]


def test_nothing_of_the_project_is_imported(tmp_path: Path) -> None:
    """A module that must not run is listed like any other."""
    settings = project(
        tmp_path, action_of_a_module_that_must_not_run=ACTION + "raise SystemExit('imported')\n"
    )
    before = set(sys.modules)
    (record,) = from_project(settings).records.values()
    assert record.module.endswith("must_not_run")
    assert record.module not in set(sys.modules) - before


def test_a_file_without_directives_is_not_judged(tmp_path: Path) -> None:
    """A template that is no Python yet does not stand in the way of the manifest; a build reports it."""
    settings = project(tmp_path, actions=ACTION, template="class {{ name }}:\n")
    assert len(from_project(settings).records) == 1
    built = build(settings)
    assert built.manifest is None
    assert [finding.slug for finding in built.findings] == ["syntax-error"]


def test_a_broken_rule_is_an_error_with_every_finding_of_the_file(tmp_path: Path) -> None:
    """There is no manifest of a project that would not import."""
    settings = project(tmp_path, actions="'use server'\ndef f(): pass\ndef g(): pass\n")
    with pytest.raises(DirectiveSyntaxError) as caught:
        from_project(settings)
    assert [finding.span.line for finding in caught.value.diagnostics] == [2, 3]


def test_what_was_built_goes_before_the_sources(tmp_path: Path) -> None:
    """A built manifest is used as it is; one that cannot be used is an error, not ignored."""
    settings = project(tmp_path, actions=ACTION)
    path = tmp_path / DEFAULT_PATH
    from_project(settings).save(path)
    (tmp_path / "actions.py").unlink()
    assert len(load_or_compute(settings).records) == 1
    path.write_bytes(b"")
    with pytest.raises(ManifestError):
        load_or_compute(settings)
    path.unlink()
    assert load_or_compute(settings).records == {}


def test_another_place_of_a_file_is_another_build(tmp_path: Path) -> None:
    """The fingerprint covers names and contents, and cannot confuse the one with the other."""
    builds = {
        from_project(project(tmp_path / str(number), **files)).build_id
        for number, files in enumerate(
            [{"ab": "c = 1"}, {"a": "bc = 1"}, {"ab": "c = 1", "c": ""}, {"ab": "c = 2"}]
        )
    }
    assert len(builds) == 4
