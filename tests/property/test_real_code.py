from __future__ import annotations

import marshal
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

from directives.compiler import compile_module
from directives.compiler import render_diagnostics
from tests.compiler.positions import misplaced_positions
from tests.property.sources import package
from tests.property.sources import standard_library
from tests.property.sources import standard_library_tests

# Without reference marks, which depend on who else holds a constant.
MARSHAL_VERSION = 2
SAMPLE_EVERY = 80
SAMPLE_EVERY_OF_PACKAGE = 6


def check(paths: list[Path]) -> None:
    """What holds for every file without directives, whether the scan would admit it or not."""
    with warnings.catch_warnings():
        # Real code has invalid escapes and `is` with literals.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        for path in paths:
            check_file(path, path.read_bytes())


def check_file(path: Path, source: bytes) -> None:
    """A file that Python accepts comes back as the same code; another is refused with a SyntaxError."""
    plain = compiled(source, str(path))
    try:
        module = compile_module(source, path.stem, str(path))
    except SyntaxError:
        assert plain is None, f"only this compiler refuses {path}"
        return
    assert not module.diagnostics, render_diagnostics(module.diagnostics)
    assert not module.transformed, path
    assert module.half is not None
    if plain is not None:
        half = compile(module.half.tree, str(path), "exec", dont_inherit=True)
        assert marshal.dumps(half, MARSHAL_VERSION) == marshal.dumps(plain, MARSHAL_VERSION), path
        assert misplaced_positions(module.half.tree, source) == [], path


def compiled(source: bytes, filename: str) -> CodeType | None:
    """What plain CPython makes of a file; ``None`` if it refuses it."""
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


def test_a_sample_of_real_code_comes_back_as_the_same_code():
    """Some files of the standard library and of flask are left as they are."""
    paths = [*standard_library()[::SAMPLE_EVERY], *package("flask")[::SAMPLE_EVERY_OF_PACKAGE]]
    assert len(paths) > 10
    check(paths)


@pytest.mark.slow
@pytest.mark.parametrize(
    "files", [standard_library, standard_library_tests], ids=lambda files: files.__name__
)
def test_the_standard_library_comes_back_as_the_same_code(files: Callable[[], list[Path]]):
    """No file of the standard library is changed, refused or crashed on."""
    paths = files()
    assert len(paths) > 500
    check(paths)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flask", "django", "attr", "attrs", "pydantic"])
def test_installed_packages_come_back_as_the_same_code(name: str):
    """No file of a well-known package is changed, refused or crashed on."""
    paths = package(name)
    assert paths
    check(paths)
