"""Client code for MicroPython: what of Python it does not have, and what is written otherwise for it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from directives.compiler.diagnostics import Report
from directives.compiler.micropython_facts import BUILTINS
from directives.compiler.micropython_facts import GENERIC
from directives.compiler.micropython_facts import INSTEAD
from directives.compiler.micropython_facts import KEYWORDS
from directives.compiler.micropython_facts import METHODS
from directives.compiler.micropython_facts import MODULES
from directives.compiler.micropython_facts import NAMES
from directives.compiler.micropython_facts import OTHER_METHODS
from directives.compiler.micropython_facts import POSITIONAL
from directives.compiler.micropython_facts import SPECIAL_METHODS
from directives.compiler.micropython_facts import UNORDERED
from directives.compiler.outline import Function
from directives.compiler.plainer import plainer
from directives.compiler.text import Placed
from directives.compiler.untyped import typing_names
from directives.compiler.untyped import without_types

FEW = 20
# Counted repeats, and groups of special kinds.
RICH = re.compile(r"\{\d|\(\?(?!:)")


def micropython_tree(tree: ast.Module) -> ast.Module:
    """A module as MicroPython takes it: no types, and what can be said more plainly said so.

    Args:
        tree: The module; it is changed.
    """
    return plainer(without_types(tree))


def check_micropython(tree: ast.Module, report: Report) -> None:
    """Report what MicroPython cannot run, each with what to write instead.

    Args:
        tree: The module; it is changed.
        report: Collects what is found.
    """
    for_types = typing_names(tree)
    own = {node.name for node in ast.walk(tree) if isinstance(node, Function)}
    modules = _module_names(tree)
    for node in ast.walk(without_types(tree)):
        for what, instead in (*_missing_syntax(node), *_missing_forms(node)):
            report.add("micropython-syntax", _place(node), what=what, instead=instead)
        for alias, what, instead in _missing_imports(node):
            report.add("micropython-import", alias, what=what, instead=instead)
        for what, instead in (*_missing_names(node, own), *_missing_attributes(node, own, modules)):
            report.add("micropython-name", _place(node), what=what, instead=instead)
        if isinstance(node, ast.Name) and node.id in for_types:
            report.add("micropython-typing", node, name=node.id)
        for loop in _unordered(node):
            report.add("micropython-dict-order", loop)


def _missing_syntax(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Match():
            yield "no `match`", "write `if` and `elif`"
        case ast.TryStar():
            yield "no `except*`", "write `except`"
        case ast.ClassDef(keywords=[_, *_]):
            yield (
                "no arguments of a class but its bases",
                "do what they are for in a function that is called afterwards",
            )
        case ast.comprehension(is_async=1):
            yield "no asynchronous comprehension", "write an `async for` loop"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() if _holds(node, ast.Await):
            yield "no `await` in a comprehension", "write a loop, or `await asyncio.gather(*…)`"
        case ast.AsyncFunctionDef() if _holds(node, (ast.Yield, ast.YieldFrom)):
            yield "no asynchronous generator", "take a function that is called with each item"
        case ast.BinOp(op=ast.MatMult()):
            yield "no `@` between values", "call a function"
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Load()) if name in GENERIC:
            yield f"no `{name}[…]` where it runs", "write it in an annotation, or under `if TYPE_CHECKING:`"
        case ast.JoinedStr(values=values) if any(map(_is_grouped, values)):
            yield "no grouping of digits, `:,`", "write a function that puts the separators in"
    if type(node).__name__ == "TemplateStr":
        yield "no t-string", "use `html(template, **values)` of `directives.browser`"


def _missing_forms(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Syntax that is there, but not for this."""
    match node:
        case ast.FunctionDef(name=name) if name in SPECIAL_METHODS:
            yield f"no `{name}`", "write a method that is called by its name"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if any(
            map(_is_odd, node.decorator_list)
        ):
            yield "no such decorator", "give it a name first"
        case ast.Subscript(slice=ast.Slice(step=ast.expr()), ctx=ast.Store() | ast.Del()):
            yield "no slice with a step that is assigned or deleted", "write a loop"
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, ast.BinOp(op=ast.BitOr())]):
            yield "no `|` between classes where it runs", "write a tuple of them"
        case ast.Call(func=ast.Name(id="iter"), args=[_, _]):
            yield "no `iter` with two arguments", "write a loop"
        case ast.FormattedValue(value=value) if any(
            isinstance(each, ast.JoinedStr) for each in ast.walk(value)
        ):
            yield "no f-string within an f-string", "give the inner one a name first"


