"""Code that nobody here wrote: the standard library and packages as installed."""

from __future__ import annotations

import importlib.util
import sysconfig
from collections.abc import Iterator
from pathlib import Path

STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
PACKAGES = ("flask", "django", "attr", "attrs", "pydantic")


def standard_library() -> list[Path]:
    """Every source file of the standard library but its own tests."""
    return [path for path in _sources(STANDARD_LIBRARY) if not _is_test(path)]


def standard_library_tests() -> list[Path]:
    """The tests of the standard library: the oddest code there is."""
    return [path for path in _sources(STANDARD_LIBRARY) if _is_test(path)]


def package(name: str) -> list[Path]:
    """Every source file of an installed package."""
    spec = importlib.util.find_spec(name)
    assert spec is not None, f"{name} is not installed"
    return [path for folder in spec.submodule_search_locations or () for path in _sources(Path(folder))]


def everything() -> list[Path]:
    """All of it."""
    return [
        *standard_library(),
        *standard_library_tests(),
        *(path for name in PACKAGES for path in package(name)),
    ]


def _sources(folder: Path) -> Iterator[Path]:
    return (
        path for path in sorted(folder.rglob("*.py")) if "site-packages" not in path.relative_to(folder).parts
    )


def _is_test(path: Path) -> bool:
    return not {"test", "tests", "idle_test", "lib2to3"}.isdisjoint(path.relative_to(STANDARD_LIBRARY).parts)
