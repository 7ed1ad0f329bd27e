"""Client code for MicroPython: what of Python it does not have, and what is written otherwise for it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from collections.abc import Mapping

from directives.compiler.diagnostics import Report
from directives.compiler.outline import Function
from directives.compiler.plainer import plainer
from directives.compiler.text import Placed
from directives.compiler.untyped import typing_names
from directives.compiler.untyped import without_types

# What MicroPython 1.27 has for the browser; tests ask it.
MODULES = frozenset({
    "abc", "array", "asyncio", "base64", "binascii", "builtins", "cmath", "collections", "copy", "datetime", "errno",
    "fnmatch", "functools", "gc", "hashlib", "heapq", "hmac", "html", "inspect", "io", "itertools", "json", "locale",
    "logging", "math", "operator", "os", "pathlib", "platform", "random", "re", "stat", "string", "struct", "sys",
    "time", "types", "zlib",
})  # fmt: skip
NAMES: Mapping[str, frozenset[str]] = {
    "asyncio": frozenset({
        "CancelledError", "Event", "Lock", "TimeoutError", "create_task", "current_task", "gather", "get_event_loop",
        "sleep", "wait_for",
    }),
    "collections": frozenset({"OrderedDict", "defaultdict", "deque", "namedtuple"}),
    "functools": frozenset({"partial", "reduce", "update_wrapper", "wraps"}),
    "itertools": frozenset({"accumulate", "chain", "count", "cycle", "islice", "repeat", "starmap", "tee"}),
    "operator": frozenset({"attrgetter", "eq", "floordiv", "ge", "gt", "le", "lt", "mod", "ne", "truediv"}),
    "re": frozenset({"compile", "match", "search", "sub"}),
}  # fmt: skip
INSTEAD = {
    "contextlib": "write a class with `__enter__` and `__exit__`",
    "dataclasses": "write a class with `__init__`, or a `namedtuple`",
    "decimal": "count in the smallest unit as an int, or format numbers on the server",
    "enum": "use constants",
}
BUILTINS = {
    "anext": "call `__anext__()`",
    "ascii": "use `repr`",
    "breakpoint": "use `print`",
    "format": "use an f-string",
    "vars": "use `dir` and `getattr`",
    **dict.fromkeys(("ConnectionError", "PermissionError", "TimeoutError"), "use `OSError`"),
    "RecursionError": "use `RuntimeError`",
    "ExceptionGroup": "raise one error",
}
METHODS = {
    "capitalize": "slice the text and use `upper`",
    "casefold": "use `lower`",
    "expandtabs": "use `replace`",
    "format_map": "use `format(**values)`",
    "isidentifier": "look at its characters",
    "ljust": "use an f-string, `{text:<8}`",
    "removeprefix": "use `startswith` and a slice",
    "removesuffix": "use `endswith` and a slice",
    "rjust": "use an f-string, `{text:>8}`",
    "swapcase": "use `lower` and `upper`",
    "title": "split the text and use `upper`",
    "zfill": "use an f-string, `{number:03d}`",
}
KEYWORDS = {("sum", "start"), ("zip", "strict")}
GENERIC = frozenset({"dict", "frozenset", "list", "set", "tuple", "type"})
UNORDERED = frozenset({"items", "keys", "values"})


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
    for node in ast.walk(without_types(tree)):
        for what, instead in _missing_syntax(node):
            report.add("micropython-syntax", _place(node), what=what, instead=instead)
        for alias, what, instead in _missing_imports(node):
            report.add("micropython-import", alias, what=what, instead=instead)
        for what, instead in _missing_names(node, own):
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


def _is_grouped(part: ast.expr) -> bool:
    match part:
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec)), *_])):
            return "," in spec or "_" in spec
    return False


def _missing_imports(node: ast.AST) -> Iterator[tuple[ast.alias, str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _missing_module(alias, alias.name)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        known = NAMES.get(node.module)
        for alias in node.names:
            yield from _missing_module(alias, node.module)
            if known is not None and alias.name not in known:
                yield (
                    alias,
                    f"{node.module}.{alias.name}",
                    f"of {node.module} it has {', '.join(sorted(known))}",
                )


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
        case ast.Call(func=ast.Name(id=name), keywords=keywords):
            for keyword in keywords:
                if (name, keyword.arg) in KEYWORDS:
                    yield f"`{keyword.arg}=` of `{name}`", "write it without"


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
