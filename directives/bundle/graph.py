"""Follows the imports of client code through a project's source files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from importlib.resources import files

from directives.bundle.imports import LIBRARY
from directives.bundle.imports import MISSING
from directives.bundle.imports import Imported
from directives.bundle.imports import imported
from directives.compiler.diagnostics import Report
from directives.compiler.micropython import check_micropython
from directives.compiler.model import CompiledModule
from directives.compiler.model import Diagnostic
from directives.compiler.model import Half
from directives.compiler.model import Kind
from directives.compiler.model import Role
from directives.compiler.text import SourceText
from directives.manifest.sources import SourceFile
from directives.manifest.sources import compile_source
from directives.settings import Settings


@dataclass(frozen=True, slots=True)
class Node:
    """A module that client code may reach.

    Attributes:
        file: Its source file.
        kind: ``"client"``, ``"shared"``, ``"stubs"``, ``"library"`` or ``"server"``.
        compiled: What the compiler made of it.
        imports: What it imports in the browser; stubs import the library alone.
        for_server: Why it is the server's alone; empty if it is not.
    """

    file: SourceFile
    kind: str
    compiled: CompiledModule
    imports: tuple[Imported, ...] = ()
    for_server: str = ""

    @property
    def is_package(self) -> bool:
        """Whether it is the ``__init__`` of a package."""
        return self.file.file.endswith("__init__.py")

    @property
    def package(self) -> str:
        """The package that it is in, or is."""
        return self.file.module if self.is_package else self.file.module.rpartition(".")[0]

    @property
    def tree(self) -> ast.Module:
        """Its tree as client code."""
        assert self.compiled.client is not None
        return self.compiled.client.tree


class Graph:
    """The modules of a project as client code sees them.

    Args:
        sources: The project's source files, by module.
        settings: The project's settings.
    """

    def __init__(self, sources: Mapping[str, SourceFile], settings: Settings) -> None:
        self._sources = {**library(), **sources}
        self._settings = settings
        self._nodes: dict[str, Node] = dict(library_nodes())
        self._findings: dict[tuple[str, str, int, int], Diagnostic] = {}

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What was found on all ways that were gone."""
        return tuple(sorted(self._findings.values(), key=_place))

    def node(self, module: str) -> Node:
        """A module of the project or the library."""
        found = self._nodes.get(module)
        if found is None:
            found = self._nodes[module] = self._read(self._sources[module])
        return found

    def reach(self, entry: str, runtime: str) -> dict[str, tuple[str, ...]]:
        """The modules that an entry point needs, each with the way to it; what stands in the way is a finding.

        Args:
            entry: A module that begins with ``'use client'``.
            runtime: What it runs on.
        """
        if not self._is_sound(self.node(entry)):
            return {}
        ways: dict[str, tuple[str, ...]] = {entry: (entry,), f"{LIBRARY}.entry": (entry, f"{LIBRARY}.entry")}
        pending = list(ways)
        for module in pending:
            node, way = self.node(module), ways[module]
            if runtime == "micropython":
                self._check(node)
            for found in node.imports:
                # What MicroPython does not have was found above.
                if runtime == "micropython" and found.kind == "absent":
                    continue
                if self._may_pass(node, found, way) and found.module not in ways:
                    ways[found.module] = (*way, found.module)
                    pending.append(found.module)
        return ways

    def _may_pass(self, node: Node, found: Imported, way: tuple[str, ...]) -> bool:
        """Whether an import leads to a module of the bundle."""
        if found.kind == "runtime":
            return False
        chain = " → ".join((*way, found.module))
        if found.kind in MISSING:
            self._note(node, found.alias, "foreign-in-bundle", module=found.module, chain=chain)
        elif why := self._why_not(found):
            self._note(node, found.alias, "server-in-bundle", module=found.module, why=why, chain=chain)
        else:
            return True
        return False

    def _why_not(self, found: Imported) -> str:
        """Why what is imported is for the server alone; empty if it is not."""
        if found.kind == "server":
            return "is for servers alone"
        target = self.node(found.module)
        self._is_sound(target)
        return target.for_server

    def _is_sound(self, node: Node) -> bool:
        """Whether the compiler has no errors; its errors are findings."""
        for error in node.compiled.errors:
            self._add(error)
        return not node.compiled.errors

    def _read(self, file: SourceFile) -> Node:
        compiled = compile_source(file, self._settings)
        if compiled.errors:
            return Node(file, "server", compiled, for_server="has errors")
        kind = compiled.directive.kind if compiled.directive else None
        if kind is Kind.SERVER:
            return Node(file, "stubs", compiled)
        if compiled.client is None:
            return Node(file, "server", compiled, for_server=f"holds server code, `{_marked(compiled)}`")
        node = Node(file, "client" if kind is Kind.CLIENT else "shared", compiled)
        found = tuple(imported(node.tree, node.package, self._sources.keys()))
        if any(each.kind == "marker" for each in found):
            return Node(file, "server", compiled, for_server="imports `directives.server_only`")
        return replace(node, imports=found)

    def _check(self, node: Node) -> None:
        """A module that says which runtime it is for was checked for that one when it was compiled."""
        if node.kind in ("client", "shared"):
            report = Report(SourceText(node.file.source, node.file.file))
            check_micropython(ast.parse(node.file.source), report)
            for finding in report.diagnostics():
                if finding not in node.compiled.diagnostics:
                    self._add(finding)

    def _note(self, node: Node, alias: ast.alias, slug: str, **words: str) -> None:
        report = Report(SourceText(node.file.source, node.file.file))
        report.add(slug, alias, **words)
        for finding in report.diagnostics():
            self._add(finding)

    def _add(self, finding: Diagnostic) -> None:
        self._findings.setdefault(
            (finding.slug, finding.file, finding.span.line, finding.span.column), finding
        )


def _place(finding: Diagnostic) -> tuple[str, int, int]:
    return finding.file, finding.span.line, finding.span.column


@cache
def library() -> Mapping[str, SourceFile]:
    """The Python that every island needs: a part of this package that is made for browsers."""
    return {file.module: file for file in _library_files()}


@cache
def library_nodes() -> Mapping[str, Node]:
    """The modules of that part, read once."""
    files = library()
    return {module: _library_node(file, files) for module, file in files.items()}


def _library_node(file: SourceFile, files: Mapping[str, SourceFile]) -> Node:
    half = Half(ast.parse(file.source))
    compiled = CompiledModule(
        file.module, file.file, Role.CLIENT, None, (), (), half, half, transformed=False
    )
    node = Node(file, "library", compiled)
    return replace(node, imports=tuple(imported(node.tree, node.package, files)))


def _library_files() -> Iterator[SourceFile]:
    for path in sorted(files(LIBRARY).iterdir(), key=lambda path: path.name):
        name, dot, kind = path.name.partition(".")
        if dot and kind == "py":
            module = LIBRARY if name == "__init__" else f"{LIBRARY}.{name}"
            yield SourceFile(module, f"directives/browser/{path.name}", path.read_bytes())


def _marked(compiled: CompiledModule) -> str:
    return compiled.records[0].qualname if compiled.records else compiled.name
