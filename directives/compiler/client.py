"""The client half of a 'use server' module: a stub for each public function, and nothing else of it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from collections.abc import Sequence

from directives.compiler.bindings import bindings
from directives.compiler.bindings import import_target
from directives.compiler.bindings import imports
from directives.compiler.generated import HANDLE
from directives.compiler.generated import assign
from directives.compiler.generated import call
from directives.compiler.generated import constant
from directives.compiler.model import FunctionRecord
from directives.compiler.outline import Function

STUBS = "directives.client.stubs"
# Modules whose types a client can name without learning anything of the server.
SHARED_MODULES = frozenset({
    "array", "collections.abc", "datetime", "decimal", "fractions", "ipaddress", "pathlib", "typing", "uuid", "zoneinfo",
})  # fmt: skip
GENERATORS = ("async generator", "generator")
ITERATORS = frozenset({
    "AsyncGenerator", "AsyncIterable", "AsyncIterator", "Generator", "Iterable", "Iterator",
})  # fmt: skip
BUILTIN_TYPES = frozenset(name for name in dir(builtins) if isinstance(getattr(builtins, name), type))


class StubModule:
    """Builds the stubs of one module.

    Args:
        tree: The module's own tree.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._own_names = {binding.name for binding in bindings(tree)}
        self._imports = {name: import_target(binding) for name, binding in imports(tree).items()}
        self._needed: set[str] = set()

    def build(self, functions: Iterable[tuple[Function, FunctionRecord]]) -> ast.Module:
        """The stub module for its public server functions."""
        stubs = [self.stub(node, record) for node, record in functions]
        head: list[ast.stmt] = [ast.Import([ast.alias(STUBS, HANDLE)])]
        head += [ast.Import([ast.alias(module, alias(module))]) for module in sorted(self._needed)]
        names: list[ast.expr] = [constant(name) for name in dict.fromkeys(stub.name for stub in stubs)]
        body = [*head, assign("__all__", ast.List(names, ast.Load())), *stubs]
        return ast.fix_missing_locations(ast.Module(body, []))

    def stub(self, node: Function, record: FunctionRecord) -> ast.AsyncFunctionDef:
        """An async function with the signature and docstring of ``node`` that calls it over the network."""
        docstring = ast.get_docstring(node, clean=False)
        body: list[ast.stmt] = [ast.Expr(constant(docstring))] if docstring else []
        args = sent_arguments(node.args, record)
        body += stub_body(args, record)
        return ast.AsyncFunctionDef(
            name=node.name,
            args=self.signature(args),
            body=body,
            decorator_list=[call("server_function", constant(record.id))],
            returns=self.returns(node.returns, record),
            type_params=[],  # pyright: ignore[reportCallIssue]
            # Tracebacks show the line that defines the function, not the first of the file.
            lineno=node.lineno,
            col_offset=node.col_offset,
            end_lineno=node.lineno,
            end_col_offset=node.col_offset + len(f"async def {node.name}"),
        )  # type: ignore[call-arg]

    def signature(self, args: ast.arguments) -> ast.arguments:
        """The parameters of a function; defaults stay on the server."""
        return ast.arguments(
            posonlyargs=[self.parameter(argument) for argument in args.posonlyargs],
            args=[self.parameter(argument) for argument in args.args],
            vararg=self.parameter(args.vararg) if args.vararg else None,
            kwonlyargs=[self.parameter(argument) for argument in args.kwonlyargs],
            kw_defaults=[default_mark() if default else None for default in args.kw_defaults],
            kwarg=self.parameter(args.kwarg) if args.kwarg else None,
            defaults=[default_mark() for _ in args.defaults],
        )

    def parameter(self, argument: ast.arg) -> ast.arg:
        """A parameter with the part of its annotation that clients may know."""
        return ast.arg(argument.arg, self.annotation(argument.annotation) if argument.annotation else None)

    def annotation(self, node: ast.expr) -> ast.expr:
        """An annotation in types that every client has; ``Any`` in place of what only the server knows."""
        match node:
            case ast.Constant(value=None):
                return node
            case ast.Constant(value=str(text)):
                return self._forward(text)
            case ast.Name() | ast.Attribute():
                return self._named(node)
            case ast.Subscript(value=value, slice=slice):
                return self._subscript(value, slice)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return ast.BinOp(self.annotation(left), ast.BitOr(), self.annotation(right))
        return self._known("typing", "Any")

    def returns(self, node: ast.expr | None, record: FunctionRecord) -> ast.expr | None:
        """What a call of the stub gives: a generator's items come over a network, so it gives an asynchronous one."""
        if record.flavor not in GENERATORS:
            return self.annotation(node) if node else None
        match self.annotation(node) if node else None:
            case ast.Subscript(value=ast.Attribute(attr=name), slice=given) if name in ITERATORS:
                item = given.elts[0] if isinstance(given, ast.Tuple) else given
            case _:
                item = self._known("typing", "Any")
        items = ast.Tuple([item, constant(None)], ast.Load())
        return ast.Subscript(self._known("collections.abc", "AsyncGenerator"), items, ast.Load())

    def _forward(self, text: str) -> ast.expr:
        try:
            return self.annotation(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            return self._known("typing", "Any")

    def _named(self, node: ast.Name | ast.Attribute) -> ast.expr:
        if isinstance(node, ast.Name):
            if node.id in BUILTIN_TYPES and node.id not in self._own_names:
                return ast.Name(node.id, ast.Load())
            module, name = self._imports.get(node.id) or ("", None)
        else:
            module, name = self._dotted(node.value), node.attr
        if module in SHARED_MODULES and name:
            return self._known(module, name)
        return self._known("typing", "Any")

    def _dotted(self, node: ast.expr) -> str:
        """The module that an expression names, ``datetime`` for an imported ``dt``; empty if none."""
        if isinstance(node, ast.Name):
            module, name = self._imports.get(node.id) or ("", None)
            # `import a.b` binds `a`.
            return f"{module}.{name}" if name else module.partition(".")[0]
        return f"{self._dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""

    def _subscript(self, value: ast.expr, index: ast.expr) -> ast.expr:
        origin = self.annotation(value)
        name = origin.attr if isinstance(origin, ast.Attribute) else ""
        if name in ("Any", "Unpack"):
            # What would be unpacked is a type of the server's own.
            return self._known("typing", "Any")
        if name == "Annotated" and isinstance(index, ast.Tuple):
            # Its metadata may be the server's own.
            return self.annotation(index.elts[0])
        if name == "Literal":
            # Members of the server's enums are names that a client does not have.
            return (
                ast.Subscript(origin, index, ast.Load())
                if is_literal(index)
                else self._known("typing", "Any")
            )
        return ast.Subscript(origin, self._items(index), ast.Load())

    def _items(self, index: ast.expr) -> ast.expr:
        if isinstance(index, (ast.Tuple, ast.List)):
            return type(index)([self._items(item) for item in index.elts], ast.Load())
        if isinstance(index, ast.Constant) and index.value is ...:
            return index
        return self.annotation(index)

    def _known(self, module: str, name: str) -> ast.expr:
        self._needed.add(module)
        return ast.Attribute(ast.Name(alias(module), ast.Load()), name, ast.Load())


def sent_arguments(args: ast.arguments, record: FunctionRecord) -> ast.arguments:
    """The parameters of a function without those that the server fills."""
    injected = {parameter.name for parameter in record.parameters if parameter.injected}
    if not injected:
        return args
    plain = [*args.posonlyargs, *args.args]
    defaults = [*[None] * (len(plain) - len(args.defaults)), *args.defaults]
    sent = {a.arg: default for a, default in zip(plain, defaults, strict=True) if a.arg not in injected}
    by_name = {
        a: default
        for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)
        if a.arg not in injected
    }
    return ast.arguments(
        posonlyargs=[argument for argument in args.posonlyargs if argument.arg in sent],
        args=[argument for argument in args.args if argument.arg in sent],
        vararg=args.vararg,
        kwonlyargs=list(by_name),
        kw_defaults=list(by_name.values()),
        kwarg=args.kwarg,
        defaults=[default for default in sent.values() if default],
    )


