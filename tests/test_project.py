"""Which modules are the project's, and what they are called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from directives.project import Project
from directives.settings import Settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with the usual clutter."""
    for name in (
        "pyproject.toml",
        "app.py",
        "shop/__init__.py",
        "shop/actions.py",
        "shop/notes.txt",
        "shop/build/__init__.py",
        "shop/__pycache__/actions.py",
        "build/lib/shop/actions.py",
        "dist/shop.py",
        "venv/pyvenv.cfg",
        "venv/bin/activate_this.py",
        "venv/lib/python3/site-packages/flask/__init__.py",
        ".tox/run.py",
        "shop.egg-info/x.py",
        "node_modules/gyp/gyp.py",
        "tests/test_shop.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_the_sources_of_a_project(root: Path) -> None:
    """What the user wrote, and nothing that was installed, built or hidden."""
    found = {name: str(path.relative_to(root)) for name, path in Project(Settings(root)).source_files()}
    assert found == {
        "app": "app.py",
        "shop": "shop/__init__.py",
        "shop.actions": "shop/actions.py",
        "shop.build": "shop/build/__init__.py",
        "tests.test_shop": "tests/test_shop.py",
    }


def test_what_is_no_file_is_no_source(root: Path) -> None:
    """A link that leads nowhere, such as an editor's mark on an open file, and a pipe, which nobody writes."""
    before = list(Project(Settings(root)).source_files())
    (root / "shop" / ".#actions.py").symlink_to("user@host.123")
    (root / "shop" / "gone.py").symlink_to("nowhere.py")
    os.mkfifo(root / "shop" / "pipe.py")
    assert list(Project(Settings(root)).source_files()) == before


def test_excluded_packages_are_no_sources(root: Path) -> None:
    """``exclude`` names packages and modules, with what is in them."""
    project = Project(Settings(root, exclude=("shop.build", "tests")))
    assert {name for name, _ in project.source_files()} == {"app", "shop", "shop.actions"}


def test_named_packages_are_sources_wherever_they_are(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named package is found on the path without being imported; beside the project, not instead of it."""
    site = tmp_path_factory.mktemp("lib") / "site-packages"
    (site / "toolbox").mkdir(parents=True)
    (site / "toolbox/__init__.py").write_text("raise RuntimeError")
    (site / "toolbox/hammer.py").touch()
    (site / "single.py").touch()
    monkeypatch.syspath_prepend(site)
    project = Project(Settings(root, packages=("toolbox", "single", "no_such_package")))
    names = {name for name, _ in project.source_files()}
    assert {"app", "toolbox", "toolbox.hammer", "single"} <= names
    assert "toolbox" not in sys.modules


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("app.py", "app"),
        ("shop/__init__.py", "shop"),
        ("shop/actions.py", "shop.actions"),
        ("shop/__main__.py", "shop.__main__"),
        ("space/part/actions.py", "space.part.actions"),
        ("src/store/actions.py", "store.actions"),
        ("libs/other/pkg/actions.py", "pkg.actions"),
        ("lib/thing/actions.py", "thing.actions"),
    ],
)
def test_the_name_of_a_module(root: Path, file: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names begin at the root, at ``src``, at a ``pyproject.toml`` or at a folder of ``sys.path``."""
    (root / "libs/other").mkdir(parents=True)
    (root / "libs/other/pyproject.toml").touch()
    (root / "lib").mkdir()
    monkeypatch.syspath_prepend(root / "lib")
    assert Project(Settings(root)).module_name(root / file) == name


@pytest.mark.parametrize(
    ("name", "path", "covered"),
    [
        ("shop.actions", "shop/actions.py", True),
        ("build.lib", "build/lib.py", True),
        ("flask", "venv/lib/python3/site-packages/flask/__init__.py", False),
        ("run", ".tox/run.py", False),
        ("other", "../other.py", False),
        ("json", "shop/json.py", False),
        ("directives.cache", "directives/cache.py", False),
    ],
)
def test_what_is_covered_on_import(root: Path, name: str, path: str, covered: bool) -> None:
    """Whatever is imported from under the root, but for installed and hidden folders and standard names."""
    assert Project(Settings(root)).covers(name, os.path.normpath(root / path)) is covered


def test_a_name_of_the_standard_library_that_the_project_uses(root: Path) -> None:
    """A ``queue.py`` of the project is the project's; the library's own is not."""
    (root / "queue.py").touch()
    project = Project(Settings(root))
    assert project.covers("queue", str(root / "queue.py"))
    assert not project.covers("queue", os.__file__.replace("os.py", "queue.py"))


def test_the_standard_library_under_the_root() -> None:
    """With the file system's root as the project's, the standard library is still none of it."""
    assert not Project(Settings(Path("/"))).covers(
        "test.support", os.__file__.replace("os.py", "test/support.py")
    )


def test_a_project_behind_a_symbolic_link(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same folder by another path is the same folder."""
    link = tmp_path_factory.mktemp("links") / "project"
    link.symlink_to(root)
    assert Project(Settings(root)).covers("shop.actions", str(link / "shop/actions.py"))
    assert Project(Settings(link)).covers("shop.actions", str(root / "shop/actions.py"))
    assert Project(Settings(link)).module_name(link / "shop/actions.py") == "shop.actions"
