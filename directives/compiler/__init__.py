"""The compiler: source text in, both halves, function records and diagnostics out. Pure.

Its parts are imported when they are first used: a process that runs from bytecode needs the values alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from directives.compiler.compile import compile_module
    from directives.compiler.diagnostics import as_error
    from directives.compiler.diagnostics import render_diagnostics
    from directives.compiler.diagnostics import syntax_error
    from directives.compiler.model import Capture
    from directives.compiler.model import CompiledModule
    from directives.compiler.model import CompilerSettings
    from directives.compiler.model import Diagnostic
    from directives.compiler.model import Directive
    from directives.compiler.model import FunctionRecord
    from directives.compiler.model import Half
    from directives.compiler.model import Kind
    from directives.compiler.model import Parameter
    from directives.compiler.model import Role
    from directives.compiler.model import Span
    from directives.compiler.scan import may_contain_directive

# Part of the name of cached bytecode: a compiler that makes other code raises it.
COMPILER_VERSION = 1

HOMES = {
    "as_error": "diagnostics",
    "compile_module": "compile",
    "may_contain_directive": "scan",
    "render_diagnostics": "diagnostics",
    "syntax_error": "diagnostics",
}

__all__ = [
    "COMPILER_VERSION",
    "Capture",
    "CompiledModule",
    "CompilerSettings",
    "Diagnostic",
    "Directive",
    "FunctionRecord",
    "Half",
    "Kind",
    "Parameter",
    "Role",
    "Span",
    "as_error",
    "compile_module",
    "may_contain_directive",
    "render_diagnostics",
    "syntax_error",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    value = getattr(import_module(f"{__name__}.{HOMES.get(name, 'model')}"), name)
    globals()[name] = value
    return value
