"""Modules in zip files: Python's ``zipimporter`` has no place for a transform, so this stands before it."""

from __future__ import annotations

from types import CodeType
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any

from directives.hook.loader import forget
from directives.hook.loader import left_out_of_tracebacks
from directives.hook.transform import Transform

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from zipimport import zipimporter


class ZipLoader:
    """Loads a module with directives from a zip file; all but its code comes from ``zipimporter``.

    Args:
        importer: The loader that Python chose.
        source: The module's text.
        path: Where it lies, the zip file's own path included.
        transform: What is done to the text.
    """

    def __init__(self, importer: zipimporter, source: str, path: str, transform: Transform) -> None:
        self._importer = importer
        self._source = source
        self._path = path
        self._transform = transform

    def __getattr__(self, name: str) -> Any:
        return getattr(self._importer, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to Python."""
        return None

    @left_out_of_tracebacks
    def exec_module(self, module: ModuleType) -> None:
        """Run the module; if it fails, what it registered is forgotten."""
        try:
            exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - this is what a loader does
        except BaseException:
            forget(module.__name__)
            raise

    @left_out_of_tracebacks
    def get_code(self, fullname: str) -> CodeType:
        """The code of the transformed text."""
        compiled = self._transform.compiled(self._source, fullname, self._path)
        if compiled is None:
            return compile(self._source, self._path, "exec", dont_inherit=True)
        if compiled.half is None:
            from directives.compiler import as_error

            raise as_error(compiled)
        return compile(compiled.half.tree, self._path, "exec", dont_inherit=True)


def zip_loader(importer: zipimporter, fullname: str, transform: Transform) -> ZipLoader | None:
    """A loader for a module in a zip file if it may hold directives, else ``None``."""
    source = importer.get_source(fullname)
    if source is None or not transform.may_change(source):
        return None
    path = importer.get_filename(fullname)
    return ZipLoader(importer, source, path.removesuffix("c") if path.endswith(".pyc") else path, transform)
