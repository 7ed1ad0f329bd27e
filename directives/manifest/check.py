"""What is wrong in a tree of source files, found without importing any of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from directives.compiler.fixes import mend
from directives.compiler.model import Diagnostic
from directives.manifest.model import write_atomically
from directives.manifest.sources import SourceFile
from directives.manifest.sources import compile_source
from directives.manifest.sources import project_sources
from directives.manifest.sources import read_source
from directives.settings import Settings
from directives.settings import settings_around


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check.

    Attributes:
        files: How many files were checked.
        findings: What was found and not mended, file by file; files are relative to the working directory if
            they lie below it.
        mended: How many findings were mended.
    """

    files: int
    findings: tuple[Diagnostic, ...]
    mended: int = 0

    @property
    def errors(self) -> int:
        """How many of the findings keep a module from running."""
        return sum(finding.severity == "error" for finding in self.findings)


def check(
    paths: Sequence[Path],
    *,
    fix: bool = False,
    settings_of: Callable[[Path], Settings] = settings_around,
) -> Report:
    """Check source files against the rules of the directives.

    Args:
        paths: Files, and folders whose project's files below them are checked.
        fix: Whether to write into the files what their findings say to put in the place of what they mark.
        settings_of: Gives the settings that what is in a folder is judged by; left out, those of its own project: of the
            nearest ``pyproject.toml`` upward, and of the environment.

    Raises:
        OSError: A path does not exist, cannot be read or, to be mended, cannot be written; no file is half written.
        SettingsError: A project's settings are wrong.
    """
    files = mended = 0
    findings: list[Diagnostic] = []
    for path in dict.fromkeys(path.resolve() for path in paths):
        settings = settings_of(path if path.is_dir() else path.parent)
        for file in _files(path, settings):
            files += 1
            found = compile_source(file, settings).diagnostics
            if fix and any(finding.replacement is not None for finding in found):
                before = len(found)
                found = _mended(file, found, settings)
                mended += before - len(found)
            findings += (replace(finding, file=shown(settings.root / file.file)) for finding in found)
    return Report(files, tuple(findings), mended)


def _mended(file: SourceFile, found: tuple[Diagnostic, ...], settings: Settings) -> tuple[Diagnostic, ...]:
    """What is left to find in a file once it has been mended; it is written only if that is less."""
    source = mend(file.source, found)
    left = compile_source(replace(file, source=source), settings).diagnostics
    if len(left) >= len(found):
        return found
    path = settings.root / file.file
    write_atomically(path, source, mode=path.stat().st_mode)
    return left


def _files(path: Path, settings: Settings) -> Iterator[SourceFile]:
    from directives.project import Project

    if path.is_dir():
        return project_sources(settings, below=path)
    return iter((read_source(Project(settings).module_name(path), path, settings),))


def shown(path: Path) -> str:
    """A file's name for people: relative to the working directory if it lies below it."""
    here = Path(os.getcwd())
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()
