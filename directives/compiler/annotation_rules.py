"""The rule of annotations: what validates arguments has to find the types that they name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from directives.compiler.bindings import arguments
from directives.compiler.bindings import bindings
from directives.compiler.border import for_type_checkers
from directives.compiler.diagnostics import Report
from directives.compiler.outline import Function
from directives.compiler.outline import Scope


def check_annotations(function: Scope, nested: bool, unbound: frozenset[str], report: Report) -> None:
    """Report what the annotations of a server function name and its module does not have when a call comes.

    Args:
        function: The function.
        nested: Whether it stands in another function.
        unbound: The names that the module has for type checkers alone.
        report: Where findings go.
    """
    if not isinstance(function.node, Function):
        return
    local = local_names(function) if nested else ()
    for argument in arguments(function.node.args):
        for place, name in annotation_names(argument.annotation) if argument.annotation else ():
            if name in local:
                report.add("local-annotation", place, name=function.name, variable=name)
            elif name in unbound:
                report.add("type-checking-annotation", place, name=function.name, variable=name)


def local_names(function: Scope) -> set[str]:
    """The names of the functions around a function, and the type parameters that it can name."""
    local = {
        binding.name for scope in function.around() if scope.is_function for binding in bindings(scope.node)
    }
    for scope in (function, *function.around()):
        local.update(parameter.name for parameter in getattr(scope.node, "type_params", ()))
    return local


def names_for_type_checkers(tree: ast.Module) -> frozenset[str]:
    """The names that a module binds under ``if TYPE_CHECKING:`` and nowhere else."""
    guarded = [node for node in ast.walk(tree) if isinstance(node, ast.If) and for_type_checkers(node.test)]
    if not guarded:
        return frozenset()
    everywhere = Counter(binding.name for binding in bindings(tree))
    here = Counter(binding.name for node in guarded for binding in bindings(ast.Module(node.body, [])))
    # A star may bind any of them.
    return frozenset(
        name for name, times in here.items() if times >= everywhere[name] and "*" not in everywhere
    )


def annotation_names(annotation: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """The names in an annotation and where they stand, those in strings that are annotations too."""
    pending: list[tuple[ast.AST, bool]] = [(annotation, True)]
    while pending:
        node, quotable = pending.pop()
        if isinstance(node, ast.Name):
            yield node, node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and quotable:
            with suppress(SyntaxError, ValueError):
                quoted = ast.parse(node.value.strip(), mode="eval").body
                yield from ((node, name) for _, name in annotation_names(quoted))
        else:
            inside = quotable and not _holds_plain_strings(node)
            pending.extend((child, inside) for child in ast.iter_child_nodes(node))


def _holds_plain_strings(node: ast.AST) -> bool:
    """Whether the strings in a subscript are values: ``Literal['a']``, ``Annotated[int, 'unit']``."""
    if not isinstance(node, ast.Subscript):
        return False
    return not {"Literal", "Annotated"}.isdisjoint(
        (getattr(node.value, "id", ""), getattr(node.value, "attr", ""))
    )
