"""The rules of placement and form: each finds what breaks it and reports it."""

from __future__ import annotations

import ast
import sys

from directives.compiler.bindings import bindings
from directives.compiler.diagnostics import Report
from directives.compiler.generated import HANDLE
from directives.compiler.model import CompilerSettings
from directives.compiler.model import Kind
from directives.compiler.outline import Function
from directives.compiler.outline import Misplaced
from directives.compiler.outline import Scope
from directives.compiler.packing import WRAPPED
from directives.compiler.prologue import Reading
from directives.compiler.roles import Roles
from directives.compiler.text import SourceText

RESERVED = (HANDLE, WRAPPED)


def check(roles: Roles, source: SourceText, report: Report, settings: CompilerSettings) -> None:
    """Report everything in a module that breaks a rule its source alone decides."""
    outline = roles.outline
    for scope in (outline.module, *outline.functions):
        check_prologue(scope, source, report, settings)
    for misplaced in outline.misplaced:
        check_misplaced(misplaced, source, report, settings)
    for function in outline.functions:
        check_function_directive(function, roles, report)
    for function, directive in roles.marked:
        if directive.kind is Kind.SERVER:
            check_server_function(function, source, report, settings)
    if roles.module_kind:
        check_exports(roles, report)
    check_rebound(roles, report)
    check_reserved(roles.tree, report)


def check_prologue(scope: Scope, source: SourceText, report: Report, settings: CompilerSettings) -> None:
    """The directives at the head of one body: well formed, and one alone."""
    place = "function" if scope.is_function else "module"
    first: Reading | None = None
    for reading in scope.prologue.readings:
        if reading.fault:
            report_form(reading, source, report, settings)
        elif first is None:
            first = reading
        elif reading.directive == first.directive:
            report.add("repeated-directive", reading.statement, text=reading.text, place=place)
        else:
            report.add(
                "conflicting-directives", reading.statement, text=reading.text, first=first.text, place=place
            )
    if scope.prologue.late_future:
        report.add("future-import-after-directive", scope.prologue.late_future)


def check_misplaced(
    misplaced: Misplaced, source: SourceText, report: Report, settings: CompilerSettings
) -> None:
    """A directive string outside every prologue."""
    reading, scope = misplaced.reading, misplaced.scope
    if reading.fault:
        report_form(reading, source, report, settings)
    elif misplaced.block:
        report.add("directive-in-block", reading.statement, text=reading.text, block=misplaced.block)
    elif isinstance(scope.node, ast.ClassDef):
        report.add("directive-in-class", reading.statement, text=reading.text, name=scope.name)
    else:
        in_module = not scope.is_function
        report.add(
            "directive-after-code",
            reading.statement,
            text=reading.text,
            place="module" if in_module else "function",
            above=", a docstring and `from __future__` imports" if in_module else " and a docstring",
        )


def report_form(reading: Reading, source: SourceText, report: Report, settings: CompilerSettings) -> None:
    """A string that was meant to be a directive."""
    quote = '"' if '"' in source.segment(reading.statement) else "'"
    stores = ", ".join(sorted(settings.stores))
    suggestion = f"'{reading.wanted}'" if reading.wanted else "a store that exists"
    report.add(
        reading.fault,
        reading.statement,
        text=reading.text,
        wanted=reading.wanted,
        suggestion=suggestion,
        stores=stores,
        replacement=f"{quote}{reading.wanted}{quote}" if reading.wanted and reading.is_alone else None,
    )


def check_function_directive(function: Scope, roles: Roles, report: Report) -> None:
    """A function's own directive against its module's."""
    for reading in function.prologue.readings:
        if reading.directive is None:
            continue
        if reading.directive.kind is Kind.CLIENT:
            report.add("client-in-function", reading.statement, name=function.name)
        elif roles.module_kind is Kind.CLIENT:
            report.add("directive-in-client", reading.statement, text=reading.text, name=function.name)


def check_server_function(
    function: Scope, source: SourceText, report: Report, settings: CompilerSettings
) -> None:
    """What a server function may be."""
    node = function.node
    if isinstance(node, ast.FunctionDef) and not settings.allow_sync_server_functions:
        report.add("sync-server-function", source.name_span(node), name=function.name)
    parent = function.parent
    if (
        isinstance(node, Function)
        and parent
        and isinstance(parent.node, ast.ClassDef)
        and not is_static(node)
    ):
        parameters = [*node.args.posonlyargs, *node.args.args]
        first = f"`{parameters[0].arg}`" if parameters else "the instance"
        report.add("server-method", source.name_span(node), name=function.name, first=first)


def is_static(node: Function) -> bool:
    """Whether a function in a class is a static method."""
    return any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list)


def check_exports(roles: Roles, report: Report) -> None:
    """What ``__all__`` of a module with a directive names."""
    exports = roles.exports
    for statement in exports.unreadable:
        report.add("export-not-static", statement)
    if exports.names is None or exports.unreadable or roles.module_kind is Kind.CACHE:
        return
    in_client = roles.module_kind is Kind.CLIENT
    defined = {binding.name: binding.what for binding in bindings(roles.tree)}
    if in_client and not defined.keys().isdisjoint(("*", "__getattr__")):
        return
    for name, node in exports.names.items():
        what = defined.get(name)
        if what is None:
            report.add("export-undefined", node, name=name)
        elif what != "a function" and not in_client:
            report.add("export-not-a-function", node, name=name, what=what)


def check_rebound(roles: Roles, report: Report) -> None:
    """A server function that its module replaces: what replaces it does not guard it."""
    lines = {
        function.name: function.node.lineno
        for function, directive in roles.marked
        if directive.kind is Kind.SERVER
        and isinstance(function.node, Function)
        and function.parent is roles.outline.module
    }
    for binding in bindings(roles.tree):
        if isinstance(binding.node, ast.Name) and binding.node.lineno > lines.get(binding.name, sys.maxsize):
            report.add("rebound-server-function", binding.node, name=binding.name, line=lines[binding.name])


def check_reserved(tree: ast.Module, report: Report) -> None:
    """The names that compiled code uses are not the user's."""
    for node in ast.walk(tree):
        for field in ("id", "arg", "name", "asname"):
            if getattr(node, field, None) in RESERVED:
                report.add("reserved-name", node, name=getattr(node, field))  # type: ignore[arg-type]
