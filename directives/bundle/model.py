"""What goes to browsers, as a value and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from directives.compiler.model import Diagnostic
from directives.errors import DirectivesError
from directives.manifest.model import write_atomically

DEFAULT_BUNDLE = Path(".directives", "bundle.cbor")
BUNDLE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a bundle.

    Attributes:
        module: The module it is.
        kind: ``"client"``, ``"shared"`` by both sides, ``"stubs"`` of server functions, or ``"library"``.
        why: How client code reaches it: the modules from an entry point to it.
        address: Its path below the bundle's, with a hash of its content: never another content under one address.
        content: Its source.
    """

    module: str
    kind: str
    why: tuple[str, ...]
    address: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A ``'use client'`` module, whose components pages name.

    Attributes:
        module: Its name.
        runtime: What its components run on.
        files: The addresses of what has to be there before it is imported.
        children: Its components that get their children.
    """

    module: str
    runtime: str
    files: tuple[str, ...]
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that browsers can fetch of a project's Python.

    Attributes:
        parts: The files, by address.
        entries: The modules whose components pages name, by name.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def runtimes(self, part: Part) -> tuple[str, ...]:
        """The runtimes that a file is loaded by."""
        return tuple(
            sorted({entry.runtime for entry in self.entries.values() if part.address in entry.files})
        )

    def save(self, path: Path) -> None:
        """Write it; a reader sees the old file or the new one.

        Raises:
            OSError: The file cannot be written.
        """
        import cbor2

        parts = [
            [part.module, part.kind, list(part.why), part.address, part.content]
            for part in self.parts.values()
        ]
        entries = [
            [entry.module, entry.runtime, list(entry.files), list(entry.children)]
            for entry in self.entries.values()
        ]
        write_atomically(path, cbor2.dumps({"version": BUNDLE_VERSION, "parts": parts, "entries": entries}))

    @classmethod
    def load(cls, path: Path) -> Bundle:
        """Read what ``save`` wrote.

        Raises:
            DirectivesError: The file is none of this version; says what to run.
            OSError: The file cannot be read.
        """
        import cbor2

        try:
            content = cbor2.loads(path.read_bytes())
            if content["version"] != BUNDLE_VERSION:
                raise ValueError
            parts = [Part(*_tuples(row)) for row in content["parts"]]
            entries = [Entry(*_tuples(row)) for row in content["entries"]]
        except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError):
            raise DirectivesError(
                f"{path} is no bundle of this version: run `directives build` again, or remove it"
            ) from None
        return cls({part.address: part for part in parts}, {entry.module: entry for entry in entries})


@dataclass(frozen=True, slots=True)
class Made:
    """What making a bundle gives.

    Attributes:
        bundle: The bundle; empty if there are errors among the findings.
        findings: What was found in the modules that client code reaches, but for what ``compile_source`` finds in each.
    """

    bundle: Bundle
    findings: tuple[Diagnostic, ...]

    @property
    def errors(self) -> bool:
        """Whether a finding keeps it from being made."""
        return any(finding.severity == "error" for finding in self.findings)


def _tuples(row: list[Any]) -> list[Any]:
    return [tuple(item) if isinstance(item, list) else item for item in row]
