"""The immutable values the compiler hands to the other rooms."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast


class Role(StrEnum):
    """Which half of a program a process runs."""

    SERVER = "server"
    CLIENT = "client"


class Kind(StrEnum):
    """The three families of directives."""

    SERVER = "server"
    CLIENT = "client"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its family and, for a cache, the name of its store.

    Attributes:
        kind: The family.
        store: ``"default"``, ``"remote"``, ``"private"`` or a name from the
            setting ``cache_handlers``; ``None`` unless ``kind`` is a cache.
    """

    kind: Kind
    store: str | None = None

    @property
    def text(self) -> str:
        """The directive as a user writes it, without quotes."""
        suffix = "" if self.store in (None, "default") else f": {self.store}"
        return f"use {self.kind}{suffix}"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a source file: lines from 1, columns in characters from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a source file, as data.

    Attributes:
        slug: The stable name of the rule; an anchor of the page of diagnostics.
        message: What is wrong and why, one sentence.
        hint: What to write instead.
        file: The source file.
        span: Where.
        lines: The source lines that ``span`` covers.
        severity: ``"error"`` or ``"warning"``.
        replacement: What to put in the place of ``span``, where that is all there is to mend.
    """

    slug: str
    message: str
    hint: str
    file: str
    span: Span
    lines: tuple[str, ...] = ()
    severity: str = "error"
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        name: Its name.
        kind: ``"positional"`` (before a ``/``), ``"any"``, ``"varargs"``,
            ``"keyword"`` (after a ``*``) or ``"varkw"``.
        annotation: The annotation's source text, or ``None``.
        optional: Whether it has a default value.
        injected: Whether the server fills it at each call, and no caller can send it.
    """

    name: str
    kind: str
    annotation: str | None = None
    optional: bool = False
    injected: bool = False

    @property
    def by_position(self) -> bool:
        """Whether a call can give it by its position."""
        return self.kind in ("positional", "any")

    @property
    def by_name(self) -> bool:
        """Whether a call can give it by its name."""
        return self.kind in ("any", "keyword")


@dataclass(frozen=True, slots=True)
class Capture:
    """A variable that a nested function takes from the functions around it.

    Attributes:
        name: Its name, mangled as CPython mangles it.
        module: Where it is imported from, if its only binding is an import:
            the module's name, with leading dots when relative; else ``None``
            and its value travels.
        attribute: The name imported from that module, or ``None`` for the
            module itself.
        itself: Whether it is the function's own name, as a recursive function uses.
    """

    name: str
    module: str | None = None
    attribute: str | None = None
    itself: bool = False

    @property
    def travels(self) -> bool:
        """Whether its value goes with the function, which can otherwise be found again where the function runs."""
        return self.module is None and not self.itself


@dataclass(frozen=True, slots=True)
class FunctionRecord:
    """What is known of a function with a directive before its module runs.

    Attributes:
        id: Keyed BLAKE3 of module, qualified name and signature, 40 hex digits.
        module: The dotted name of its module.
        qualname: Its qualified name, as ``__qualname__`` has it.
        directive: The directive's text, ``"use server"``.
        file: The source file, as given to the compiler.
        line: The line of its ``def``.
        first_line: The line of its first decorator, or of its ``def``.
        parameters: Its parameters in order.
        returns: The source text of its return annotation, or ``None``.
        captures: What it captures; empty for one that no function encloses.
        nested: Whether a function encloses it.
        flavor: ``"function"``, ``"coroutine"``, ``"generator"`` or
            ``"async generator"``.
        wrapper_line: For a nested, decorated server function: the line of the generated
            lambda that applies its decorators to a rebuilt function.
        policy: The source text of its access policies, outermost first:
            ``("public",)``, ``("requires(signed_in)",)``; empty if none is declared.
    """

    id: str
    module: str
    qualname: str
    directive: str
    file: str
    line: int
    first_line: int
    parameters: tuple[Parameter, ...] = ()
    returns: str | None = None
    captures: tuple[Capture, ...] = ()
    nested: bool = False
    flavor: str = "function"
    wrapper_line: int | None = None
    policy: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """Its module and qualified name."""
        return f"{self.module}.{self.qualname}"

    @property
    def place(self) -> str:
        """Its full name, and where it stands."""
        return f"{self.full_name} ({self.file}:{self.line})"

    @property
    def sendable(self) -> tuple[Parameter, ...]:
        """The parameters that a caller can send."""
        return tuple(parameter for parameter in self.parameters if not parameter.injected)


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a module, ready for ``compile``.

    Attributes:
        tree: The tree with the positions of the user's source; do not mutate.
    """

    tree: ast.Module = field(repr=False)

    @property
    def source(self) -> str:
        """The half as source text."""
        import ast

        return ast.unparse(self.tree) + "\n"


@dataclass(frozen=True, slots=True)
class CompilerSettings:
    """What the compiler has to know of the settings.

    Attributes:
        stores: The names legal after ``use cache:``.
        allow_sync_server_functions: Whether a plain ``def`` may be a server
            function.
        exposure: ``"declared"`` if each server function has to say who may call it, else
            ``"all"``.
        runtime: What runs the components in the browser that do not say so themselves.
    """

    stores: frozenset[str] = frozenset({"default", "remote", "private"})
    allow_sync_server_functions: bool = False
    exposure: str = "all"
    runtime: str = "pyodide"


@dataclass(frozen=True, slots=True)
class CompiledModule:
    """What the compiler makes of one module.

    Attributes:
        name: The module's dotted name.
        filename: Its source file, as given.
        role: The role it was compiled for.
        directive: The directive of the module itself, if any.
        records: Its functions with directives, in source order.
        diagnostics: Everything found, in source order.
        server: The server half; ``None`` if there are errors.
        client: The client half; ``None`` if there are errors, or if the module has none
            because it holds server code that client code cannot import.
        transformed: Whether any directive was found; without one both halves are the source.
    """

    name: str
    filename: str
    role: Role
    directive: Directive | None
    records: tuple[FunctionRecord, ...]
    diagnostics: tuple[Diagnostic, ...]
    server: Half | None
    client: Half | None
    transformed: bool

    @property
    def half(self) -> Half | None:
        """The half of the role it was compiled for."""
        return self.server if self.role is Role.SERVER else self.client

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that keep the module from running."""
        return tuple(d for d in self.diagnostics if d.severity == "error")
