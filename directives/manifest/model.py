"""The manifest as a value and as a file, and what differs between two of them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path

from directives.compiler.model import FunctionRecord
from directives.errors import DuplicateFunctionError
from directives.errors import ManifestError
from directives.manifest.codec import UnusableError
from directives.manifest.codec import decode
from directives.manifest.codec import encode

DEFAULT_PATH = ".directives/manifest.cbor"
"""Where the manifest is, relative to the project's root."""

REMEDY = "run `python -m directives build`"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The functions with directives of one build.

    Attributes:
        build_id: The name of the build: the setting, else a fingerprint of the sources.
        records: Function ID to record, ordered by module and line; files are relative to
            the project's root and written with ``/``.
        fingerprints: Of each cached function, by ID, the hash of all code that it reaches; empty if the manifest
            was not made by a build.
    """

    build_id: str
    records: Mapping[str, FunctionRecord]
    fingerprints: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read a manifest from a file.

        Args:
            path: The file; the default is ``DEFAULT_PATH`` under the project's root.

        Raises:
            ManifestError: The file is missing, damaged, or written by another version; says which
                file, why, and what to run.
        """
        try:
            build_id, records, fingerprints = decode(path.read_bytes())
            return replace(from_records(build_id, records), fingerprints=fingerprints)
        except FileNotFoundError:
            raise ManifestError(f"there is no manifest {path}: {REMEDY}") from None
        except OSError as error:
            raise ManifestError(f"cannot read the manifest {path}: {error.strerror}") from None
        except (UnusableError, DuplicateFunctionError) as error:
            raise ManifestError(f"cannot use the manifest {path}: {error}: {REMEDY}") from None

    def save(self, path: Path) -> None:
        """Write the manifest to a file, all of it or nothing; equal manifests give equal bytes.

        Args:
            path: The file; missing folders above it are made.

        Raises:
            ManifestError: The file cannot be written; one that was there is untouched.
        """
        try:
            write_atomically(path, encode(self.build_id, self.records.values(), self.fingerprints))
        except OSError as error:
            raise ManifestError(f"cannot write the manifest {path}: {error.strerror}") from None


def from_records(build_id: str, records: Iterable[FunctionRecord]) -> Manifest:
    """A manifest of ``records``.

    Raises:
        DuplicateFunctionError: Two records have one ID; names both places.
    """
    by_id: dict[str, FunctionRecord] = {}
    for record in sorted(records, key=lambda r: (r.module, r.line, r.qualname)):
        if (twin := by_id.setdefault(record.id, record)) is not record:
            raise DuplicateFunctionError(
                f"{twin.place} and {record.place} have one ID, {record.id}: "
                "two functions need different modules, names or parameters"
            )
    return Manifest(build_id, by_id)


def write_atomically(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Put ``data`` at ``path``, so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Change:
    """One function that two manifests know differently.

    Attributes:
        reason: ``"signature"``, ``"moved"`` to another module, ``"captures"`` or ``"directive"``.
        old: The record of the older manifest.
        new: The record of the newer one.
    """

    reason: str
    old: FunctionRecord
    new: FunctionRecord


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two manifests; false if nothing does.

    Attributes:
        added: Functions the older manifest does not know.
        removed: Functions the newer manifest does not know; pages that are open call them in vain.
        changed: Functions that both know, differently.
    """

    added: tuple[FunctionRecord, ...]
    removed: tuple[FunctionRecord, ...]
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff(old: Manifest, new: Manifest) -> Diff:
    """Compare two manifests.

    A function whose ID went away is matched with a new one of the same module and qualified name
    (its signature changed), else with the only new one that has the same qualified name and
    parameters (it moved). Line numbers and bodies do not count.

    Args:
        old: The older manifest.
        new: The newer manifest.
    """
    removed = {key: record for key, record in old.records.items() if key not in new.records}
    added = {key: record for key, record in new.records.items() if key not in old.records}
    changed = [
        Change(reason, old.records[key], record)
        for key, record in new.records.items()
        if key in old.records and (reason := _inner_change(old.records[key], record))
    ]
    for reason, identity in (("signature", _name), ("moved", _shape)):
        for before in tuple(removed.values()):
            heirs = [record for record in added.values() if identity(record) == identity(before)]
            if len(heirs) == 1:
                changed.append(Change(reason, removed.pop(before.id), added.pop(heirs[0].id)))
    return Diff(tuple(added.values()), tuple(removed.values()), tuple(changed))


def _inner_change(old: FunctionRecord, new: FunctionRecord) -> str | None:
    if old.directive != new.directive:
        return "directive"
    return "captures" if old.captures != new.captures else None


def _name(record: FunctionRecord) -> object:
    return record.module, record.qualname


def _shape(record: FunctionRecord) -> object:
    return record.qualname, record.parameters, record.returns, record.directive
