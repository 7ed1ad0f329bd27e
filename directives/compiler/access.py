"""What a module says in the words of ``directives.access``: who may call a function, what is injected into it.

Read from the source, by its imports: the names may be imported under others, and a decorator or an annotation may be
named by a variable of the same module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from directives.compiler.bindings import Binding
from directives.compiler.bindings import bindings
from directives.compiler.bindings import import_target
from directives.compiler.diagnostics import Report
from directives.compiler.model import FunctionRecord
from directives.compiler.outline import Function
from directives.compiler.outline import Scope
from directives.compiler.outline import ScopeNode
from directives.compiler.outline import statements
from directives.compiler.text import SourceText

PUBLIC = "directives.access.public"
REQUIRES = "directives.access.requires"
INJECTED = "directives.access.Injected"
ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
# Variables that are named by variables; more are nobody's style, and a circle has an end.
MOST_STEPS = 8


class Access:
    """Reads the policies and injected parameters of one module's functions."""

    def __init__(self) -> None:
        self._names: dict[int, Names] = {}

    def policy(self, function: Scope) -> tuple[str, ...]:
        """The source text of a function's policies, outermost first: ``("requires(signed_in)",)``."""
        decorators = getattr(function.node, "decorator_list", ())
        return tuple(text for decorator in decorators if (text := self._policy(decorator, function)))

    def _policy(self, decorator: ast.expr, function: Scope) -> str | None:
        decorator = self._value(decorator, function)
        if isinstance(decorator, ast.Call):
            written = ", ".join(map(ast.unparse, [*decorator.args, *map(_value_of, decorator.keywords)]))
            return f"requires({written})" if self._means(decorator.func, REQUIRES, function) else None
        if self._means(decorator, REQUIRES, function):
            return "requires"
        return "public" if self._means(decorator, PUBLIC, function) else None

    def is_injected(self, argument: ast.arg, function: Scope) -> bool:
        """Whether a parameter is filled by the server and never sent."""
        return argument.annotation is not None and self._marks(argument.annotation, function)

    def _marks(self, annotation: ast.expr, function: Scope) -> bool:
        annotation = self._value(annotation, function)
        if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.slice, ast.Tuple):
            return False
        if not any(self._means(annotation.value, name, function) for name in ANNOTATED):
            return False
        inner, *metadata = annotation.slice.elts
        return any(self._is_source(item, function) for item in metadata) or self._marks(inner, function)

    def _is_source(self, item: ast.expr, function: Scope) -> bool:
        item = self._value(item, function)
        return isinstance(item, ast.Call) and self._means(item.func, INJECTED, function)

    def mentions_injected(self, annotation: ast.expr, function: Scope) -> bool:
        """Whether ``Injected`` stands anywhere in an annotation."""
        return any(
            isinstance(node, (ast.Name, ast.Attribute)) and self._means(node, INJECTED, function)
            for node in ast.walk(self._value(annotation, function))
        )

    def _value(self, node: ast.expr, function: Scope) -> ast.expr:
        """The expression that a variable stands for, or a text in quotes; else ``node`` itself."""
        for _ in range(MOST_STEPS):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = parsed(node.value)
            elif isinstance(node, ast.Name):
                scope = self._binding_scope(node.id, function)
                found = scope.values.get(node.id) if scope else None
            else:
                return node
            if found is None:
                return node
            node = found
        return node

    def _means(self, node: ast.expr, name: str, function: Scope) -> bool:
        """Whether an expression is a way of writing what ``name`` names."""
        if isinstance(node, ast.Name):
            scope = self._binding_scope(node.id, function)
            return scope is not None and name in scope.imported[node.id]
        if isinstance(node, ast.Attribute):
            owner, _, attribute = name.rpartition(".")
            return node.attr == attribute and bool(owner) and self._means(node.value, owner, function)
        return False

    def _binding_scope(self, name: str, function: Scope) -> Names | None:
        """The innermost scope that binds a name for the decorators and annotations of a function."""
        for scope in function.around():
            if isinstance(scope.node, ast.ClassDef) and scope is not function.parent:
                continue
            names = self._names.get(id(scope.node))
            if names is None:
                names = self._names[id(scope.node)] = Names(scope.node)
            if name in names.imported:
                return names
        return None


class Names:
    """The names that one scope binds.

    Args:
        scope: The scope.

    Attributes:
        imported: Each name with everything that imports bind it to; nothing for one that none binds.
        values: What each variable that is assigned once stands for.
    """

    def __init__(self, scope: ScopeNode) -> None:
        self.imported: dict[str, set[str]] = {}
        for binding in bindings(scope):
            targets = self.imported.setdefault(binding.name, set())
            if target := imported_name(binding):
                targets.add(target)
        assigned = [pair for _, statement in statements(scope.body) for pair in assignments(statement)]
        names = [name for name, _ in assigned]
        self.values = {name: value for name, value in assigned if names.count(name) == 1}


def imported_name(binding: Binding) -> str | None:
    """The full name of what an import binds; ``import a.b`` binds ``a``."""
    target = import_target(binding)
    if target is None:
        return None
    module, attribute = target
    if attribute is not None:
        return f"{module}.{attribute}"
    return module if getattr(binding.node, "asname", None) else module.partition(".")[0]


def assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The variables that a statement assigns, each with its value."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value


def parsed(text: str) -> ast.expr | None:
    """An annotation written as a text."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def check_access(
    function: Scope, record: FunctionRecord, access: Access, source: SourceText, report: Report, exposure: str
) -> None:
    """Report a server function that everybody may call though nobody said so, and what cannot be injected."""
    if not isinstance(function.node, Function):
        return
    if exposure == "declared" and not record.policy:
        report.add("undeclared-exposure", source.name_span(function.node), name=function.name)
    args = function.node.args
    for argument, reason in misplaced_injections(args, access, function):
        report.add("injected-parameter", argument, name=argument.arg, function=function.name, reason=reason)


def misplaced_injections(
    args: ast.arguments, access: Access, function: Scope
) -> Iterator[tuple[ast.arg, str]]:
    """The parameters that cannot be injected as they are written, each with the reason."""
    by_position = [(argument, "it is positional-only") for argument in args.posonlyargs]
    by_name = [(argument, "") for argument in (*args.args, *args.kwonlyargs)]
    many = [(rest, "it takes any number of values") for rest in (args.vararg, args.kwarg) if rest]
    for argument, reason in (*by_position, *by_name, *many):
        if argument.annotation is None or not access.mentions_injected(argument.annotation, function):
            continue
        if not access.is_injected(argument, function):
            yield argument, "`Injected(...)` is not directly in its `Annotated`"
        elif reason:
            yield argument, reason


def _value_of(keyword: ast.keyword) -> ast.expr:
    return keyword.value
