"""A project's manifest, made from its source files."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass

from directives.compiler.model import CompiledModule
from directives.compiler.model import Diagnostic
from directives.manifest.model import DEFAULT_PATH
from directives.manifest.model import Manifest
from directives.manifest.model import from_records
from directives.manifest.sources import SourceFile
from directives.manifest.sources import compile_source
from directives.manifest.sources import project_sources
from directives.settings import Settings


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
    return _built(tuple(project_sources(settings)), settings)


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
    from directives.compiler import may_contain_directive

    sources = tuple(project_sources(settings))
    built = _built(sources, settings, [file for file in sources if may_contain_directive(file.source)])
    if built.manifest is None:
        raise as_error(next(module for module in built.modules if module.errors))
    return built.manifest


def load_or_compute(settings: Settings) -> Manifest:
    """The manifest that was built, or that of the sources where nothing was.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        ManifestError: The manifest that was built cannot be used; says why and what to run.
        DirectiveSyntaxError: As for ``from_project``.
        DuplicateFunctionError: As for ``from_project``.
        OSError: As for ``from_project``.
    """
    built = settings.root / DEFAULT_PATH
    return Manifest.load(built) if built.exists() else from_project(settings)


def _built(
    sources: Sequence[SourceFile], settings: Settings, judged: Sequence[SourceFile] | None = None
) -> Built:
    modules = tuple(compile_source(file, settings) for file in (sources if judged is None else judged))
    findings = tuple(finding for module in modules for finding in module.diagnostics)
    if any(module.errors for module in modules):
        return Built(modules, findings, None)
    records = (record for module in modules for record in module.records)
    return Built(modules, findings, from_records(settings.build_id or _fingerprint(sources), records))


def _fingerprint(sources: Iterable[SourceFile]) -> str:
    from blake3 import blake3

    total = blake3()
    for file in sorted(sources, key=lambda file: file.file):
        for part in (file.file.encode(errors="surrogateescape"), file.source):
            total.update(blake3(part).digest())
    return total.hexdigest(length=8)
