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
# What of the standard library Pyodide does not have, or loses when it is vendored; a test asks it. Some of it later Pythons
# do not have either.
ABSENT = frozenset({
    "aifc", "antigravity", "asynchat", "asyncore", "audioop", "bdb", "cProfile", "cgi", "cgitb", "chunk", "cmd",
    "code", "compileall", "crypt", "curses", "dbm", "distutils", "doctest", "ensurepip", "ftplib", "grp", "idlelib",
    "imaplib", "imghdr", "imp", "lib2to3", "mailbox", "mailcap", "msilib", "msvcrt", "multiprocessing", "nis",
    "nntplib", "nt", "optparse", "ossaudiodev", "pdb", "pickletools", "pipes", "poplib", "profile", "pstats", "pty",
    "pwd", "pydoc", "pydoc_data", "readline", "resource", "smtpd", "smtplib", "sndhdr", "socketserver", "spwd",
    "sunau", "syslog", "telnetlib", "this", "timeit", "tkinter", "trace", "tracemalloc", "tty", "turtle",
    "turtledemo", "unittest", "uu", "venv", "webbrowser", "winreg", "winsound", "wsgiref", "xdrlib", "xmlrpc",
    "zipapp",
})  # fmt: skip
LIBRARY = "directives.browser"
MARKER = "directives.server_only"
MISSING = frozenset({"absent", "foreign"})
FAILURES = frozenset({"ImportError", "ModuleNotFoundError", "Exception"})


@dataclass(frozen=True, slots=True)
class Imported:
    """One import that runs.

    Attributes:
        alias: Where it stands.
        module: What is imported, in full.
        kind: ``"project"``, ``"library"``, ``"marker"``, ``"server"`` (of this package), ``"runtime"`` or ``"foreign"``;
            ``"absent"`` for what Python has on a server alone.
    """

    alias: ast.alias
    module: str
    kind: str


def imported(tree: ast.AST, package: str, project: Collection[str]) -> Iterator[Imported]:
    """Every import in a module, but for those under ``if TYPE_CHECKING:``, and those that may fail where they stand.

    Args:
        tree: The module's tree, or a part of it.
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
        elif isinstance(node, ast.Try) and _survives(node):
            for part in (*node.body, *node.handlers):
                yield from (each for each in imported(part, package, project) if each.kind not in MISSING)
            pending.extend((*node.orelse, *node.finalbody))
        elif not isinstance(node, ast.expr):
            pending.extend(ast.iter_child_nodes(node))


def _survives(node: ast.Try) -> bool:
    """Whether a module that is not there is no error."""
    return any(handler.type is None or _names(handler.type) & FAILURES for handler in node.handlers)


def _names(caught: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(caught) if isinstance(node, ast.Name)}


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
    if top in ABSENT or f"{module}.".startswith("http.server."):
        return "absent"
    if top in OF_RUNTIMES or top in sys.stdlib_module_names or top == "__future__":
        return "runtime"
    return "foreign"
