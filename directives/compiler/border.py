"""The rule of the border: what exists on one side alone is not imported on the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from directives.compiler.diagnostics import Report
from directives.compiler.model import Kind
from directives.compiler.roles import Roles

SERVER_ONLY = frozenset(
    f"directives.{name}"
    for name in (
        "access",
        "asgi",
        "cache",
        "components",
        "forms",
        "functions",
        "request",
        "runtime",
        "server_only",
        "taint",
        "wsgi",
    )
)
CLIENT_ONLY = frozenset({"directives.browser", "directives.client", "js", "pyodide", "pyodide_js"})


def check_imports(roles: Roles, report: Report) -> None:
    """Report imports that cross the border in a module that is surely on one side of it."""
    in_client = roles.module_kind is Kind.CLIENT
    if not roles.module_kind and not roles.marked:
        return
    forbidden = SERVER_ONLY if in_client else CLIENT_ONLY
    slug = "server-only-import" if in_client else "client-only-import"
    for node, module in imported_modules(roles.tree):
        for parent in (module, *_parents(module)):
            if parent in forbidden:
                report.add(slug, node, module=module)
                break


def imported_modules(tree: ast.Module) -> Iterator[tuple[ast.alias, str]]:
    """Every absolute import in a module that runs, with the module it loads or may load."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((alias, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level and node.module:
                yield from ((alias, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.If) and for_type_checkers(node.test):
            pending.extend(node.orelse)
        elif not isinstance(node, ast.expr):
            pending.extend(ast.iter_child_nodes(node))


def _parents(module: str) -> Iterator[str]:
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def for_type_checkers(test: ast.expr) -> bool:
    """Whether an ``if`` holds for type checkers alone."""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"
