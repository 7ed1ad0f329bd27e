"""A module of a benchmark, as the hook would load it."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from directives.compiler import compile_module
from directives.runtime import runtime
from directives.settings import Settings


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
