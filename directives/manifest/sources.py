"""A project's source files, compiled without importing any of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from directives.compiler.model import CompiledModule
from directives.compiler.model import Role
from directives.settings import settings_around

if TYPE_CHECKING:
    from directives.settings import Settings


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One source file of a project.

    Attributes:
        module: The dotted name it is imported by.
        file: Its path for messages and records: relative to the project's root if it lies
            there, written with ``/``.
        source: Its bytes.
    """

    module: str
    file: str
    source: bytes = field(repr=False)


def project_sources(settings: Settings, below: Path | None = None) -> Iterator[SourceFile]:
    """The files that the hook would transform, read one after the other.

    Args:
        settings: The project's settings.
        below: Only files in this folder.

    Raises:
        OSError: A file cannot be read.
    """
    from directives.project import Project

    for module, path in Project(settings).source_files():
        if below is None or path.is_relative_to(below):
            yield read_source(module, path, settings)


class LazySources(Mapping[str, SourceFile]):
    """The files that the hook would transform, by the names of their modules; each is read when it is asked for.

    Args:
        settings: The project's settings.
    """

    def __init__(self, settings: Settings) -> None:
        from directives.project import Project

        self._settings = settings
        self._read: dict[str, SourceFile] = {}
        self.paths: dict[str, Path] = {}
        for module, path in Project(settings).source_files():
            self.paths.setdefault(module, path)

    def __getitem__(self, module: str) -> SourceFile:
        if module not in self._read:
            self._read[module] = read_source(module, self.paths[module], self._settings)
        return self._read[module]

    def __contains__(self, module: object) -> bool:
        return module in self.paths

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def read_source(module: str, path: Path, settings: Settings) -> SourceFile:
    """Read the file of a module.

    Raises:
        OSError: The file cannot be read.
    """
    inside = path.is_relative_to(settings.root)
    file = path.relative_to(settings.root) if inside else path
    return SourceFile(module, file.as_posix(), path.read_bytes())


def compile_file(path: Path, settings_of: Callable[[Path], Settings] = settings_around) -> CompiledModule:
    """Compile one file by the settings of its project.

    Args:
        path: The file.
        settings_of: See ``directives.manifest.check``.

    Raises:
        OSError: The file cannot be read.
        SettingsError: The project's settings are wrong.
    """
    from directives.project import Project

    path = path.resolve()
    settings = settings_of(path.parent)
    return compile_source(read_source(Project(settings).module_name(path), path, settings), settings)


def compile_source(file: SourceFile, settings: Settings) -> CompiledModule:
    """Compile a file; what is no Python at all is the finding ``syntax-error``."""
    from directives.compiler import compile_module

    try:
        compiled = compile_module(
            file.source, file.module, file.file, Role.SERVER, settings.compiler_settings()
        )
        if not compiled.errors:
            _compile_plain(file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _no_python(file, error)
    return compiled


def _compile_plain(file: SourceFile) -> None:
    """Let CPython judge what our compiler has no opinion on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(file.source, file.file, "exec", dont_inherit=True)


def _no_python(file: SourceFile, error: Exception) -> CompiledModule:
    from directives.compiler import syntax_error

    if isinstance(error, (RecursionError, MemoryError)):
        error = SyntaxError("nested too deeply for Python to compile")
    elif not isinstance(error, SyntaxError):
        error = SyntaxError(str(error))
    return CompiledModule(
        name=file.module,
        filename=file.file,
        role=Role.SERVER,
        directive=None,
        records=(),
        diagnostics=(syntax_error(error, file.file),),
        server=None,
        client=None,
        transformed=False,
    )
