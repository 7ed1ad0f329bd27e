"""Which version of its code a cached function's entries belong to: the part of a key that a deploy changes."""

from __future__ import annotations

import os
import threading
from functools import cached_property
from types import CodeType
from typing import TYPE_CHECKING
from typing import Any

from directives.settings import BY_CODE

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord
    from directives.manifest import Manifest
    from directives.manifest.reach import Linker
    from directives.manifest.sources import LazySources
    from directives.settings import Settings

CONTEXT = "directives 2026-11-21 code object"
DIGEST_BYTES = 16


class Versions:
    """Gives cached functions the version that their keys begin with.

    By the setting ``build_id``: its own text for all functions; for ``"code"`` a fingerprint of all code that the
    function reaches; by default one hash of all sources of the project, so that a new build drops everything.
    Where ``directives build`` has run, they are read from the manifest, as long as no source is newer than it; else
    they are made from the sources. See Next.js, "use cache: cache keys".

    Args:
        settings: The project's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._code: ProjectCode | None = None

    def of(self, record: FunctionRecord, code: CodeType) -> str:
        """The version of a function, as its code is now.

        Code that no file holds, as that of a prompt, a notebook or ``exec``, is known by itself alone.

        Args:
            record: The function's record.
            code: Its code.

        Raises:
            ManifestError: The manifest that was built cannot be used; says why and what to run.
            OSError: A source file cannot be read.
        """
        build_id = self._settings.build_id
        named = build_id is not None and build_id != BY_CODE
        in_file = os.path.isfile(code.co_filename)
        if named and in_file:
            return str(build_id)
        with self._lock:
            if self._code is None or self._code.is_outdated(record.module):
                self._code = ProjectCode(self._settings)
            if not in_file and not self._code.knows(record):
                return f"{build_id}:{code_digest(code)}"
            if build_id == BY_CODE:
                return self._code.fingerprint(record, code.co_filename) or code_digest(code)
            return build_id or self._code.build_id


class ProjectCode:
    """The code of a project as it is at one moment.

    Args:
        settings: The project's settings.
    """

    def __init__(self, settings: Settings) -> None:
        from directives.manifest.sources import LazySources

        self._settings = settings
        self._sources: LazySources = LazySources(settings)
        self._times = {module: _modified(path) for module, path in self._sources.paths.items()}

    def is_outdated(self, module: str) -> bool:
        """Whether a module has been edited since."""
        path = self._sources.paths.get(module)
        return path is not None and _modified(path) != self._times[module]

    @cached_property
    def build_id(self) -> str:
        """A hash of all sources."""
        from directives.manifest.build import build_id_of

        manifest = self._manifest
        return manifest.build_id if manifest else build_id_of(self._sources.values(), self._settings)

    def knows(self, record: FunctionRecord) -> bool:
        """Whether a function is the project's: a deploy of bytecode alone has no source of it."""
        return record.module in self._sources or bool(self._manifest and record.id in self._manifest.records)

    def fingerprint(self, record: FunctionRecord, filename: str) -> str | None:
        """A hash of all that a function reaches; ``None`` if the sources do not have it.

        Args:
            record: The function's record.
            filename: Its file: ``__main__`` is known by that.
        """
        known = self._manifest.fingerprints.get(record.id) if self._manifest else None
        if known is not None:
            return known
        module = record.module if record.module in self._sources else self._module_of(filename)
        reach = self._linker.reach(module, record.qualname) if module else None
        return reach.fingerprint if reach else None

    def _module_of(self, filename: str) -> str | None:
        return next((m for m, path in self._sources.paths.items() if os.path.samefile(path, filename)), None)

    @cached_property
    def _linker(self) -> Linker:
        from directives.manifest.reach import Linker

        return Linker(self._sources)

    @cached_property
    def _manifest(self) -> Manifest | None:
        """The manifest that was built, unless a source has been edited since."""
        from directives.manifest import DEFAULT_PATH
        from directives.manifest import Manifest

        path = self._settings.root / DEFAULT_PATH
        built = _modified(path)
        return Manifest.load(path) if built and all(time <= built for time in self._times.values()) else None


def code_digest(code: CodeType) -> str:
    """A hash of what a code object does, wherever it stands; others from one Python to the next."""
    from blake3 import blake3  # slow to import, and does not load in subinterpreters

    return blake3(ascii(_content(code)).encode(), derive_key_context=CONTEXT).hexdigest(length=DIGEST_BYTES)


def _content(value: Any) -> Any:
    """What a constant says, without the places that a code object has in it."""
    if isinstance(value, CodeType):
        arguments = value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags
        names = value.co_names, value.co_varnames, value.co_freevars
        return arguments, names, value.co_code, value.co_exceptiontable, _content(value.co_consts)
    if isinstance(value, tuple):
        return tuple(_content(item) for item in value)
    if isinstance(value, frozenset):
        return "frozenset", sorted(ascii(_content(item)) for item in value)
    return type(value).__name__, value


def _modified(path: str | os.PathLike[str]) -> int:
    """When a file was last written, in nanoseconds; 0 if there is none."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
