"""The finder: asks the finders of others, and changes who loads what they find."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Sequence
from importlib.abc import SourceLoader
from importlib.machinery import ModuleSpec
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any
from typing import SupportsIndex
from zipimport import zipimporter

from directives.compiler import COMPILER_VERSION
from directives.compiler.model import Role
from directives.hook.chained import chained
from directives.hook.early import warn_of_outsider
from directives.hook.loader import DirectivesLoader
from directives.hook.loader import TransformingLoader
from directives.hook.pytest_loader import PytestLoader
from directives.hook.pytest_loader import is_pytest_hook
from directives.hook.trace import Trace
from directives.hook.transform import Transform
from directives.hook.zip_loader import zip_loader
from directives.project import Project
from directives.settings import Settings


class MetaPath(list[Any]):
    """A ``sys.meta_path`` whose first finder stays first.

    Other tools insert theirs at 0. One that then answers itself, as typeguard's does, would leave
    ours unasked, and the directives of what it loads would be lost in silence.
    """

    def insert(self, index: SupportsIndex, finder: Any, /) -> None:
        """Insert, but behind the first."""
        super().insert(index.__index__() or 1, finder)


class DirectivesFinder:
    """Finds what the other finders find, and has the project's source files loaded by our loader.

    Args:
        role: Which half of the program to load.
        settings: Gives the settings in force; they may change while the program runs.
        trace: Where the times of imports go, if anywhere.

    Attributes:
        project: Which modules are covered.
        transform: What is done to their text.
    """

    def __init__(self, role: Role, settings: Callable[[], Settings], trace: Trace | None = None) -> None:
        self._role = role
        self._settings = settings
        self._trace = trace
        self._use(settings())

    def _use(self, settings: Settings) -> None:
        self.project = Project(settings)
        self.transform = Transform(self._role, settings.compiler_settings(), COMPILER_VERSION)
        self._foreign = self.project.foreign

    def install(self) -> None:
        """Become the first of ``sys.meta_path``, and stay it."""
        # A new list, not a changed one: another thread may be half way through the old one.
        sys.meta_path = MetaPath([self, *(finder for finder in sys.meta_path if finder is not self)])

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as Python would, then see to it that its directives count."""
        if fullname.partition(".")[0] in self._foreign:
            return None
        if sys.meta_path[0] is not self and self in sys.meta_path:
            self.install()
        settings = self._settings()
        if settings is not self.project.settings:
            self._use(settings)
        spec = self._ask_the_others(fullname, path, target)
        if spec is not None and spec.origin:
            if self.project.covers(fullname, spec.origin):
                self._claim(spec, spec.origin)
            elif type(spec.loader) is SourceFileLoader and self.project.misses(fullname, spec.origin):
                warn_of_outsider(fullname, spec.origin, self.project, self.transform)
        return spec

    def _ask_the_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in tuple(sys.meta_path):
            if isinstance(finder, DirectivesFinder):
                continue
            find = getattr(finder, "find_spec", None)
            spec = find(fullname, path, target) if find is not None else None
            if spec is not None:
                return spec  # type: ignore[no-any-return]
        return None

    def _claim(self, spec: ModuleSpec, path: str) -> None:
        """Swap the loader of a spec, if it is one that loads source text."""
        loader = self._replacement(spec.loader, spec.name, path)
        if loader is None:
            return
        spec.loader = loader if self._trace is None else self._trace.watch(loader)
        if isinstance(loader, TransformingLoader) and loader.bytecode_path is not None:
            spec.cached = loader.bytecode_path

    def _replacement(self, loader: object, fullname: str, path: str) -> Any:
        if type(loader) is SourceFileLoader:
            return DirectivesLoader(loader.name, loader.path, self.transform)
        if isinstance(loader, TransformingLoader):
            return None
        if isinstance(loader, SourceLoader):
            return chained(loader, fullname, path, self.transform)
        if type(loader) is zipimporter:
            return zip_loader(loader, fullname, self.transform)
        if is_pytest_hook(loader) and self.transform.may_change_file(path):
            return PytestLoader(fullname, path, self.transform, loader)
        return None
