"""The audit: what a project exposes to the network, by whom it can be called, and what may be sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from directives.compiler.model import FunctionRecord
from directives.errors import ManifestError
from directives.manifest.build import from_project
from directives.manifest.model import write_atomically
from directives.settings import Settings

DEFAULT_SNAPSHOT = "directives-audit.json"
"""Where the snapshot is, relative to the project's root; it is committed beside the sources."""

SERVER = "use server"
ANY_VALUE = "any value"
UNDECLARED = "undeclared"
MARKS = {"varargs": "*", "varkw": "**"}
REMEDY = "run `directives audit --snapshot`"


@dataclass(frozen=True, slots=True)
class Sent:
    """One parameter that a caller can send.

    Attributes:
        name: Its name, with the stars of its signature.
        validation: Its annotation, or ``"any value"``.
        optional: Whether it has a default.
    """

    name: str
    validation: str
    optional: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.validation}{' = ...' if self.optional else ''}"


@dataclass(frozen=True, slots=True)
class Exposed:
    """One function that can be called over the network.

    Attributes:
        function: Its full name.
        file: Its source file, from the project's root, written with ``/``.
        line: The line of its ``def``.
        callable_by: The policies that all have to hold: ``("public",)``, ``("requires(signed_in)",)``; or
            ``("undeclared",)``, where anybody can call it and nobody said so.
        parameters: What a caller can send, in order.
        injected: What the server fills itself: each parameter and its annotation.
        captures: The variables whose values travel with a page, sealed.
    """

    function: str
    file: str
    line: int
    callable_by: tuple[str, ...]
    parameters: tuple[Sent, ...]
    injected: Mapping[str, str]
    captures: tuple[str, ...]

    @property
    def declared(self) -> bool:
        """Whether it says who may call it."""
        return self.callable_by != (UNDECLARED,)

    def lines(self) -> Iterator[str]:
        """All that counts about it, one fact a line; where it stands does not count."""
        yield from (f"callable by: {caller}" for caller in self.callable_by)
        yield from (f"parameter: {parameter}" for parameter in self.parameters)
        yield from (f"injected: {name}: {annotation}" for name, annotation in self.injected.items())
        yield from (f"captures: {name}" for name in self.captures)


def audit(settings: Settings) -> tuple[Exposed, ...]:
    """Everything that a project exposes, by name, read from its source files; nothing of it is imported.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        DirectiveSyntaxError: A file breaks a rule of the directives; has every finding in it.
        DuplicateFunctionError: Two functions have one ID; names both places.
        OSError: A file cannot be read.
    """
    records = (record for record in from_project(settings).records.values() if record.directive == SERVER)
    return tuple(sorted(map(exposed, records), key=lambda e: (e.function, e.file, e.line)))


def exposed(record: FunctionRecord) -> Exposed:
    """What one record exposes."""
    injected = (parameter for parameter in record.parameters if parameter.injected)
    return Exposed(
        function=record.full_name,
        file=record.file,
        line=record.line,
        callable_by=record.policy or (UNDECLARED,),
        parameters=tuple(
            Sent(f"{MARKS.get(p.kind, '')}{p.name}", p.annotation or ANY_VALUE, p.optional)
            for p in record.sendable
        ),
        injected={parameter.name: parameter.annotation or "" for parameter in injected},
        captures=tuple(c.name for c in record.captures if c.travels),
    )


def save_snapshot(path: Path, functions: Iterable[Exposed]) -> None:
    """Write what is exposed to a file that is meant to be committed; equal exposure gives equal bytes.

    Lines are left out, so that moving code about changes nothing.

    Raises:
        ManifestError: The file cannot be written.
    """
    content = [{name: v for name, v in asdict(function).items() if name != "line"} for function in functions]
    try:
        write_atomically(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise ManifestError(f"cannot write the snapshot {path}: {error.strerror}") from None


def load_snapshot(path: Path) -> tuple[Exposed, ...]:
    """What was exposed when a snapshot was written.

    Raises:
        ManifestError: There is no such file, or it is no snapshot; says what to run.
    """
    try:
        return tuple(map(_read, json.loads(path.read_bytes())))
    except FileNotFoundError:
        raise ManifestError(f"there is no snapshot {path}: {REMEDY}, and commit the file") from None
    except OSError as error:
        raise ManifestError(f"cannot read the snapshot {path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ManifestError(f"{path} is no snapshot that this version reads: {REMEDY}") from None


def _read(item: Mapping[str, Any]) -> Exposed:
    return Exposed(
        function=str(item["function"]),
        file=str(item["file"]),
        line=0,
        callable_by=tuple(map(str, item["callable_by"])),
        parameters=tuple(
            Sent(str(p["name"]), str(p["validation"]), bool(p["optional"])) for p in item["parameters"]
        ),
        injected={str(name): str(text) for name, text in item["injected"].items()},
        captures=tuple(map(str, item["captures"])),
    )


def differences(old: Sequence[Exposed], new: Sequence[Exposed]) -> Iterator[str]:
    """What changed from one audit to another, as lines for people; none if nothing did."""
    before, after = _by_name(old), _by_name(new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        mark = "+" if was is None else "-" if now is None else "!"
        yield f"{mark} {name}"
        was, now = was or [], now or []
        yield from (f"  - {line}" for line in was if line not in now)
        yield from (f"  + {line}" for line in now if line not in was)
        if sorted(was) == sorted(now):
            yield "  ! the order of its parameters or policies"


def _by_name(functions: Sequence[Exposed]) -> dict[str, list[str]]:
    """The lines of each function; two of one name, as in an ``if`` and its ``else``, count together."""
    found: dict[str, list[str]] = {}
    for function in functions:
        found.setdefault(function.function, []).extend(function.lines())
    return found