def _is_grouped(part: ast.expr) -> bool:
    match part:
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec)), *_])):
            return "," in spec or "_" in spec
    return False


def _is_odd(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    while isinstance(called, ast.Attribute):
        called = called.value
    return not isinstance(called, ast.Name)


def _missing_imports(node: ast.AST) -> Iterator[tuple[ast.alias, str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _missing_module(alias, alias.name)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        known = NAMES.get(node.module)
        for alias in node.names:
            yield from _missing_module(alias, node.module)
            if known is not None and alias.name not in known:
                yield alias, f"{node.module}.{alias.name}", _instead_of(node.module)


def _instead_of(module: str) -> str:
    known = sorted(NAMES[module])
    few = len(known) <= FEW
    return f"of {module} it has {', '.join(known)}" if few else "write it out, or do that on the server"


def _module_names(tree: ast.Module) -> dict[str, str]:
    """The names that stand for modules in all of a module, and for nothing else in some of it."""
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in NAMES
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                names.pop(name, None)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.pop(name, None)
    return names


def _missing_attributes(node: ast.AST, own: set[str], modules: dict[str, str]) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Load()) if name in modules:
            module = modules[name]
            if attribute not in NAMES[module] and not attribute.startswith("__"):
                yield f"`{module}.{attribute}`", _instead_of(module)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name)), args=[ast.Constant(value=str(pattern)), *_]
        ) if modules.get(name) == "re" and RICH.search(pattern):
            yield (
                "`{2}` and `(?…)` of regular expressions",
                "write it out, or look at the text by other means",
            )
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if (
            method in OTHER_METHODS and method not in own
        ):
            if not (isinstance(value, ast.Name) and value.id in modules):
                kind, instead = OTHER_METHODS[method]
                yield f"the method `{method}` of {kind}", instead


def _missing_module(alias: ast.alias, module: str) -> Iterator[tuple[ast.alias, str, str]]:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names and top not in MODULES:
        yield alias, f"module {top}", INSTEAD.get(top, "do that on the server, in a server function")


def _missing_names(node: ast.AST, own: set[str]) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name in BUILTINS and name not in own:
            yield f"`{name}`", BUILTINS[name]
        case ast.Call(func=ast.Attribute(attr=method)) if method in METHODS and method not in own:
            yield f"the method `{method}` of texts", METHODS[method]
        case ast.Call(func=ast.Name(id="deque") | ast.Attribute(attr="deque"), args=[] | [_], keywords=[]):
            yield "`deque` without a length", "give it one: `deque((), 100)`"
        case ast.Call(func=ast.Attribute(attr=name), keywords=[keyword, *_]) if name in POSITIONAL - own:
            yield f"`{keyword.arg}=` of `{name}`", "give it by position"
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=keywords):
            for keyword in keywords:
                if instead := KEYWORDS.get((name, keyword.arg or "")):
                    yield f"`{keyword.arg}=` of `{name}`", instead


def _unordered(node: ast.AST) -> Iterator[ast.expr]:
    """The expression that a loop goes over, if it is a dict's ``items()`` and the like."""
    if isinstance(node, ast.For | ast.comprehension):
        match node.iter:
            case ast.Call(func=ast.Attribute(attr=method), args=[], keywords=[]) if method in UNORDERED:
                yield node.iter


def _place(node: ast.AST) -> Placed:
    return node.iter if isinstance(node, ast.comprehension) else node  # type: ignore[return-value]


def _holds(node: ast.AST, kinds: type[ast.AST] | tuple[type[ast.AST], ...]) -> bool:
    """Whether a node of a kind stands in another, those in functions within it left out."""
    pending = list(ast.iter_child_nodes(node))
    while pending:
        item = pending.pop()
        if isinstance(item, kinds):
            return True
        if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(item))
    return False
