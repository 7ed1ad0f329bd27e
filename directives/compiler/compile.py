"""From source text to a compiled module: read, check, then make both halves."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from functools import partial
from types import CodeType

from directives.compiler.access import Access
from directives.compiler.access import check_access
from directives.compiler.annotation_rules import check_annotations
from directives.compiler.annotation_rules import names_for_type_checkers
from directives.compiler.bindings import bindings
from directives.compiler.border import check_imports
from directives.compiler.capture_rules import check_nested
from directives.compiler.captures import captures_of
from directives.compiler.captures import first_line
from directives.compiler.captures import function_codes
from directives.compiler.captures import wrapper_codes
from directives.compiler.client import StubModule
from directives.compiler.components import check_components
from directives.compiler.diagnostics import Report
from directives.compiler.diagnostics import in_source_order
from directives.compiler.diagnostics import syntax_error
from directives.compiler.model import CompiledModule
from directives.compiler.model import CompilerSettings
from directives.compiler.model import Directive
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Half
from directives.compiler.model import Kind
from directives.compiler.model import Role
from directives.compiler.outline import Function
from directives.compiler.outline import Scope
from directives.compiler.outline import read_outline
from directives.compiler.records import make_record
from directives.compiler.roles import Roles
from directives.compiler.rules import check
from directives.compiler.server import needs_wrapper
from directives.compiler.server import reference_module
from directives.compiler.server import register
from directives.compiler.server import strip_directives
from directives.compiler.server import wrap_function
from directives.compiler.text import SourceText

DEFAULT_SETTINGS = CompilerSettings()
COMPONENTS = ("a function", "a class")
TOO_DEEP = (
    "an expression nests too deeply to be transformed; split it up, or move it to a module without directives"
)


def compile_module(
    source: bytes | str,
    module_name: str,
    filename: str,
    role: Role = Role.SERVER,
    settings: CompilerSettings = DEFAULT_SETTINGS,
) -> CompiledModule:
    """Compile the source of one module.

    Args:
        source: The bytes of the source file, or its text.
        module_name: The module's dotted name; IDs are made of it.
        filename: What diagnostics and records call the file.
        role: The half that the process runs; decides which half has to exist.
        settings: The stores that exist, and what is allowed.

    Returns:
        Both halves, the records of the functions with directives, and all diagnostics at once.

    Raises:
        SyntaxError: Python itself does not accept the source, and nothing else is wrong with it.
    """
    tree = parse(source, filename)
    text = SourceText(source, filename)
    outline = read_outline(tree, text, settings.stores)
    if not outline.has_readings:
        half = Half(tree)
        return CompiledModule(module_name, filename, role, None, (), (), half, half, transformed=False)
    roles = Roles(outline, tree)
    report = Report(text)
    check(roles, text, report, settings)
    check_imports(roles, report)
    if role is Role.CLIENT:
        check_client_half(roles, report)
    if roles.module_kind is Kind.CLIENT:
        check_components(roles, partial(parse, source, filename), report, settings)
    marked = roles.marked
    strip_directives(outline)
    base = CompiledModule(
        module_name, filename, role, outline.directive, (), report.diagnostics(), None, None, True
    )
    try:
        codes = function_codes(compile_tree(tree, filename))
    except SyntaxError as error:
        if not base.diagnostics:
            raise
        return replace(base, diagnostics=in_source_order((*base.diagnostics, syntax_error(error, filename))))
    access = Access()
    functions = tuple(make_functions(marked, module_name, filename, codes, access))
    check_functions(functions, text, report)
    unbound = names_for_type_checkers(tree)
    for function in functions:
        if function.directive.kind is Kind.SERVER:
            check_access(function.scope, function.record, access, text, report, settings.exposure)
            check_annotations(function.scope, function.record.nested, unbound, report)
    base = replace(base, records=tuple(f.record for f in functions), diagnostics=report.diagnostics())
    if base.errors:
        return base
    if roles.module_kind is Kind.CLIENT:
        return build_client_module(base, tree, roles)
    return build_server_module(base, tree, roles, functions)


@dataclass(frozen=True, slots=True)
class Marked:
    """A function for which a directive holds, as far as it is known.

    Attributes:
        scope: Where it stands.
        node: Its definition.
        directive: Its directive.
        captured: The names it captures.
        record: Its record.
    """

    scope: Scope
    node: Function
    directive: Directive
    captured: tuple[str, ...]
    record: FunctionRecord


def parse(source: bytes | str, filename: str) -> ast.Module:
    """The tree of a source; what no parser can take is a ``SyntaxError`` too."""
    try:
        return ast.parse(source, filename)
    except ValueError as error:
        raise SyntaxError(str(error), (filename, 1, 1, None)) from None
    except RecursionError:
        raise SyntaxError(TOO_DEEP, (filename, 1, 1, None)) from None


def compile_tree(tree: ast.Module, filename: str) -> CodeType:
    """What CPython makes of a tree."""
    try:
        code: CodeType = compile(tree, filename, "exec", dont_inherit=True)
    except RecursionError:
        raise SyntaxError(TOO_DEEP, (filename, 1, 1, None)) from None
    return code


def make_functions(
    marked: Iterable[tuple[Scope, Directive]],
    module_name: str,
    filename: str,
    codes: Mapping[tuple[str, int], CodeType],
    access: Access,
) -> Iterator[Marked]:
    """Every marked function with its record."""
    for scope, directive in marked:
        node = scope.node
        code = codes.get((scope.name, first_line(node))) if isinstance(node, Function) else None
        # CPython drops code that can never run, as under ``if False``.
        if isinstance(node, Function) and code is not None:
            record = make_record(module_name, filename, scope, node, directive, code, access)
            yield Marked(scope, node, directive, code.co_freevars, record)


def check_functions(functions: Iterable[Marked], source: SourceText, report: Report) -> None:
    """Report what only code objects tell: captures and IDs."""
    seen: dict[str, FunctionRecord] = {}
    for function in functions:
        record = function.record
        if function.directive.kind is Kind.SERVER and record.nested:
            check_nested(function.scope, function.captured, report)
        first = seen.setdefault(record.id, record)
        if first is not record:
            where = source.name_span(function.node)
            report.add("duplicate-function", where, name=record.qualname, line=first.line)


def check_client_half(roles: Roles, report: Report) -> None:
    """Report a module that client code imports though it is server code."""
    if roles.module_kind in (Kind.SERVER, Kind.CLIENT):
        return
    for function, directive in roles.marked[:1]:
        readings = (*function.prologue.readings, *roles.outline.module.prologue.readings)
        report.add("server-code-in-client", readings[0].statement, name=function.name, text=directive.text)


def build_client_module(base: CompiledModule, tree: ast.Module, roles: Roles) -> CompiledModule:
    """Both halves of a 'use client' module: references for the server, the module itself for the client."""
    bound = {binding.name: binding.what for binding in bindings(tree) if binding.what != "an import"}
    if roles.exports.names is None:
        exported = [name for name, what in bound.items() if what in COMPONENTS and roles.exports.has(name)]
    else:
        exported = list(roles.exports.names)
    hidden = [name for name in bound if name not in exported and name not in ("__all__", "__getattr__")]
    return replace(base, server=Half(reference_module(base.name, exported, hidden)), client=Half(tree))


def build_server_module(
    base: CompiledModule, tree: ast.Module, roles: Roles, functions: Sequence[Marked]
) -> CompiledModule:
    """Both halves of a module with server code: the user's code wrapped, and stubs if clients may import it."""
    client = None
    if roles.module_kind is Kind.SERVER:
        public = [f for f in functions if f.directive.kind is Kind.SERVER and roles.is_public(f.scope)]
        client = Half(StubModule(tree).build((f.node, f.record) for f in public))
    for function in functions:
        wrap_function(function.node, function.record, function.directive.kind)
    records = tuple(with_wrappers(functions, tree, base.filename))
    register(tree, base.name, records)
    return replace(base, records=records, server=Half(tree), client=client)


def with_wrappers(functions: Sequence[Marked], tree: ast.Module, filename: str) -> Iterator[FunctionRecord]:
    """The records, with what the lambdas over decorators capture as well."""
    if not any(needs_wrapper(f.node, f.record, f.directive.kind) for f in functions):
        yield from (function.record for function in functions)
        return
    wrappers = wrapper_codes(compile_tree(tree, filename))
    for function in functions:
        record = function.record
        wrapper = wrappers.get(record.first_line)
        if wrapper is None:
            yield record
        else:
            added = tuple(name for name in wrapper.co_freevars if name not in function.captured)
            captures = (*record.captures, *captures_of(function.scope, added))
            yield replace(record, captures=captures, wrapper_line=record.first_line)
