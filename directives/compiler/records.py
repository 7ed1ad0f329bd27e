"""Function records: made from a function's tree and code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR
from inspect import CO_COROUTINE
from inspect import CO_GENERATOR
from types import CodeType

from directives.compiler.captures import captures_of
from directives.compiler.captures import first_line
from directives.compiler.ids import function_id
from directives.compiler.model import Directive
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Parameter
from directives.compiler.outline import Function
from directives.compiler.outline import Scope

FLAVORS = {
    CO_COROUTINE: "coroutine",
    CO_GENERATOR: "generator",
    CO_ASYNC_GENERATOR: "async generator",
}


def make_record(
    module: str, filename: str, function: Scope, node: Function, directive: Directive, code: CodeType
) -> FunctionRecord:
    """The record of one function.

    Args:
        module: The dotted name of its module.
        filename: Its source file.
        function: Where it stands.
        node: Its definition.
        directive: The directive that holds for it.
        code: What CPython compiles it to.
    """
    parameters = tuple(make_parameters(node.args))
    returns = ast.unparse(node.returns) if node.returns else None
    flavor = FLAVORS.get(code.co_flags & (CO_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR), "function")
    return FunctionRecord(
        id=function_id(module, code.co_qualname, parameters, returns),
        module=module,
        qualname=code.co_qualname,
        directive=directive.text,
        file=filename,
        line=node.lineno,
        first_line=first_line(node),
        parameters=parameters,
        returns=returns,
        captures=captures_of(function, code.co_freevars) if function.nested else (),
        nested=function.nested,
        flavor=flavor,
    )


def make_parameters(args: ast.arguments) -> Iterator[Parameter]:
    """The parameters of a function, in order."""
    plain = [*args.posonlyargs, *args.args]
    required = len(plain) - len(args.defaults)
    for index, argument in enumerate(plain):
        kind = "positional" if index < len(args.posonlyargs) else "any"
        yield make_parameter(argument, kind, index >= required)
    if args.vararg:
        yield make_parameter(args.vararg, "varargs")
    for argument, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield make_parameter(argument, "keyword", default is not None)
    if args.kwarg:
        yield make_parameter(args.kwarg, "varkw")


def make_parameter(argument: ast.arg, kind: str, optional: bool = False) -> Parameter:
    """One parameter."""
    annotation = ast.unparse(argument.annotation) if argument.annotation else None
    return Parameter(argument.arg, kind, annotation, optional)
