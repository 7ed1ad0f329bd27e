"""Loaders of other tools, with the transform before theirs."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache
from importlib.abc import SourceLoader
from inspect import getattr_static
from types import CodeType
from types import FunctionType
from typing import Any
from typing import cast

from directives.errors import DirectivesError
from directives.hook.loader import TransformingLoader
from directives.hook.transform import Transform


class ChainedLoader(TransformingLoader):
    """Transforms, then hands the tree to the ``source_to_code`` of another tool's loader."""

    def compile_tree(self, tree: ast.Module, text: bytes | str, path: str, optimize: int) -> CodeType:
        """The other tool's code for the transformed tree, whether it takes trees or text alone."""
        try:
            return super().compile_tree(tree, text, path, optimize)
        except TypeError:
            return self._through_its_parser(tree, text, path, optimize)

    def _through_its_parser(self, tree: ast.Module, text: bytes | str, path: str, optimize: int) -> CodeType:
        """Run the other tool's method where parsing the text yields the transformed tree."""
        parsed = False

        def parse_or_compile(source: Any, *args: Any, **options: Any) -> Any:
            nonlocal parsed
            flags = args[2] if len(args) > 2 else options.get("flags", 0)
            if flags & ast.PyCF_ONLY_AST:
                parsed = True
                return tree
            return builtins.compile(source, *args, **options)

        other = next(c for c in type(self).__mro__ if c.__module__.partition(".")[0] != "directives")
        method = getattr_static(other, "source_to_code")
        function = cast("FunctionType", getattr(method, "__func__", method))
        namespace = {**function.__globals__, "compile": parse_or_compile}
        redirected = FunctionType(
            function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
        )
        redirected.__kwdefaults__ = function.__kwdefaults__
        code = redirected(self, text, path, _optimize=optimize)
        if not parsed:
            raise DirectivesError(
                f"{path}: the import hook of {other.__module__} loads this module in a way that leaves no room for "
                f"its directives; exclude {self._module_name!r} from one of the two"
            )
        return cast("CodeType", code)


@lru_cache
def chained_class(other: type) -> type[ChainedLoader]:
    """The class that chains before the loader class ``other``."""
    return type(f"Directives{other.__name__}", (ChainedLoader, other), {"__module__": __name__})


def chained(loader: SourceLoader, fullname: str, path: str, transform: Transform) -> ChainedLoader:
    """A loader that does what ``loader`` does, after the transform."""
    other = type(loader)
    kind = chained_class(other)
    replacement: ChainedLoader = kind.__new__(kind)
    for name, value in vars(loader).items():
        setattr(replacement, name, value)
    replacement.prepare(fullname, path, transform, f"{other.__module__}.{other.__qualname__}")
    return replacement
