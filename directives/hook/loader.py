"""The loader: Python's own for source files, with the transform and a bytecode file of its own.

Everything that is not about directives is inherited: ``-B``, ``-O``, ``sys.pycache_prefix``, atomic
writing, folders that cannot be written. ``get_code`` and ``cache_from_source`` stay untouched, so
that nested and concurrent imports of other modules see nothing of it.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source
from importlib.util import source_hash
from types import CodeType
from types import FunctionType
from types import MappingProxyType
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import TypeVar
from typing import cast

from directives.hook.transform import Transform

FLAGS: Final = slice(4, 8)
HEADER_SIZE: Final = 16
TIMESTAMP: Final = bytes(4)
CHECKED_HASH: Final = bytes([0b11, 0, 0, 0])
NO_STATS: Final = MappingProxyType({"mtime": 0, "size": 0})

if TYPE_CHECKING:
    from typing_extensions import Buffer

    Loader = SourceFileLoader
else:
    Loader = object

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def left_out_of_tracebacks(function: AnyFunction) -> AnyFunction:
    """Give a function the names by which Python leaves importlib's own frames out of tracebacks.

    An error in a module that is being imported then looks as it does without the hook.
    """
    plain = cast("FunctionType", function)
    plain.__code__ = plain.__code__.replace(
        co_filename="<frozen importlib._bootstrap>", co_name="_call_with_frames_removed"
    )
    return function


class TransformingLoader(Loader):
    """What turns a loader for source text into one that transforms it; stands before that loader's class.

    Attributes:
        transform: What is done to the text.
        bytecode_path: The bytecode file of this transform; ``None`` where Python caches none.
    """

    transform: Transform
    bytecode_path: str | None
    _module_name: str
    _source_path: str
    _source_hash: bytes | None

    def prepare(self, fullname: str, path: str, transform: Transform, *extra_tags: str) -> None:
        """Set what ``__init__`` would set, were its signature not the other class's."""
        self.transform = transform
        self._module_name = fullname
        self._source_path = path
        self._source_hash = None
        self.bytecode_path = bytecode_path(path, transform.tag(fullname, *extra_tags))

    @left_out_of_tracebacks
    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, fullname: str | None = None, *, _optimize: int = -1
    ) -> CodeType:
        """The code of a source text, transformed; Python 3.15 adds ``fullname``."""
        if not isinstance(data, (bytes, str)):
            return self.compile_tree(data, data, path, _optimize)
        self._source_hash = source_hash(data) if isinstance(data, bytes) else None
        compiled = self.transform.compiled(data, self._module_name, os.fspath(path))
        if compiled is None:
            return self.compile_text(data, path, _optimize)
        if compiled.half is None:
            from directives.compiler import as_error

            raise as_error(compiled)
        return self.compile_tree(compiled.half.tree, data, path, _optimize)

    @left_out_of_tracebacks
    def compile_text(self, text: bytes | str, path: str, optimize: int) -> CodeType:
        """The code of a text that holds no directives."""
        return super().source_to_code(text, path, _optimize=optimize)

    @left_out_of_tracebacks
    def compile_tree(self, tree: ast.Module, text: bytes | str, path: str, optimize: int) -> CodeType:
        """The code of a transformed tree; ``text`` is what it was made of."""
        return super().source_to_code(tree, path, _optimize=optimize)

    def get_data(self, path: str) -> bytes:
        """Read a file; for the module's bytecode, the file of this transform."""
        return super().get_data(self._redirected(path))

    def set_data(self, path: str, data: Buffer, *, _mode: int = 0o666) -> None:
        """Write the module's bytecode, valid for one text and not for one modification time.

        Modification times lie: in containers, in CI, and within one second.
        """
        bytecode = bytes(data)
        if self._source_hash is not None and bytecode[FLAGS] == TIMESTAMP:
            bytecode = bytecode[: FLAGS.start] + CHECKED_HASH + self._source_hash + bytecode[HEADER_SIZE:]
        super().set_data(self._redirected(path), bytecode, _mode=_mode)

    @left_out_of_tracebacks
    def exec_module(self, module: ModuleType) -> None:
        """Run the module; if it fails, what it registered is forgotten."""
        try:
            super().exec_module(module)
        except BaseException:
            forget(self._module_name)
            raise

    def _redirected(self, path: str) -> str:
        """The bytecode file of this transform for the module's own, whatever tag that carries."""
        if self.bytecode_path is None or path is self._source_path or not path.endswith(".pyc"):
            return path
        return self.bytecode_path if _beginning(path) == _beginning(self.bytecode_path) else path


class DirectivesLoader(TransformingLoader, SourceFileLoader):
    """Loads a module from a source file, transformed.

    Args:
        fullname: The module's dotted name.
        path: Its file.
        transform: What is done to its text.
    """

    def __init__(self, fullname: str, path: str, transform: Transform) -> None:
        super().__init__(fullname, path)
        self.prepare(fullname, path, transform)

    def path_stats(self, path: str) -> Mapping[str, int]:
        """What Python's loader asks of the source file before it looks for bytecode: nothing that counts here.

        The bytecode names the text it was made of, so a call of ``stat`` would be for nothing. Bytecode that is valid
        for a time and a size is made by nobody under our name; with these it is not valid.
        """
        return NO_STATS


def bytecode_path(source_path: str, tag: str) -> str | None:
    """The bytecode file of a transform for a source file; ``None`` where Python caches none.

    Args:
        source_path: The source file.
        tag: The transform's tag.
    """
    optimization = f"{sys.flags.optimize or ''}{tag}"
    folder, slash, name = source_path.rpartition(os.sep)
    if slash == "/" and folder[:1] == "/" and sys.implementation.cache_tag:
        # What the function below does, without the time that it takes at each import.
        prefix = sys.pycache_prefix
        place = f"{folder}/__pycache__" if prefix is None else f"{prefix.rstrip('/')}{folder}"
        return f"{place}/{name.rpartition('.')[0]}.{sys.implementation.cache_tag}.opt-{optimization}.pyc"
    try:
        return cache_from_source(source_path, optimization=optimization)
    except NotImplementedError:
        return None


def _beginning(bytecode: str) -> list[str]:
    """What the names of all bytecode files of one source file have in common."""
    return bytecode.rpartition(os.sep)[2].split(".", 2)[:2]


def forget(fullname: str) -> None:
    """Take back what a module registered."""
    runtime_module = sys.modules.get("directives.runtime")
    if runtime_module is not None:
        runtime_module.runtime.functions.forget(fullname)
