"""Golden fixtures: a folder with ``input.py``, what it compiles to, and the settings it needs, if any.

``server.py`` and ``client.py`` are the halves; ``errors.txt`` holds the diagnostics instead of them.
``settings.toml`` may name the ``role``, the ``stores``, ``allow_sync_server_functions``, the ``exposure`` and the oldest
``python`` that accepts the input.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from directives.compiler import CompiledModule
from directives.compiler import CompilerSettings
from directives.compiler import Role
from directives.compiler import compile_module
from directives.compiler import render_diagnostics
from directives.compiler import syntax_error

FOLDER = Path(__file__).parent / "fixtures"
OUTPUTS = ("server.py", "client.py", "errors.txt")
MODULE = "shop.actions"
FILENAME = "shop/actions.py"


@dataclass(frozen=True)
class Fixture:
    """One fixture folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def source(self) -> bytes:
        return (self.folder / "input.py").read_bytes()

    @cached_property
    def options(self) -> dict[str, Any]:
        file = self.folder / "settings.toml"
        return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}

    @property
    def python(self) -> tuple[int, ...]:
        """The oldest Python that accepts the input."""
        return tuple(map(int, self.options.get("python", "3.11").split(".")))

    def compile(self) -> CompiledModule:
        defaults = CompilerSettings()
        settings = CompilerSettings(
            stores=frozenset(self.options.get("stores", defaults.stores)),
            allow_sync_server_functions=self.options.get("allow_sync_server_functions", False),
            exposure=self.options.get("exposure", defaults.exposure),
        )
        role = Role(self.options.get("role", "server"))
        return compile_module(self.source, MODULE, FILENAME, role, settings)

    def recorded(self) -> dict[str, str]:
        """The golden files as they stand."""
        paths = ((name, self.folder / name) for name in OUTPUTS)
        return {name: path.read_text("utf-8") for name, path in paths if path.exists()}

    def produced(self) -> dict[str, str]:
        """The golden files as the compiler makes them now."""
        try:
            module = self.compile()
        except SyntaxError as error:
            return {"errors.txt": render_diagnostics([syntax_error(error, FILENAME)]) + "\n"}
        if module.diagnostics:
            return {"errors.txt": render_diagnostics(module.diagnostics) + "\n"}
        halves = {"server.py": module.server, "client.py": module.client}
        return {name: half.source for name, half in halves.items() if half}

    def refresh(self) -> bool:
        """Write the golden files; true if that changed any."""
        before, after = self.recorded(), self.produced()
        for name in OUTPUTS:
            if name in after:
                (self.folder / name).write_text(after[name], "utf-8", newline="\n")
            else:
                (self.folder / name).unlink(missing_ok=True)
        return before != after


def fixtures() -> list[Fixture]:
    """Every fixture that this Python can parse."""
    found = (Fixture(folder) for folder in sorted(FOLDER.iterdir()) if folder.is_dir())
    return [fixture for fixture in found if fixture.python <= sys.version_info]
