"""A process of a benchmark, as with the hook: turned on, and a module loaded."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from directives.compiler import Role
from directives.compiler import compile_module
from directives.runtime import runtime
from directives.settings import Settings


def turn_on() -> None:
    """Be a server, with a secret key."""
    runtime.activate(Settings(Path.cwd(), secret_keys=("a secret of this benchmark alone",)), Role.SERVER)


def hooked(source: str, name: str, settings: Settings | None = None, **given: Any) -> ModuleType:
    """A module made of source text.

    Args:
        source: The text.
        name: The module's name.
        settings: Those in force from now on; left out, they stay as they are.
        given: Other names that the module has.
    """
    compiled = compile_module(source, name, f"{name}.py")
    assert compiled.half is not None
    if settings is not None:
        runtime.activate(settings, compiled.role)
    module = sys.modules[name] = ModuleType(name)
    vars(module).update(given)
    exec(compile(compiled.half.tree, f"{name}.py", "exec"), vars(module))
    return module
