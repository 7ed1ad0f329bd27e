"""What a nested function captures: CPython's own answer, read from the code objects it compiles."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from types import CodeType

from directives.compiler.bindings import bindings
from directives.compiler.bindings import import_target
from directives.compiler.bindings import imports
from directives.compiler.model import Capture
from directives.compiler.outline import Function
from directives.compiler.outline import Scope
from directives.compiler.packing import WRAPPED


def first_line(node: Function) -> int:
    """The line that the code object of ``node`` begins on."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def function_codes(code: CodeType) -> Mapping[tuple[str, int], CodeType]:
    """Every function's code in a module's code, by name and first line.

    Each ``def`` begins on a line of its own, so the two tell functions apart.
    """
    return {(inner.co_name, inner.co_firstlineno): inner for inner in _nested_codes(code)}


def wrapper_codes(code: CodeType) -> Mapping[int, CodeType]:
    """The generated lambdas in a module's code, by first line."""
    return {
        inner.co_firstlineno: inner for inner in _nested_codes(code) if inner.co_varnames[:1] == (WRAPPED,)
    }


def captures_of(scope: Scope, names: tuple[str, ...]) -> tuple[Capture, ...]:
    """The captured ``names`` of a nested function, each with where to import it from, if anywhere."""
    return tuple(_capture(scope, name) for name in names)


def _capture(scope: Scope, name: str) -> Capture:
    if name == mangled(scope.name, scope) and scope.parent and scope.parent.is_function:
        return Capture(name, itself=True)
    for outer in scope.around():
        if not outer.is_function:
            continue
        imported = {
            mangled(own, outer): import_target(binding) for own, binding in imports(outer.node).items()
        }
        if target := imported.get(name):
            return Capture(name, *target)
        if any(mangled(bound.name, outer) == name for bound in bindings(outer.node)):
            break
    return Capture(name)


def mangled(name: str, scope: Scope) -> str:
    """A name written in ``scope`` as CPython knows it: private names carry their class's."""
    owner = next(
        (outer.name.lstrip("_") for outer in scope.around() if isinstance(outer.node, ast.ClassDef)), ""
    )
    private = name.startswith("__") and not name.endswith("__") and owner
    return f"_{owner}{name}" if private else name


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    pending = [code]
    while pending:
        for constant in _used_constants(pending.pop()):
            if isinstance(constant, CodeType):
                yield constant
                pending.append(constant)


def _used_constants(code: CodeType) -> Iterable[object]:
    if sys.version_info >= (3, 12):
        return code.co_consts
    # 3.11 keeps the constants of code that it drops because it can never run, as under `if False`.
    from dis import get_instructions

    return [item.argval for item in get_instructions(code) if item.opname == "LOAD_CONST"]
