"""Makes a project's bundle from its source files; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Iterator
from functools import cache

from directives.bundle.graph import Graph
from directives.bundle.graph import Node
from directives.bundle.graph import library_nodes
from directives.bundle.imports import LIBRARY
from directives.bundle.imports import absolute
from directives.bundle.model import Bundle
from directives.bundle.model import Entry
from directives.bundle.model import Made
from directives.bundle.model import Part
from directives.compiler import may_contain_directive
from directives.compiler.components import MICROPYTHON
from directives.compiler.components import declared_runtime
from directives.compiler.components import takes_children
from directives.compiler.micropython import micropython_tree
from directives.compiler.model import CompiledModule
from directives.compiler.model import Kind
from directives.compiler.prologue import is_text
from directives.manifest.sources import SourceFile
from directives.manifest.sources import project_sources
from directives.settings import Settings

HASH_BYTES = 8
STREAMS = ("async generator", "generator")


def make_bundle(settings: Settings) -> Made:
    """Gather what the client code of a project is made of.

    Args:
        settings: The project's settings; ``root`` says where it is.

    Raises:
        OSError: A file cannot be read.
    """
    sources = {file.module: file for file in reversed(tuple(project_sources(settings)))}
    graph = Graph(sources, settings)
    parts: dict[tuple[str, str], Part] = {}
    entries = {}
    for module in sorted(_entry_modules(graph, sources.values())):
        node = graph.node(module)
        runtime = _runtime(node, settings)
        ways = graph.reach(module, runtime)
        if not ways:
            continue
        for name, why in ways.items():
            if (name, runtime) not in parts:
                parts[name, runtime] = _part(graph.node(name), runtime, why)
        addresses = (parts[name, runtime].address for name in ways)
        entries[module] = Entry(module, runtime, tuple(addresses), tuple(sorted(takes_children(node.tree))))
    made = Made(Bundle({part.address: part for part in parts.values()}, entries), graph.findings)
    return Made(Bundle(), made.findings) if made.errors else made


def _entry_modules(graph: Graph, files: Iterable[SourceFile]) -> Iterator[str]:
    for file in files:
        if may_contain_directive(file.source):
            directive = graph.node(file.module).compiled.directive
            if directive and directive.kind is Kind.CLIENT:
                yield file.module


def _runtime(node: Node, settings: Settings) -> str:
    """What a module runs on; one with errors does not get that far."""
    declared = None if node.compiled.errors else declared_runtime(node.tree)
    return declared or settings.runtime


def _part(node: Node, runtime: str, why: tuple[str, ...]) -> Part:
    from blake3 import blake3

    text = _stubs(node.compiled) if node.kind == "stubs" else _source(node, runtime)
    content = text.encode()
    name = blake3(content).hexdigest(length=HASH_BYTES)
    return Part(node.file.module, node.kind, why, f"{name}/{_path(node)}", content)


def _path(node: Node) -> str:
    path = node.file.module.replace(".", "/")
    return f"{path}/__init__.py" if node.is_package else f"{path}.py"


def _stubs(compiled: CompiledModule) -> str:
    """A module's server functions by name and ID, and nothing else of it."""
    assert compiled.client is not None, "a module that begins with 'use server' has a client half"
    public = {node.name for node in compiled.client.tree.body if isinstance(node, ast.AsyncFunctionDef)}
    lines = [f"from {LIBRARY}.calls import ServerFunction as _F"]
    for record in compiled.records:
        if record.qualname in public and record.directive == "use server":
            kind = ", stream=True" if record.flavor in STREAMS else ""
            lines.append(f"{record.qualname} = _F({record.id!r}, {record.qualname!r}{kind})")
    return "\n".join((*lines, ""))


def _source(node: Node, runtime: str) -> str:
    """A module's own code, without comments, docstrings and directives."""
    if node.kind == "library":
        return _library_source(node.file.module)
    tree = ast.parse(node.file.source)
    return _client_source(micropython_tree(tree) if runtime == MICROPYTHON else tree, node.package)


@cache
def _library_source(module: str) -> str:
    node = library_nodes()[module]
    return _client_source(micropython_tree(ast.parse(node.file.source)), node.package)


def _client_source(tree: ast.Module, package: str) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            node.module, node.level = absolute(node, package), 0
        elif isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [statement for statement in node.body if not is_text(statement)]
            if not node.body and not isinstance(node, ast.Module):
                node.body.append(ast.Pass())
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
