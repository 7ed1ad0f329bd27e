"""The compiler: source text in, both halves, function records and diagnostics out. Pure."""

from __future__ import annotations

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
from directives.compiler.records import from_constant
from directives.compiler.scan import may_contain_directive

# Part of the name of cached bytecode: a compiler that makes other code raises it.
COMPILER_VERSION = 1

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
    "from_constant",
    "may_contain_directive",
    "render_diagnostics",
    "syntax_error",
]
