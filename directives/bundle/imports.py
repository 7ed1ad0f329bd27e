"""What a module imports, as client code: the modules of the project behind its statements."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass

from directives.compiler.border import for_type_checkers

# What a runtime has beside the standard library.
OF_RUNTIMES = frozenset({"js", "jsffi", "micropython", "pyodide", "pyodide_js"})
LIBRARY = "directives.browser"
MARKER = "directives.server_only"


@dataclass(frozen=True, slots=True)
class Imported:
    """One import that runs.

    Attributes:
        alias: Where it stands.
        module: What is imported, in full.
        kind: ``"project"``, ``"library"``, ``"marker"``, ``"server"`` (of this package), ``"runtime"`` or ``"foreign"``.
    """

    alias: ast.alias
    module: str
    kind: str


def imported(tree: ast.Module, package: str, project: Collection[str]) -> Iterator[Imported]:
    """Every import in a module, but for those under ``if TYPE_CHECKING:``.

    Args:
        tree: The module's tree.
        package: The package that it is in, or is.
        project: The names of the project's modules.
    """
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _imported(alias, alias.name, project)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, package)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                is_module = inner in project or inner == MARKER
                yield _imported(alias, inner if is_module else base, project)
        elif isinstance(node, ast.If) and for_type_checkers(node.test):
            pending.extend(node.orelse)
        elif not isinstance(node, ast.expr):
            pending.extend(ast.iter_child_nodes(node))


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that a ``from`` import names, in full."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join(filter(None, (*above, node.module)))


def _imported(alias: ast.alias, module: str, project: Collection[str]) -> Imported:
    return Imported(alias, module, _kind(module, project))


def _kind(module: str, project: Collection[str]) -> str:
    top = module.partition(".")[0]
    if module in project:
        return "project"
    if top == "directives":
        if module == MARKER:
            return "marker"
        return "library" if f"{module}.".startswith(f"{LIBRARY}.") else "server"
    if top in OF_RUNTIMES or top in sys.stdlib_module_names or top == "__future__":
        return "runtime"
    return "foreign"