def stub_body(args: ast.arguments, record: FunctionRecord) -> Sequence[ast.stmt]:
    """The statements that send a call."""
    arguments = (
        constant(record.id),
        ast.Tuple([ast.Name(a.arg, ast.Load()) for a in args.posonlyargs], ast.Load()),
        names_to_values(args.args),
        ast.Name(args.vararg.arg, ast.Load()) if args.vararg else ast.Tuple([], ast.Load()),
        names_to_values(args.kwonlyargs, args.kwarg),
    )
    if record.flavor not in GENERATORS:
        return [ast.Return(ast.Await(call("call", *arguments)))]
    item = "__item__"
    return [
        ast.AsyncFor(
            target=ast.Name(item, ast.Store()),
            iter=call("stream", *arguments),
            body=[ast.Expr(ast.Yield(ast.Name(item, ast.Load())))],
            orelse=[],
        )
    ]


def names_to_values(parameters: Sequence[ast.arg], rest: ast.arg | None = None) -> ast.Dict:
    """A dict of parameters' names to their values."""
    keys: list[ast.expr | None] = [constant(parameter.arg) for parameter in parameters]
    values: list[ast.expr] = [ast.Name(parameter.arg, ast.Load()) for parameter in parameters]
    if rest:
        keys.append(None)
        values.append(ast.Name(rest.arg, ast.Load()))
    return ast.Dict(keys, values)


def is_literal(index: ast.expr) -> bool:
    """Whether the subscript of a ``Literal`` holds plain values alone."""
    items = index.elts if isinstance(index, ast.Tuple) else [index]
    values = (item.operand if isinstance(item, ast.UnaryOp) else item for item in items)
    return all(isinstance(value, ast.Constant) for value in values)


def default_mark() -> ast.expr:
    """What stands for a default value that only the server knows."""
    return ast.Attribute(ast.Name(HANDLE, ast.Load()), "DEFAULT", ast.Load())


def alias(module: str) -> str:
    """The private name under which a stub module imports ``module``."""
    return "_" + module.replace(".", "_")
