"""What the names in annotations stand for, read from a project's sources: nothing is imported."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from directives.compiler.bindings import import_target
from directives.compiler.bindings import imports
from directives.compiler.model import CompiledModule

MOST_HOPS: Final = 20
ENUMS: Final = frozenset(f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum"))
FLAGS: Final = frozenset({"enum.Flag", "enum.IntFlag"})
TYPED_DICTS: Final = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
DATACLASSES: Final = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
MODEL: Final = "pydantic.BaseModel"
NAMED_TUPLE: Final = "typing.NamedTuple"


class Kind(StrEnum):
    """What the instances of a class are on the wire."""

    OBJECT = "object"
    TUPLE = "tuple"
    ENUM = "enum"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for in a module of the project.

    Attributes:
        module: The name of the module.
        node: A class, or the expression that a name was given.
    """

    module: str
    node: ast.ClassDef | ast.expr


class Shapes:
    """The names and classes of a project's modules.

    Args:
        modules: The modules, compiled.
    """

    def __init__(self, modules: Iterable[CompiledModule]) -> None:
        self._trees = {module.name: module.server.tree for module in modules if module.server is not None}
        self._packages = {module.name for module in modules if Path(module.filename).stem == "__init__"}
        self._names: dict[str, Mapping[str, Found | str]] = {}

    def resolve(self, module: str, node: ast.expr) -> Found | str | None:
        """What a name stands for: something of the project, or the full name of something outside.

        Args:
            module: The module that the expression stands in.
            node: A name, with dots or without; ``None`` is given for anything else.
        """
        match node:
            case ast.Name(id=name):
                return self._named(module, name)
            case ast.Attribute(value=value, attr=attribute):
                outer = self.resolve(module, value)
                if isinstance(outer, str):
                    return self._member(outer, attribute)
                return None
        return None

    def _member(self, module: str, name: str) -> Found | str | None:
        return self._named(module, name) if module in self._trees else f"{module}.{name}"

    def _named(self, module: str, name: str, hops: int = 0) -> Found | str | None:
        found = self._names_of(module).get(name)
        if found is None:
            return f"builtins.{name}" if hasattr(builtins, name) else None
        if isinstance(found, Found):
            return found
        home, _, attribute = found.rpartition(".")
        if home in self._trees and found not in self._trees and hops < MOST_HOPS:
            return self._named(home, attribute, hops + 1)
        return found

    def _names_of(self, module: str) -> Mapping[str, Found | str]:
        if module not in self._names:
            self._names[module] = dict(self._defined(module, self._trees[module]))
        return self._names[module]

    def _defined(self, module: str, tree: ast.Module) -> Iterator[tuple[str, Found | str]]:
        for name, binding in imports(tree).items():
            source, taken = import_target(binding) or ("", None)
            origin = self._absolute(module, source)
            # `import a.b` binds `a`.
            yield name, f"{origin}.{taken}" if taken else origin.partition(".")[0]
        for statement in tree.body:
            match statement:
                case ast.ClassDef(name=name):
                    yield name, Found(module, statement)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield name, Found(module, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    yield name, Found(module, value)
                case _ if type(statement).__name__ == "TypeAlias":
                    # Of Python 3.12, which reads this tree with a class that 3.11 has not.
                    yield statement.name.id, Found(module, statement.value)  # type: ignore[attr-defined]

    def _absolute(self, module: str, source: str) -> str:
        level = len(source) - len(source.lstrip("."))
        if not level:
            return source
        parts = module.split(".")
        base = parts[: len(parts) - level + (module in self._packages)]
        return ".".join([*base, *filter(None, [source[level:]])])

    def kind(self, found: Found) -> Kind | None:
        """What the instances of a class are on the wire; ``None`` for one whose instances do not travel."""
        assert isinstance(found.node, ast.ClassDef)
        bases = self.ancestors(found)
        if bases & FLAGS:
            return Kind.FLAG
        if bases & ENUMS:
            return Kind.ENUM
        if NAMED_TUPLE in bases:
            return Kind.TUPLE
        is_object = bases & (TYPED_DICTS | {MODEL}) or self.is_dataclass(found)
        return Kind.OBJECT if is_object else None

    def is_dataclass(self, found: Found) -> bool:
        """Whether a class is marked as one."""
        assert isinstance(found.node, ast.ClassDef)
        decorators = (node.func if isinstance(node, ast.Call) else node for node in found.node.decorator_list)
        return any(self.resolve(found.module, node) in DATACLASSES for node in decorators)

    def ancestors(self, found: Found) -> set[str]:
        """The classes from outside of the project that a class is derived from."""
        return set(self._ancestors(found))

    def _ancestors(self, found: Found, hops: int = 0) -> Iterator[str]:
        for base in self.bases(found):
            if isinstance(base, str):
                yield base
            elif hops < MOST_HOPS:
                yield from self._ancestors(base, hops + 1)

    def bases(self, found: Found) -> Iterator[Found | str]:
        """The classes that a class is derived from."""
        assert isinstance(found.node, ast.ClassDef)
        for base in found.node.bases:
            resolved = self.resolve(found.module, base.value if isinstance(base, ast.Subscript) else base)
            if isinstance(resolved, str) or (resolved and isinstance(resolved.node, ast.ClassDef)):
                yield resolved
