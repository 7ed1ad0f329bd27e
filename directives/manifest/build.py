"""A project's manifest, made from its source files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

from directives.compiler.model import CompiledModule
from directives.compiler.model import Diagnostic
from directives.compiler.model import FunctionRecord
from directives.manifest.model import DEFAULT_PATH
from directives.manifest.model import Manifest
from directives.manifest.model import from_records
from directives.manifest.sources import SourceFile
from directives.manifest.sources import compile_source
from directives.manifest.sources import project_sources
from directives.settings import BY_CODE
from directives.settings import Settings

if TYPE_CHECKING:
    from directives.manifest.reach import Linker

SERVER = "use server"
log = logging.getLogger("directives")


@dataclass(frozen=True, slots=True)
class Built:
    """What a build makes of a project's source files.

    Attributes:
        modules: The modules, compiled.
        findings: What was found in them.
        manifest: The manifest; ``None`` if there are errors among the findings.
    """

    modules: tuple[CompiledModule, ...]
    findings: tuple[Diagnostic, ...]
    manifest: Manifest | None


def build(settings: Settings) -> Built:
    """Check every file of a project and make its manifest; nothing is imported or written.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        DuplicateFunctionError: Two functions have one ID; names both places.
        OSError: A file cannot be read.
    """
    from directives.manifest.reach import Linker

    sources = tuple(project_sources(settings))
    built = _built(sources, tuple(compile_source(file, settings) for file in sources), settings)
    if built.manifest is None:
        return built
    linker = Linker({file.module: file for file in reversed(sources)})
    found = dict(fingerprints(built.manifest.records.values(), linker))
    return replace(built, manifest=replace(built.manifest, fingerprints=found))


def fingerprints(records: Iterable[FunctionRecord], linker: Linker) -> Iterator[tuple[str, str]]:
    """The ID of each cached function with the hash of all code that it reaches."""
    for record in records:
        if record.directive != SERVER and (reach := linker.reach(record.module, record.qualname)):
            yield record.id, reach.fingerprint


def from_project(settings: Settings) -> Manifest:
    """The manifest of a project as its source files are now; nothing of it is imported.

    Files without directives are not judged, so that one that is no Python does not stand in the way.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        DirectiveSyntaxError: A file breaks a rule of the directives; has every finding in it.
        DuplicateFunctionError: Two functions have one ID; names both places.
        OSError: A file cannot be read.
    """
    from directives.compiler import as_error

    sources = tuple(project_sources(settings))
    built = _built(sources, compiled_sources(sources, settings), settings)
    if built.manifest is None:
        raise as_error(next(module for module in built.modules if module.errors))
    return built.manifest


def importable(settings: Settings) -> Manifest:
    """The manifest of the files of a project that can be imported, as they are now.

    A file that breaks a rule is left out, with its error in the log: it does not stand in the way of the others.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        DuplicateFunctionError: Two functions have one ID; names both places.
        OSError: A file cannot be read.
    """
    from directives.compiler import render_diagnostics

    sources = tuple(project_sources(settings))
    modules = compiled_sources(sources, settings)
    for module in modules:
        if module.errors:
            log.warning("its functions cannot be called:\n%s", render_diagnostics(module.errors))
    records = (record for module in modules if not module.errors for record in module.records)
    return from_records(build_id_of(sources, settings), records)


def load_or_compute(settings: Settings, compute: Callable[[Settings], Manifest] = from_project) -> Manifest:
    """The manifest that was built, or that of the sources where nothing was.

    Args:
        settings: The project's settings; ``root`` says where it is.
        compute: What makes one where nothing was built.

    Raises:
        ManifestError: The manifest that was built cannot be used; says why and what to run.
        DirectiveSyntaxError: As for ``from_project``.
        DuplicateFunctionError: As for ``from_project``.
        OSError: As for ``from_project``.
    """
    built = settings.root / DEFAULT_PATH
    return Manifest.load(built) if built.exists() else compute(settings)


def compiled_sources(sources: Iterable[SourceFile], settings: Settings) -> tuple[CompiledModule, ...]:
    """The source files that may hold directives, compiled; the others are not judged."""
    from directives.compiler import may_contain_directive

    return tuple(compile_source(file, settings) for file in sources if may_contain_directive(file.source))


def _built(sources: Sequence[SourceFile], modules: tuple[CompiledModule, ...], settings: Settings) -> Built:
    findings = tuple(finding for module in modules for finding in module.diagnostics)
    if any(module.errors for module in modules):
        return Built(modules, findings, None)
    records = (record for module in modules for record in module.records)
    return Built(modules, findings, from_records(build_id_of(sources, settings), records))


def build_id_of(sources: Iterable[SourceFile], settings: Settings) -> str:
    """The name of the build: the setting, else a hash of all sources, whatever is cached by."""
    if settings.build_id not in (None, BY_CODE):
        return settings.build_id
    from blake3 import blake3

    total = blake3()
    for file in sorted(sources, key=lambda file: file.file):
        for part in (file.file.encode(errors="surrogateescape"), file.source):
            total.update(blake3(part).digest())
    return total.hexdigest(length=8)
