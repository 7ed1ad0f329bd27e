"""A Python with the package's start files installed, projects to run in it, and the hook in this process."""

from __future__ import annotations

import shutil
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from directives.compiler.model import Role
from directives.hook.finder import DirectivesFinder
from directives.runtime import runtime
from directives.settings import Settings
from tests.hook.workspace import ACTIONS
from tests.hook.workspace import REPOSITORY
from tests.hook.workspace import Workspace


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the start files, and everything else on its path."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    paths = [str(REPOSITORY), *(path for path in sys.path if path.endswith("site-packages"))]
    (site / "aa_paths.pth").write_text("\n".join(paths))
    for name in ("directives.pth", "directives.start"):
        shutil.copy(REPOSITORY / name, site)
    return folder / "bin" / "python"


@pytest.fixture
def workspace(tmp_path: Path, python: Path) -> Workspace:
    """An empty project."""
    made = Workspace(tmp_path, python)
    made.write("pyproject.toml", "[project]\nname = 'shop'\n")
    return made


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """A project with the package ``shop`` and a module of server functions in it."""
    workspace.write("shop/__init__.py", "")
    workspace.write("shop/actions.py", ACTIONS)
    return workspace


@pytest.fixture
def hooked(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectivesFinder]:
    """The hook in this very process, for the project of ``workspace``; undone afterwards."""
    before, modules = sys.meta_path, set(sys.modules)
    monkeypatch.syspath_prepend(workspace.root)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    settings = Settings(workspace.root)
    finder = DirectivesFinder(Role.SERVER, lambda: settings)
    finder.install()
    yield finder
    sys.meta_path = before
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(workspace.root)):
            del sys.modules[name]
            runtime.functions.forget(name)
