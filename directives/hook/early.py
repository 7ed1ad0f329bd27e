"""Modules that the hook does not load, before it was on or outside of the project: their directives do nothing, so say it."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Final

from directives.errors import DirectivesWarning
from directives.errors import ImportedBeforeActivationWarning
from directives.errors import OutsideProjectWarning
from directives.hook.loader import TransformingLoader
from directives.hook.transform import Transform
from directives.hook.zip_loader import ZipLoader
from directives.project import Project

DIRECTIVE: Final = re.compile(rb"""^\s*['"]+use (?:server|client|cache)""", re.MULTILINE)


def warn_of_early_imports(project: Project, transform: Transform) -> None:
    """Warn of each module of the project whose directives came too late to count.

    Raises:
        ImportedBeforeActivationWarning: Only where warnings are errors.
    """
    for name, path in _early_modules(project):
        _warn(name, path, transform, _advice(name, path))


def warn_of_script(transform: Transform, argv: list[str]) -> None:
    """Warn if Python is about to run a script with directives: it imports all modules but that one.

    Raises:
        ImportedBeforeActivationWarning: Only where warnings are errors.
    """
    path = argv[0] if argv else ""
    if path.endswith(".py") and os.path.isfile(path):
        _warn("__main__", os.path.abspath(path), transform, _advice("__main__", path))


def warn_of_outsider(name: str, path: str, project: Project, transform: Transform) -> None:
    """Warn if a module outside of the project has directives.

    Raises:
        OutsideProjectWarning: Only where warnings are errors.
    """
    advice = (
        f"module {name!r} lies outside of the project in {project.settings.root}; start Python in the folder of its project, "
        "or name it in the setting `packages`"
    )
    if transform.may_change_file(path):
        _warn(name, path, transform, advice, OutsideProjectWarning)


def _early_modules(project: Project) -> Iterator[tuple[str, str]]:
    for name, module in tuple(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if isinstance(getattr(spec, "loader", None), (TransformingLoader, ZipLoader)):
            continue
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith(".py") and project.covers(name, path):
            yield name, path


def _advice(name: str, path: str) -> str:
    if name == "__main__":
        return f"Python runs a script without importing it; start it with `python -m directives run {path}`"
    return (
        f"module {name!r} was imported before the hook was on; start Python with `-X directives`, set "
        "PYTHONDIRECTIVES=1, or call directives.enable() before the first import of the project"
    )


def _warn(
    name: str,
    path: str,
    transform: Transform,
    advice: str,
    category: type[DirectivesWarning] = ImportedBeforeActivationWarning,
) -> None:
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        return
    if transform.compiled(source, name, path) is None:
        return
    found = DIRECTIVE.search(source)
    line = source.count(b"\n", 0, found.end()) + 1 if found else 1
    message = f"the directives of this file do nothing: {advice}"
    warnings.warn_explicit(message, category, path, line, name)
