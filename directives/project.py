"""The project: which modules are its own, where their sources lie, and what they are called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from directives.settings import Settings

INSTALLED = frozenset({"site-packages", "dist-packages"})
BUILT = frozenset({"build", "dist", "site"})
OWN_NAMES = frozenset({"directives", "_directives_start"})
# The first line of the pyproject.toml of a client package: its stubs have the names of the modules they stand for.
CLIENT_PACKAGE = "# Written by `directives build --client`, which replaces this folder each time."
STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__))


class Project:
    """The modules that the settings say are the user's own.

    These are the modules under ``settings.root``, but for what is installed there (site-packages,
    virtual environments, hidden folders), and the ``packages`` named in the settings, wherever
    they are; ``exclude`` takes away from both.

    Args:
        settings: Where the project lies, and what is named or excluded.

    Attributes:
        settings: As given.
        foreign: Top-level names that are never the project's, known without a look at any path.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._root = os.path.realpath(settings.root)
        self._packages = frozenset(settings.packages)
        self._exclude = frozenset(settings.exclude)
        self._own_folders: dict[str, bool] = {}
        self._other_folders: dict[str, bool] = {}
        named = {name.partition(".")[0] for name in self._packages}
        # A project may have a `queue.py` of its own: a directive in it must not be lost in silence.
        shadowing = _top_level_names(self._root) | _top_level_names(os.path.join(self._root, "src"))
        self.foreign = (sys.stdlib_module_names - shadowing - named) | OWN_NAMES

    def covers(self, fullname: str, path: str) -> bool:
        """Whether a module is to be transformed.

        Args:
            fullname: The module's dotted name.
            path: Its file.
        """
        if self._is_left_out(fullname):
            return False
        return _within(fullname, self._packages) or self._own_folder(os.path.dirname(path))

    def misses(self, fullname: str, path: str) -> bool:
        """Whether a module that is not covered was written by somebody, for another project or for this one.

        Args:
            fullname: The module's dotted name.
            path: Its file.
        """
        if self._is_left_out(fullname):
            return False
        folder = os.path.dirname(path)
        missed = self._other_folders.get(folder)
        if missed is None:
            missed = self._other_folders[folder] = self._is_elsewhere(os.path.realpath(folder))
        return missed

    def source_files(self) -> Iterator[tuple[str, Path]]:
        """Every source file of the project, with the name of its module, in a stable order."""
        seen = set[str]()
        for path in _walk(self._root):
            name = self.module_name(path)
            if self.covers(name, str(path)):
                seen.add(str(path))
                yield name, path
        for package in self.settings.packages:
            for name, path in _installed_files(package):
                if str(path) not in seen and self.covers(name, str(path)):
                    seen.add(str(path))
                    yield name, path

    def module_name(self, path: str | os.PathLike[str]) -> str:
        """The dotted name under which a file of the project is imported.

        Imports start at the nearest folder upward that is no package and is on ``sys.path``, is
        called ``src`` or holds a ``pyproject.toml``; else at the project's root.
        """
        file = Path(os.path.realpath(path))
        base = file.parent
        while str(base) != self._root and base != base.parent and not _imports_start_at(base):
            base = base.parent
        return _dotted(file.relative_to(base).with_suffix("").parts)

    def _is_left_out(self, fullname: str) -> bool:
        return fullname.partition(".")[0] in self.foreign or _within(fullname, self._exclude)

    def _own_folder(self, folder: str) -> bool:
        known = self._own_folders.get(folder)
        if known is None:
            known = self._own_folders[folder] = self._is_own(os.path.realpath(folder))
        return known

    def _is_own(self, folder: str) -> bool:
        if folder != self._root and not folder.startswith(os.path.join(self._root, "")):
            return False
        if folder == STANDARD_LIBRARY or folder.startswith(STANDARD_LIBRARY + os.sep):
            return False
        return _is_written(folder[len(self._root) :])

    def _is_elsewhere(self, folder: str) -> bool:
        around = (os.path.join(place, "") for place in (self._root, STANDARD_LIBRARY))
        return not os.path.join(folder, "").startswith(tuple(around)) and _is_written(folder)


def _is_written(path: str) -> bool:
    """Whether a path leads through no folder of what is installed or hidden."""
    return not any(part in INSTALLED or part.startswith(".") for part in path.split(os.sep))


def _within(fullname: str, packages: frozenset[str]) -> bool:
    """Whether a module or a package it is in is one of ``packages``."""
    while fullname:
        if fullname in packages:
            return True
        fullname = fullname.rpartition(".")[0]
    return False


def _top_level_names(folder: str) -> set[str]:
    try:
        return {entry.removesuffix(".py") for entry in os.listdir(folder)}
    except OSError:
        return set()


def _imports_start_at(folder: Path) -> bool:
    if (folder / "__init__.py").is_file():
        return False
    return folder.name == "src" or str(folder) in sys.path or (folder / "pyproject.toml").is_file()


def _walk(root: str) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not _pruned(folder, name, at_root=folder == root))
        for name in sorted(files):
            # Editors leave links there that lead nowhere, to mark a file as open.
            if name.endswith(".py") and os.path.isfile(path := os.path.join(folder, name)):
                yield Path(path)


def _pruned(parent: str, name: str, *, at_root: bool) -> bool:
    """Whether a folder holds nothing that a user wrote."""
    if name.startswith(".") or name in INSTALLED or name in {"__pycache__", "node_modules"}:
        return True
    path = os.path.join(parent, name)
    if (
        os.path.isfile(os.path.join(path, "pyvenv.cfg"))
        or name.endswith(".egg-info")
        or is_client_package(path)
    ):
        return True
    return at_root and name in BUILT and not os.path.isfile(os.path.join(path, "__init__.py"))


def is_client_package(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is one that ``directives build --client`` wrote."""
    try:
        with open(os.path.join(folder, "pyproject.toml"), "rb") as file:
            return file.readline().rstrip() == CLIENT_PACKAGE.encode()
    except OSError:
        return False


def _installed_files(package: str) -> Iterator[tuple[str, Path]]:
    """The files of a package, found without importing it."""
    top = package.partition(".")[0]
    spec = find_spec(top)
    if spec is None:
        return
    if spec.submodule_search_locations is None:
        if spec.origin is not None and spec.origin.endswith(".py"):
            yield top, Path(spec.origin)
        return
    for location in spec.submodule_search_locations:
        for path in _walk(location):
            name = _dotted((top, *path.relative_to(location).with_suffix("").parts))
            if _within(name, frozenset({package})):
                yield name, path


def _dotted(parts: tuple[str, ...]) -> str:
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
