"""Which version of its code a cached function's entries belong to: the part of a key that a deploy changes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from functools import cached_property
from functools import lru_cache
from types import CodeType
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any

from directives.settings import BY_CODE

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord
    from directives.manifest import Manifest
    from directives.manifest.reach import Linker
    from directives.manifest.sources import SourceFile
    from directives.settings import Settings

CONTEXT = "directives 2026-11-21 code object"
DIGEST_BYTES = 16
MOST_CAPTURED = 1_000

log = logging.getLogger("directives.cache")


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
        self._project: ProjectCode | None = None
        self._of_named = lru_cache(maxsize=MOST_CAPTURED)(self._version_of_named)

    def of(self, record: FunctionRecord, code: CodeType) -> str:
        """The version of a function, as its code is now.

        Code that no file holds, as that of a prompt, a notebook or ``exec``, is known by itself alone.

        Args:
            record: The function's record.
            code: Its code.

        Raises:
            OSError: A source file cannot be read.
        """
        build_id = self._settings.build_id
        by_code = build_id == BY_CODE
        filename = code.co_filename
        in_file = os.path.isfile(filename)
        if build_id and in_file and not by_code:
            return build_id
        with self._lock:
            project = self._current(record.module)
            if not project.has(record, filename):
                return file_digest(filename) if in_file and not by_code else f"{build_id}:{code_digest(code)}"
            if by_code:
                return project.fingerprint(record, filename) or code_digest(code)
            return build_id or project.build_id

    def of_captured(self, value: FunctionType | type) -> str:
        """What tells the code of a captured function or class from other code.

        A function is known by its own code, for one name may lead to several. All else is part of the build, or for the
        ``build_id`` ``"code"`` of what the function or class reaches.

        Args:
            value: The function or class.

        Raises:
            OSError: A source file cannot be read.
        """
        return self._of_named(
            value.__module__, value.__qualname__, value.__code__ if isinstance(value, FunctionType) else None
        )

    def _version_of_named(self, module: str, qualname: str, code: CodeType | None) -> str:
        digest = "" if code is None else code_digest(code)
        if self._settings.build_id != BY_CODE:
            return digest
        with self._lock:
            return f"{digest}:{self._current(module).reached(module, qualname)}"

    def _current(self, module: str) -> ProjectCode:
        """The project as it is now; its lock is held."""
        project = self._project
        if project is None or project.is_outdated(module):
            project = self._project = ProjectCode(self._settings)
        return project

    @cached_property
    def build(self) -> str:
        """What a page depends on, of which nobody knows what code it reaches: all sources, as they are when first asked."""
        build_id = self._settings.build_id
        return build_id if build_id and build_id != BY_CODE else ProjectCode(self._settings).build_id


class ProjectCode:
    """The code of a project as it is at one moment.

    Without a ``pyproject.toml`` there is no telling which files belong to it, and all folders below a home would have to
    be read: then it has none.

    Args:
        settings: The project's settings.
    """

    def __init__(self, settings: Settings) -> None:
        from directives.manifest.sources import LazySources

        self._settings = settings
        is_project = settings.build_id == BY_CODE or (settings.root / "pyproject.toml").is_file()
        sources = LazySources(settings) if is_project else None
        self._sources: Mapping[str, SourceFile] = sources or {}
        self._paths = sources.paths if sources else {}
        self._times = {module: _modified(path) for module, path in self._paths.items()}

    def is_outdated(self, module: str) -> bool:
        """Whether a module has been edited since."""
        return module in self._paths and _modified(self._paths[module]) != self._times[module]

    @cached_property
    def build_id(self) -> str:
        """A hash of all sources."""
        from directives.manifest.build import build_id_of

        return (
            self._manifest.build_id if self._manifest else build_id_of(self._sources.values(), self._settings)
        )

    def has(self, record: FunctionRecord, filename: str) -> bool:
        """Whether a function is the project's: in a deploy of bytecode alone the manifest says so."""
        known = self._manifest is not None and record.id in self._manifest.records
        return known or self._module_of(record, filename) is not None

    def fingerprint(self, record: FunctionRecord, filename: str) -> str | None:
        """A hash of all that a function reaches; ``None`` if the sources do not have it.

        Args:
            record: The function's record.
            filename: Its file.
        """
        known = self._manifest.fingerprints.get(record.id) if self._manifest else None
        if known is not None:
            return known
        module = self._module_of(record, filename)
        return self.reached(module, record.qualname) if module else None

    def reached(self, module: str, qualname: str) -> str | None:
        """A hash of all that a function or class reaches; ``None`` if the sources do not have it.

        Args:
            module: Its module.
            qualname: Its qualified name.
        """
        reach = self._linker.reach(module, qualname)
        return reach.fingerprint if reach else None

    def _module_of(self, record: FunctionRecord, filename: str) -> str | None:
        """The name of a function's module; that of a script, which runs as ``__main__``, is found by its file."""
        if record.module in self._paths:
            return record.module
        file = os.path.realpath(filename)
        return next((module for module, path in self._paths.items() if str(path) == file), None)

    @cached_property
    def _linker(self) -> Linker:
        from directives.manifest.reach import Linker

        return Linker(self._sources)

    @cached_property
    def _manifest(self) -> Manifest | None:
        """The manifest that was built, unless a source has been edited since."""
        from directives.errors import ManifestError
        from directives.manifest import DEFAULT_PATH
        from directives.manifest import Manifest

        path = self._settings.root / DEFAULT_PATH
        built = _modified(path)
        if not built or any(time > built for time in self._times.values()):
            return None
        try:
            return Manifest.load(path)
        except ManifestError as error:
            log.warning("the versions of cached functions are made from the sources: %s", error)
            return None


def file_digest(filename: str) -> str:
    """A hash of a file."""
    from blake3 import blake3

    with open(filename, "rb") as file:
        return blake3(file.read(), derive_key_context=CONTEXT).hexdigest(length=DIGEST_BYTES)


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
