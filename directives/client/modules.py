"""The ES module of a ``'use server'`` module: a function for each public one of its own, and nothing else of it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import NamedTuple

from directives.compiler.model import CompiledModule
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Kind

HEAD = "// {module}: calls of its server functions, written by directives.\nimport {{ action as $action }} from {client}\n"
# ECMAScript 2025, 12.7.2: what cannot be the name of a constant in a module. No name of Python has a dollar sign.
RESERVED = frozenset(
    [
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ]
)
STREAMS = frozenset({"generator", "async generator"})


class Stub(NamedTuple):
    """A public server function, as clients may know it.

    Attributes:
        node: Its signature and docstring: the annotations that every client may know.
        record: Its record.
    """

    node: ast.AsyncFunctionDef
    record: FunctionRecord

    @property
    def kind(self) -> str:
        """Whether its items are read as they come, or its value is awaited."""
        return "stream" if self.record.flavor in STREAMS else "call"


def is_server_module(module: CompiledModule) -> bool:
    """Whether a module begins with ``'use server'``, and clients may call it."""
    return module.directive is not None and module.directive.kind is Kind.SERVER and module.client is not None


def stubs_of(module: CompiledModule) -> Iterator[Stub]:
    """The public server functions of a module that begins with ``'use server'``; of two of one name the last."""
    assert module.client is not None, "a module that begins with 'use server' has a client half"
    records = {record.qualname: record for record in module.records if not record.nested}
    nodes = {node.name: node for node in module.client.tree.body if isinstance(node, ast.AsyncFunctionDef)}
    for name, node in nodes.items():
        yield Stub(node, records[name])


def path_of(module: str) -> str:
    """The path of a module's ES module: ``shop/actions.js``."""
    return f"{module.replace('.', '/')}.js"


def module_source(module: CompiledModule, client: str) -> str:
    """The ES module of a module that begins with ``'use server'``.

    Args:
        module: The module.
        client: What the ES module imports ``client.js`` by.
    """
    lines = [HEAD.format(module=module.name, client=_text(client))]
    lines += [exported(stub) for stub in stubs_of(module)]
    return "\n".join(lines)


def exported(stub: Stub) -> str:
    """What exports one function."""
    name = stub.node.name
    written = f"$action({', '.join(map(_text, _arguments(stub)))})\n"
    if name in RESERVED:
        return f"const ${name} = {written}export {{ ${name} as {name} }}\n"
    return f"export const {name} = {written}"


def _arguments(stub: Stub) -> list[object]:
    """ID, name and kind, and where the parameters are known one by one, their names."""
    record = stub.record
    kinds = {parameter.kind for parameter in record.sendable}
    arguments: list[object] = [record.id, stub.node.name, stub.kind]
    if "varargs" in kinds or not kinds:
        return arguments
    names = [parameter.name for parameter in record.sendable if parameter.by_position]
    return [*arguments, names, *([True] if kinds & {"keyword", "varkw"} else [])]


def _text(value: object) -> str:
    """JSON is JavaScript (ECMAScript 2019), and a module is no part of a page."""
    return json.dumps(value, ensure_ascii=False)
