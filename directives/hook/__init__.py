"""The import hook: finds the project's modules, transforms them as they load, and caches the result."""

from __future__ import annotations

from directives.hook.activation import enable
from directives.hook.main import run_module
from directives.hook.main import run_script

__all__ = ["enable", "run_module", "run_script"]
