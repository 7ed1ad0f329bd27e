"""What the hook does to the text of a module, and the name under which it caches the result."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from importlib.util import source_hash
from typing import TYPE_CHECKING

from directives.compiler.model import CompilerSettings
from directives.compiler.model import Role
from directives.compiler.scan import may_contain_directive
from directives.errors import DirectivesWarning

if TYPE_CHECKING:
    from directives.compiler.model import CompiledModule

    CompileModule = Callable[[bytes | str, str, str, Role, CompilerSettings], CompiledModule]


def compile_when_needed(
    source: bytes | str, module_name: str, filename: str, role: Role, settings: CompilerSettings
) -> CompiledModule:
    """``directives.compiler.compile_module``, imported when the first file needs it."""
    from directives.compiler import compile_module

    return compile_module(source, module_name, filename, role, settings)


@dataclass(frozen=True, slots=True)
class Transform:
    """The compiler as the hook uses it.

    Attributes:
        role: Which half to load.
        settings: What the compiler has to know.
        version: The version of what the compiler makes; bytecode of another is not used.
        compile_module: The compiler.
    """

    role: Role
    settings: CompilerSettings
    version: int
    compile_module: CompileModule = compile_when_needed
    _fingerprint: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Say once what all the tags have in common."""
        parts = (
            str(self.version),
            self.role,
            str(self.settings.allow_sync_server_functions),
            self.settings.exposure,
            *sorted(self.settings.stores),
        )
        object.__setattr__(self, "_fingerprint", "\0".join(parts))

    def tag(self, *names: str) -> str:
        """What tells bytecode of this transform from any other: letters and digits.

        It covers the role and the settings that change what is compiled. ``names`` holds the
        module's name, because the IDs of its functions are made of it, and whatever else counts.
        """
        return f"directives{source_hash(chr(0).join((self._fingerprint, *names)).encode()).hex()}"

    def may_change(self, source: bytes | str) -> bool:
        """Whether a text may hold directives: a scan, no parsing."""
        return may_contain_directive(source if isinstance(source, bytes) else source.encode())

    def may_change_file(self, path: str) -> bool:
        """Whether the text of a file may hold directives; not if it cannot be read."""
        try:
            with open(path, "rb") as file:
                return self.may_change(file.read())
        except OSError:
            return False

    def compiled(self, source: bytes | str, module_name: str, filename: str) -> CompiledModule | None:
        """What the compiler makes of a source text; ``None`` if that is the text itself.

        Warnings of the compiler are given as Python gives its own: when a text is compiled.

        Raises:
            SyntaxError: Plain Python takes the text, but not what the compiler has to make of it.
        """
        if not self.may_change(source):
            return None
        try:
            compiled = self.compile_module(source, module_name, filename, self.role, self.settings)
        except SyntaxError:
            if _is_python(source, filename):
                raise
            return None  # Python's own compiler says so best
        for finding in compiled.diagnostics:
            if finding.severity == "warning":
                text = f"{finding.message} {finding.hint} [{finding.slug}]"
                warnings.warn_explicit(text, DirectivesWarning, filename, finding.span.line, module_name)
        return compiled if compiled.transformed or compiled.errors else None


def _is_python(source: bytes | str, filename: str) -> bool:
    """Whether plain Python would run the text, and ignore its directives."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
