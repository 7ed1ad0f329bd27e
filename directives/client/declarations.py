"""The types of a ``'use server'`` module's functions for TypeScript, made from their annotations."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

from directives.client.fields import fields_of
from directives.client.modules import RESERVED
from directives.client.modules import Stub
from directives.client.modules import stubs_of
from directives.client.shapes import Found
from directives.client.shapes import Kind
from directives.client.shapes import Shapes
from directives.compiler.model import CompiledModule
from directives.compiler.model import Parameter

UNKNOWN: Final = "unknown"
# What a result is, and what may be sent for a parameter: what JSON cannot say may be sent as its usual text too.
TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "builtins.str": ("string", "string"),
    "builtins.int": ("number", "number | bigint"),
    "builtins.float": ("number", "number"),
    "builtins.bool": ("boolean", "boolean"),
    "builtins.bytes": ("Uint8Array", "Uint8Array | ArrayBuffer"),
    "builtins.bytearray": ("Uint8Array", "Uint8Array | ArrayBuffer"),
    "builtins.complex": ("Tagged<'complex'>", "Tagged<'complex'>"),
    "builtins.range": ("Tagged<'range'>", "Tagged<'range'>"),
    "datetime.datetime": ("Date", "Date | string"),
    "datetime.date": ("Tagged<'date'>", "Tagged<'date'> | string"),
    "datetime.time": ("Tagged<'time'>", "Tagged<'time'> | string"),
    "datetime.timedelta": ("Tagged<'timedelta'>", "Tagged<'timedelta'> | string | number"),
    "decimal.Decimal": ("Tagged<'decimal'>", "Tagged<'decimal'> | string | number"),
    "uuid.UUID": ("Tagged<'uuid'>", "Tagged<'uuid'> | string"),
    "pathlib.Path": ("Tagged<'path'>", "Tagged<'path'> | string"),
    "pathlib.PurePath": ("Tagged<'path'>", "Tagged<'path'> | string"),
    "pathlib.PurePosixPath": ("Tagged<'path'>", "Tagged<'path'> | string"),
    **dict.fromkeys(
        (f"ipaddress.IPv{version}Address" for version in (4, 6)), ("Tagged<'ip'>", "Tagged<'ip'> | string")
    ),
    **dict.fromkeys(
        (f"ipaddress.IPv{version}Network" for version in (4, 6)),
        ("Tagged<'ip-network'>", "Tagged<'ip-network'> | string"),
    ),
    **dict.fromkeys(
        (f"ipaddress.IPv{version}Interface" for version in (4, 6)),
        ("Tagged<'ip-interface'>", "Tagged<'ip-interface'> | string"),
    ),
    "directives.forms.Upload": (UNKNOWN, "Blob"),
    "directives.forms.FormData": ("FormData", "FormData"),
    "directives.ServerFunction": ("ServerFunction", "ServerFunction | ServerStream"),
    "markupsafe.Markup": ("Tagged<'markup'>", "never"),
}
LISTS: Final = frozenset({
    "builtins.list", "typing.List", "collections.abc.Sequence", "typing.Sequence", "collections.abc.Iterable",
    "typing.Iterable", "collections.abc.Collection", "typing.Collection", "collections.deque",
    "collections.abc.MutableSequence",
})  # fmt: skip
SETS: Final = frozenset({
    "builtins.set", "builtins.frozenset", "typing.Set", "typing.FrozenSet", "collections.abc.Set", "typing.AbstractSet",
})  # fmt: skip
DICTS: Final = frozenset({
    "builtins.dict", "typing.Dict", "collections.abc.Mapping", "typing.Mapping", "collections.abc.MutableMapping",
    "collections.OrderedDict", "collections.defaultdict",
})  # fmt: skip
TUPLES: Final = frozenset({"builtins.tuple", "typing.Tuple"})
WRAPPERS: Final = frozenset({"Annotated", "Final", "InitVar", "Required", "NotRequired", "ReadOnly"})
NEW_TYPE: Final = "typing.NewType"
GIVEN: Final = frozenset(
    f"{module}.{name}"
    for module in ("collections.abc", "typing")
    for name in (
        "Awaitable",
        "Coroutine",
        "AsyncIterator",
        "AsyncIterable",
        "AsyncGenerator",
        "Iterator",
        "Generator",
    )
)


class Declarations:
    """Writes the ``.d.ts`` file of one module.

    Field names and enum values of classes in public signatures are in it, since they are what travels; their
    docstrings, methods and defaults are not.

    Args:
        module: The module.
        shapes: The classes of its project.
        client: What the ES module imports ``client.js`` by.
    """

    def __init__(self, module: CompiledModule, shapes: Shapes, client: str) -> None:
        self._module = module
        self._shapes = shapes
        self._client = client
        self._declared: dict[tuple[str, str, bool], str] = {}
        self._interfaces: dict[str, str] = {}
        self._open: list[ast.expr] = []

    def text(self) -> str:
        """The whole file."""
        functions = [self._function(stub) for stub in stubs_of(self._module)]
        head = (
            f"// {self._module.name}: types of its server functions, written by directives.\n"
            f"import type {{ ServerFunction, ServerStream, Tagged }} from {json.dumps(self._client)}\n"
        )
        return "\n".join([head, *self._interfaces.values(), *functions, "export {}\n"])

    def _function(self, stub: Stub) -> str:
        name, kind = stub.node.name, "ServerStream" if stub.kind == "stream" else "ServerFunction"
        given = f"[{', '.join(self._parameters(stub.record.sendable))}]"
        returns = self._annotated(stub.record.returns, sent=False)
        declared = f"{kind}<{given}, {returns}>"
        comment = _comment(stub.node)
        if name in RESERVED:
            return f"{comment}declare const ${name}: {declared}\nexport {{ ${name} as {name} }}\n"
        return f"{comment}export declare const {name}: {declared}\n"

    def _parameters(self, parameters: Sequence[Parameter]) -> Iterator[str]:
        by_name = [each for each in parameters if each.kind in ("keyword", "varkw")]
        rest = next((each for each in parameters if each.kind == "varargs"), None)
        insists = rest is None and any(each.kind == "keyword" and not each.optional for each in by_name)
        for each in parameters:
            if each.by_position:
                written = self._annotated(each.annotation, sent=True)
                # What is required cannot follow what may be left out.
                loose = f"{_label(each)}: {written} | undefined" if insists else f"{_label(each)}?: {written}"
                yield loose if each.optional else f"{_label(each)}: {written}"
        if rest is not None:
            yield f"...{_label(rest)}: {_list(self._annotated(rest.annotation, sent=True))}"
        elif by_name:
            members = "; ".join(map(self._keyword, by_name))
            yield f"keywords{'' if insists else '?'}: {{ {members} }}"

    def _keyword(self, parameter: Parameter) -> str:
        if parameter.kind == "varkw":
            return "[name: string]: unknown"
        mark = "?" if parameter.optional else ""
        return f"{parameter.name}{mark}: {self._annotated(parameter.annotation, sent=True)}"

    def _annotated(self, annotation: str | None, *, sent: bool) -> str:
        return UNKNOWN if annotation is None else self._forward(self._module.name, annotation, sent)

    def _forward(self, module: str, text: str, sent: bool) -> str:
        try:
            return self.type_of(module, ast.parse(text.strip(), mode="eval").body, sent)
        except (SyntaxError, ValueError):
            return UNKNOWN

    def type_of(self, module: str, node: ast.expr, sent: bool) -> str:
        """The type of TypeScript for an annotation.

        Args:
            module: The module whose names it uses.
            node: The annotation.
            sent: Whether it is of what callers send, rather than get.
        """
        match node:
            case ast.Constant(value=None):
                return "null"
            case ast.Constant(value=str(text)):
                return self._forward(module, text, sent)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _union([self.type_of(module, left, sent), self.type_of(module, right, sent)])
            case ast.Subscript(value=value, slice=ast.Tuple(elts=[*items])):
                return self._generic(module, value, items, sent)
            case ast.Subscript(value=value, slice=item):
                return self._generic(module, value, [item], sent)
            case ast.Call(func=maker, args=[_, base]) if self._shapes.resolve(module, maker) == NEW_TYPE:
                return self.type_of(module, base, sent)
            case ast.Name() | ast.Attribute():
                return self._named(module, node, sent)
        return UNKNOWN

    def _named(self, module: str, node: ast.expr, sent: bool) -> str:
        found = self._shapes.resolve(module, node)
        if isinstance(found, Found):
            if isinstance(found.node, ast.ClassDef):
                return self._class(found, found.node, sent)
            return self._alias(found, found.node, sent)
        if found in LISTS or found in TUPLES:
            return "unknown[]"
        if found in DICTS:
            return "Record<string, unknown>"
        if found in SETS:
            return "Set<unknown>"
        received, taken = TYPES.get(found or "", (UNKNOWN, UNKNOWN))
        return taken if sent else received

    def _alias(self, found: Found, node: ast.expr, sent: bool) -> str:
        if node in self._open:
            # One that holds itself has no name of its own there.
            return UNKNOWN
        self._open.append(node)
        written = self.type_of(found.module, node, sent)
        self._open.remove(node)
        return written

    def _generic(self, module: str, value: ast.expr, items: Sequence[ast.expr], sent: bool) -> str:
        found = self._shapes.resolve(module, value)
        name = found.rpartition(".")[2] if isinstance(found, str) else ""
        if name == "Literal":
            return _union([self._literal(module, item) for item in items])
        if found in TUPLES and not (items and _is_ellipsis(items[-1])):
            return f"[{', '.join(self.type_of(module, item, sent) for item in items)}]"
        inner = [self.type_of(module, item, sent) for item in items if not _is_ellipsis(item)]
        if found in LISTS or found in TUPLES:
            return _list(inner[0])
        if found in SETS:
            return f"Set<{inner[0]}>"
        if found in DICTS and len(inner) == 2:
            return f"Record<string, {inner[1]}>" if inner[0] == "string" else f"Map<{inner[0]}, {inner[1]}>"
        if name == "Optional":
            return _union([inner[0], "null"])
        if name == "Union":
            return _union(inner)
        if name in WRAPPERS:
            return inner[0]
        if found in GIVEN:
            return inner[-1] if name == "Coroutine" else inner[0]
        return UNKNOWN

    def _literal(self, module: str, item: ast.expr) -> str:
        if isinstance(item, ast.Attribute):
            found = self._shapes.resolve(module, item.value)
            if isinstance(found, Found) and isinstance(found.node, ast.ClassDef):
                return _members(found.node).get(item.attr, UNKNOWN)
        return _constant(item)

    def _class(self, found: Found, node: ast.ClassDef, sent: bool) -> str:
        kind = self._shapes.kind(found)
        if kind is None:
            return UNKNOWN
        if kind is Kind.FLAG:
            return TYPES["builtins.int"][sent]
        if kind is Kind.ENUM:
            return _union(list(_members(node).values()) or [UNKNOWN])
        key = found.module, node.name, sent
        if key not in self._declared:
            name = self._declared[key] = self._free_name(f"{node.name}{'Input' if sent else ''}")
            self._interfaces[name] = ""
            self._interfaces[name] = self._interface(name, found, kind, sent)
        return self._declared[key]

    def _free_name(self, name: str) -> str:
        taken = {*self._interfaces, "ServerFunction", "ServerStream", "Tagged"}
        return name if name not in taken else self._free_name(f"{name}_")

    def _interface(self, title: str, found: Found, kind: Kind, sent: bool) -> str:
        members = []
        for field in fields_of(self._shapes, found).values():
            name = field.given if sent else field.returned
            mark = "?" if field.missing or (sent and field.optional) else ""
            if name:
                members.append(f"{_key(name)}{mark}: {self.type_of(field.module, field.annotation, sent)}")
            elif name is not None:
                members.append("[name: string]: unknown")
        if kind is Kind.TUPLE:
            return f"export type {title} = [{', '.join(members)}]\n"
        lines = "".join(f"  {member}\n" for member in dict.fromkeys(members))
        return f"export interface {title} {{\n{lines}}}\n"


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _label(parameter: Parameter) -> str:
    return f"{parameter.name}_" if parameter.name in RESERVED else parameter.name


def _list(item: str) -> str:
    return f"({item})[]" if " | " in item else f"{item}[]"


def _union(types: Sequence[str]) -> str:
    parts = list(dict.fromkeys(part for written in types for part in _parts(written)))
    return UNKNOWN if UNKNOWN in parts else " | ".join(parts)


def _parts(written: str) -> list[str]:
    """The parts of a union; one that stands within brackets or a text is part of another type."""
    return [written] if any(mark in written for mark in "<([{\"'") else written.split(" | ")


def _members(node: ast.ClassDef) -> dict[str, str]:
    """The values of an enum's members, as far as the source says them."""
    members = {}
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                members[name] = _constant(value)
    return members


def _constant(node: ast.expr) -> str:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
    return json.dumps(value) if value is None or type(value) in (str, int, bool) else UNKNOWN


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _comment(node: ast.AsyncFunctionDef) -> str:
    """The docstring of a function, as an editor shows it."""
    docstring = ast.get_docstring(node)
    if not docstring:
        return ""
    lines = docstring.replace("*/", "*\\/").splitlines()
    return (
        f"/** {lines[0]} */\n"
        if len(lines) == 1
        else "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"
    )
