"""A project's source files, compiled without importing any of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from directives.compiler.model import CompiledModule
from directives.compiler.model import Diagnostic
from directives.compiler.model import Role
from directives.compiler.model import Span
from directives.errors import DirectiveSyntaxError
from directives.manifest.model import Manifest
from directives.manifest.model import from_records

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


def project_sources(settings: Settings) -> Iterator[SourceFile]:
    """The files that the hook would transform, read one after the other.

    Raises:
        OSError: A file cannot be read.
    """
    from directives.project import Project

    for module, path in Project(settings).source_files():
        yield read_source(module, path, settings)


def read_source(module: str, path: Path, settings: Settings) -> SourceFile:
    """Read the file of a module.

    Raises:
        OSError: The file cannot be read.
    """
    inside = path.is_relative_to(settings.root)
    file = path.relative_to(settings.root) if inside else path
    return SourceFile(module, file.as_posix(), path.read_bytes())


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


def from_project(settings: Settings) -> Manifest:
    """The manifest of a project as its source files are now; nothing of it is imported.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        DirectiveSyntaxError: A file breaks a rule of the directives; has every finding.
        DuplicateFunctionError: Two functions have one ID; names both places.
        OSError: A file cannot be read.
    """
    from directives.compiler import may_contain_directive
    from directives.compiler import render_diagnostics

    sources = tuple(project_sources(settings))
    modules = [compile_source(file, settings) for file in sources if may_contain_directive(file.source)]
    if errors := [finding for module in modules for finding in module.errors]:
        raise DirectiveSyntaxError(render_diagnostics(errors), errors)
    return manifest_of(settings, sources, modules)


def manifest_of(
    settings: Settings, sources: Iterable[SourceFile], modules: Iterable[CompiledModule]
) -> Manifest:
    """The manifest of modules that are compiled already.

    Raises:
        DuplicateFunctionError: Two functions have one ID; names both places.
    """
    records = (record for module in modules for record in module.records)
    return from_records(settings.build_id or _fingerprint(sources), records)


def _fingerprint(sources: Iterable[SourceFile]) -> str:
    from blake3 import blake3

    total = blake3()
    for file in sorted(sources, key=lambda file: file.file):
        for part in (file.file.encode(errors="surrogateescape"), file.source):
            total.update(blake3(part).digest())
    return total.hexdigest(length=8)


def _compile_plain(file: SourceFile) -> None:
    """Let CPython judge what our compiler has no opinion on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(file.source, file.file, "exec", dont_inherit=True)


def _no_python(file: SourceFile, error: BaseException) -> CompiledModule:
    span, message = Span(1, 0, 1, 0), str(error) or type(error).__name__
    lines: tuple[str, ...] = ()
    if isinstance(error, SyntaxError):
        line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
        span = Span(line, column, error.end_lineno or line, max((error.end_offset or 1) - 1, column))
        message = error.msg
        lines = (error.text.rstrip("\n"),) if error.text else ()
    finding = Diagnostic(
        slug="syntax-error",
        message=f"This is no valid Python: {message}.",
        hint="Correct the syntax, or name the module in the setting `exclude`.",
        file=file.file,
        span=span,
        lines=lines,
    )
    return CompiledModule(
        name=file.module,
        filename=file.file,
        role=Role.SERVER,
        directive=None,
        records=(),
        diagnostics=(finding,),
        server=None,
        client=None,
        transformed=False,
    )
