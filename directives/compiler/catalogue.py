"""Every rule a source file can break: its message and what to write instead.

The words in braces are filled in where the rule is applied. ``docs/diagnostics.md`` shows each with a
wrong and a right example.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """The text of a diagnostic.

    Attributes:
        message: What is wrong and why.
        hint: What to write instead.
        severity: ``"error"``, or ``"warning"`` for what may be meant.
    """

    message: str
    hint: str
    severity: str = "error"


RULES: dict[str, Rule] = {
    # The form of a directive.
    "misspelled-directive": Rule(
        "{text!r} is not a directive, and would silently do nothing",
        "write '{wanted}', to the letter, or reword the string if it is not meant as a directive",
    ),
    "unknown-cache-store": Rule(
        "{text!r} names a cache store that does not exist",
        "write {suggestion}; the stores are {stores}, and the setting `cache_handlers` adds more",
    ),
    "prefixed-directive": Rule(
        "an f-string, a bytes literal or a string with another prefix is never a directive",
        "write '{wanted}' without a prefix",
    ),
    "concatenated-directive": Rule(
        "a directive made of several strings is not recognized by people or tools",
        "write '{wanted}' as one string",
    ),
    "parenthesized-directive": Rule(
        "a string in parentheses is an expression, not a directive",
        "write '{wanted}' without parentheses",
    ),
    "escaped-directive": Rule(
        "a directive written with escapes is not recognized by people or tools",
        "write '{wanted}' without escapes",
    ),
    # Where it stands.
    "directive-after-code": Rule(
        "'{text}' stands after other code, where it would silently do nothing",
        "move it to the top of the {place}; only comments{above} may stand above it",
    ),
    "directive-in-block": Rule(
        "'{text}' stands under `{block}`, where it would silently do nothing",
        "move it to the top of the function or module that it is meant for; a directive has no conditions",
    ),
    "directive-in-class": Rule(
        "'{text}' stands in the body of class {name}, and a class cannot have a directive",
        "move it to the top of each method that it is meant for",
    ),
    "future-import-after-directive": Rule(
        "plain Python does not accept this `from __future__` import behind two strings",
        "write the docstring, then the `from __future__` imports, then the directive; or the directive first",
    ),
    "conflicting-directives": Rule(
        "'{text}' contradicts '{first}' in the same {place}; one has to go",
        "keep one of them, or split the {place} in two",
    ),
    "repeated-directive": Rule(
        "'{text}' stands twice in one {place}",
        "remove one of them",
    ),
    "client-in-function": Rule(
        "'use client' marks a whole module, and '{name}' is a function",
        "move it, and what belongs to the client, to the top of a module of its own",
    ),
    "directive-in-client": Rule(
        "'{text}' marks server code, and this module begins with 'use client'",
        "move '{name}' to a module that begins with '{text}', and import it from there",
    ),
    # What a server function may be.
    "sync-server-function": Rule(
        "server function '{name}' is not async, but a client's call of it crosses a network and is awaited",
        "write `async def {name}`, or set `allow_sync_server_functions`",
    ),
    "server-method": Rule(
        "method '{name}' cannot be a server function: its first argument, {first}, would have to travel",
        "make it a `@staticmethod`, or a function outside the class",
    ),
    "export-not-a-function": Rule(
        "`__all__` of a 'use server' module names '{name}', which is {what}; clients can call functions alone",
        "take it out of `__all__`, or move it to another module",
    ),
    "export-undefined": Rule(
        "`__all__` names '{name}', which this module does not define",
        "define it in this module, or take it out of `__all__`",
    ),
    "export-not-static": Rule(
        "what this `__all__` exports cannot be read from the source, but it decides what the directive holds for",
        "write `__all__` as one list of plain strings",
    ),
    "duplicate-function": Rule(
        "'{name}' is defined twice with one signature, so both would have the same ID (first on line {line})",
        "rename one of them",
    ),
    "rebound-server-function": Rule(
        "server function '{name}' is bound again here, but clients still reach it as it was defined on line {line}",
        "apply what changes it as a decorator of its definition, or choose another name",
    ),
    "reserved-name": Rule(
        "'{name}' is what compiled code calls its own; a variable of that name would break it",
        "choose another name",
    ),
    # What a nested server function may capture.
    "captured-super": Rule(
        "nested server function '{name}' uses {what}, which ties it to a class that does not travel",
        "name the class and call its function with explicit arguments",
    ),
    "captured-write": Rule(
        "nested server function '{name}' writes '{variable}' of the function around it, but it gets a copy",
        "return the new value instead of writing it",
    ),
    "local-annotation": Rule(
        "an annotation of nested server function '{name}' uses the local '{variable}', "
        "which is out of reach where arguments are validated",
        "define or import '{variable}' at the top of the module",
    ),
    "type-checking-annotation": Rule(
        "an annotation of server function '{name}' uses '{variable}', which is there for type checkers alone and missing "
        "where arguments are validated",
        "define or import '{variable}' outside of `if TYPE_CHECKING:`",
    ),
    "decorator-awaits": Rule(
        "a decorator of nested server function '{name}' awaits or yields, but is applied anew at each call",
        "compute the decorator in a statement before the function, in a variable",
    ),
    "decorator-in-class": Rule(
        "a decorator of nested server function '{name}' uses '{variable}' of the class body, "
        "which is out of reach when it is applied anew at a call",
        "define '{variable}' outside the class",
    ),
    # Who may call it.
    "undeclared-exposure": Rule(
        "anybody may call server function '{name}': it declares no policy, and `exposure` is \"declared\"",
        "write `@requires(predicate)` above it, or `@public` if it is for everybody (both of `directives.access`)",
    ),
    "injected-parameter": Rule(
        "parameter '{name}' of server function '{function}' cannot be injected: {reason}",
        "write it as a parameter that can be given by name, `*, {name}: Annotated[T, Injected(source)]`",
    ),
    # Imports across the border.
    "server-only-import": Rule(
        "'{module}' exists on the server alone, and this module begins with 'use client'",
        "call a server function that uses it",
    ),
    "client-only-import": Rule(
        "'{module}' exists in client code alone, and this module holds server code",
        "move what needs it to a module that begins with 'use client'",
    ),
    "server-code-in-client": Rule(
        "client code imports this module, but '{name}' in it is server code ('{text}')",
        "move what the client calls to a module that begins with 'use server'",
    ),
    # Components, and what runs them in the browser.
    "unknown-runtime": Rule(
        "`runtime` says on which Python this module's components run in the browser, and this is none",
        "write {known}, or choose another name for a variable",
    ),
    "reserved-property": Rule(
        "parameter '{name}' of component '{function}' can never be given: on the server `{name}=` says when it starts",
        "choose another name",
    ),
    "micropython-syntax": Rule(
        "this module's components run on MicroPython, which has {what}",
        "{instead}; or run them on Pyodide: `runtime = 'pyodide'`",
    ),
    "micropython-import": Rule(
        "this module's components run on MicroPython, which has no {what}",
        "{instead}; or run them on Pyodide: `runtime = 'pyodide'`",
    ),
    "micropython-name": Rule(
        "this module's components run on MicroPython, which does not have {what}",
        "{instead}; or run them on Pyodide: `runtime = 'pyodide'`",
    ),
    "micropython-typing": Rule(
        "'{name}' is imported for types, which are taken out for MicroPython, and used where the module runs",
        "use it in annotations alone, or under `if TYPE_CHECKING:`; or run the module on Pyodide: `runtime = 'pyodide'`",
    ),
    "micropython-dict-order": Rule(
        "MicroPython does not keep the order of a dict: this loop goes over it in any order",
        "sort it, loop over a list of keys, or use `collections.OrderedDict`",
        severity="warning",
    ),
    # What is no Python.
    "syntax-error": Rule(
        "{reason}", "mend that first; nothing can be said of the directives of the file before"
    ),
}

LINKED_RULES: dict[str, Rule] = {
    # What only several files together show.
    "server-in-bundle": Rule(
        "client code reaches '{module}', which {why}: {chain}",
        "call a server function that uses it, or move what the client needs to a module without it",
    ),
    "foreign-in-bundle": Rule(
        "client code imports '{module}', which is neither of the project nor of the browser's Python: {chain}",
        "do that on the server, in a server function; a pure Python package can be named in the setting `packages`",
    ),
}
"""Rules that the imports of client code break, not a file by itself."""


def rule_of(slug: str) -> Rule:
    """The rule of a name, of one file or of several."""
    return RULES.get(slug) or LINKED_RULES[slug]
