"""Function records: made from a function's tree and code."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR
from inspect import CO_COROUTINE
from inspect import CO_GENERATOR
from types import CodeType

from directives.compiler.access import Access
from directives.compiler.captures import captures_of
from directives.compiler.captures import first_line
from directives.compiler.ids import function_id
from directives.compiler.model import Directive
from directives.compiler.model import FunctionRecord
from directives.compiler.model import Kind
from directives.compiler.model import Parameter
from directives.compiler.outline import Function
from directives.compiler.outline import Scope

FLAVORS = {
    CO_COROUTINE: "coroutine",
    CO_GENERATOR: "generator",
    CO_ASYNC_GENERATOR: "async generator",
}


def make_record(
    module: str,
    filename: str,
    function: Scope,
    node: Function,
    directive: Directive,
    code: CodeType,
    access: Access,
) -> FunctionRecord:
    """The record of one function.

    Args:
        module: The dotted name of its module.
        filename: Its source file.
        function: Where it stands.
        node: Its definition.
        directive: The directive that holds for it.
        code: What CPython compiles it to.
        access: Who may call it, and what is injected into it.
    """
    is_server = directive.kind is Kind.SERVER
    parameters = tuple(
        make_parameters(node.args, lambda argument: is_server and access.is_injected(argument, function))
    )
    returns = ast.unparse(node.returns) if node.returns else None
    flavor = FLAVORS.get(code.co_flags & (CO_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR), "function")
    return FunctionRecord(
        id=function_id(module, code.co_qualname, (p for p in parameters if not p.injected), returns),
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
        policy=access.policy(function) if is_server else (),
    )


def make_parameters(args: ast.arguments, is_injected: Callable[[ast.arg], bool]) -> Iterator[Parameter]:
    """The parameters of a function, in order."""

    def make(argument: ast.arg, kind: str, optional: bool = False) -> Parameter:
        annotation = ast.unparse(argument.annotation) if argument.annotation else None
        return Parameter(argument.arg, kind, annotation, optional, is_injected(argument))

    plain = [*args.posonlyargs, *args.args]
    required = len(plain) - len(args.defaults)
    for index, argument in enumerate(plain):
        yield make(argument, "positional" if index < len(args.posonlyargs) else "any", index >= required)
    if args.vararg:
        yield make(args.vararg, "varargs")
    for argument, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield make(argument, "keyword", default is not None)
    if args.kwarg:
        yield make(args.kwarg, "varkw")
