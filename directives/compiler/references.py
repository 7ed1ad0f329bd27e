"""What a statement refers to: names of its module with the attributes behind them, imports, and what nobody can tell."""

from __future__ import annotations

import ast
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass

from directives.compiler.bindings import Binding
from directives.compiler.bindings import arguments
from directives.compiler.bindings import bindings
from directives.compiler.bindings import import_target
from directives.compiler.outline import Function

# A name and the attributes behind it, ``("db", "orders", "add")``.
Chain = tuple[str, ...]

BY_NAME = "an attribute is looked up by a name that is known at run time only"
BY_IMPORT = "a module is imported by a name that is known at run time only"
BY_TEXT = "code is run that is known at run time only"
BY_NAMESPACE = "names are looked up in a dictionary of them"
BY_DOCSTRING = "a docstring is read, and docstrings do not count"
DYNAMIC_CALLS = {
    "getattr": BY_NAME,
    "setattr": BY_NAME,
    "delattr": BY_NAME,
    "attrgetter": BY_NAME,
    "methodcaller": BY_NAME,
    "__import__": BY_IMPORT,
    "import_module": BY_IMPORT,
    "eval": BY_TEXT,
    "exec": BY_TEXT,
    "globals": BY_NAMESPACE,
    "vars": BY_NAMESPACE,
}


@dataclass(frozen=True, slots=True)
class Import:
    """What a name is imported as.

    Attributes:
        module: The module's name, with leading dots when relative.
        attribute: The name taken from it, or ``None`` for the module itself.
    """

    module: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the source alone does not tell.

    Attributes:
        line: Where.
        reason: Why not.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class References:
    """What a statement refers to.

    Attributes:
        chains: Names that may be the module's, each with the attributes that are read of it.
        replaced: Those of which an attribute is assigned.
        imports: What the statement imports into names of its own, by such a name.
        unknown: What the source does not tell.
    """

    chains: frozenset[Chain]
    replaced: frozenset[tuple[int, Chain]]
    imports: tuple[tuple[str, Import], ...]
    unknown: tuple[Unknown, ...]


def references(statement: ast.stmt, inner_globals: Collection[str] | None) -> References:
    """What a statement of a module refers to.

    Args:
        statement: The statement, a definition for example.
        inner_globals: For a definition, the names that are the module's in the scopes inside it; ``None`` if any
            name may be.
    """
    imports = tuple(_inner_imports(statement))
    names = None
    if inner_globals is not None:
        names = {*inner_globals, *_names_outside(statement), *(name for name, _ in imports)}
    chains = set[Chain]()
    replaced = set[tuple[int, Chain]]()
    unknown = []
    for node in _walk(statement):
        if isinstance(node, ast.Call):
            if reason := _dynamic(node):
                unknown.append(Unknown(node.lineno, reason))
            continue
        chain = chain_of(node)
        if chain[-1] == "__doc__":
            unknown.append(Unknown(node.lineno, BY_DOCSTRING))
        if names is None or chain[0] in names:
            chains.add(chain)
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                replaced.add((node.lineno, chain))
    return References(frozenset(chains), frozenset(replaced), imports, tuple(unknown))


def chain_of(node: ast.expr) -> Chain:
    """The name at the root of an expression like ``a.b.c`` with the attributes behind it; empty if there is none."""
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else ()


def import_of(binding: Binding) -> Import | None:
    """What a binding imports; ``None`` if it is no import."""
    target = import_target(binding)
    if target is None:
        return None
    module, attribute = target
    # `import a.b` binds `a`, and what is read of that finds `b`.
    return Import(module, attribute) if attribute else Import(module.partition(".")[0])


def changed_names(statement: ast.stmt) -> Iterator[str]:
    """The names whose values a statement may change without binding them: ``table[key] = 1``, ``setup(app)``."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Global):
            yield from node.names
    if isinstance(statement, Function | ast.ClassDef):
        return
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield from _root(node)
            case ast.Expr(value=ast.Call(func=function, args=args, keywords=keywords)):
                for touched in (function, *args, *(keyword.value for keyword in keywords)):
                    # A function that is merely called stays what it is.
                    if touched is not function or not isinstance(touched, ast.Name):
                        yield from _root(touched)


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _inner_imports(statement: ast.stmt) -> Iterator[tuple[str, Import]]:
    """The imports in the functions and classes of a statement, which bind names of theirs alone."""
    for node in ast.walk(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for binding in bindings(ast.Module([node], [])):
                if found := import_of(binding):
                    yield binding.name, found


def _names_outside(definition: ast.stmt) -> Iterator[str]:
    """The names in a definition that its module's scope evaluates, and those in annotations, wherever they stand."""
    outside: list[ast.AST] = list(getattr(definition, "decorator_list", ()))
    if isinstance(definition, ast.ClassDef):
        outside += [*definition.bases, *definition.keywords]
    elif isinstance(definition, Function):
        outside += [*definition.args.defaults, *filter(None, definition.args.kw_defaults)]
    for node in ast.walk(definition):
        outside += map(_in_quotes, _annotations(node))
    for node in outside:
        yield from (chain_of(found)[0] for found in _walk(node) if not isinstance(found, ast.Call))


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, Function):
        given = (*(argument.annotation for argument in arguments(node.args)), node.returns)
    elif isinstance(node, ast.AnnAssign):
        given = (node.annotation,)
    else:
        return
    yield from filter(None, given)


def _walk(root: ast.AST) -> Iterator[ast.Name | ast.Attribute | ast.Call]:
    """Every name that is read, with the attributes behind it if there are any, and every call."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Name, ast.Attribute)) and chain_of(node):
            if isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
                yield node
            continue
        if isinstance(node, ast.Call):
            yield node
        pending += map(_in_quotes, _annotations(node))
        pending += ast.iter_child_nodes(node)


def _in_quotes(annotation: ast.expr) -> ast.expr:
    """An annotation without the quotes around all of it."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return annotation
    return annotation


def _dynamic(call: ast.Call) -> str | None:
    """Why the source does not tell what a call does; ``None`` if it is like any other."""
    chain = chain_of(call.func)
    if not chain:
        return None
    given = call.args[1:2] if chain[-1].endswith("attr") else call.args[:1]
    written_out = bool(given) and isinstance(given[0], ast.Constant)
    return None if written_out else DYNAMIC_CALLS.get(chain[-1])
