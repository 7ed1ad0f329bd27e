"""Modules written in a test, compiled and run as the hook would."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from directives.compiler import CompilerSettings
from directives.compiler import Role
from directives.compiler import compile_module
from directives.runtime import runtime
from directives.settings import Settings

Load = Callable[..., ModuleType]


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A project of its own for each test, with one secret key."""
    before, role = runtime.settings, runtime.role
    settings = Settings(tmp_path, secret_keys=("first secret of the test's project",))
    runtime.activate(settings, Role.SERVER)
    yield settings
    runtime.activate(before, role or Role.SERVER)


@pytest.fixture
def load(settings: Settings) -> Iterator[Load]:
    """Loads the server half of a source text as a module."""
    loaded: list[str] = []

    def load(
        source: str,
        name: str = "shop_of_a_test",
        role: Role = Role.SERVER,
        settings: CompilerSettings = CompilerSettings(),  # noqa: B008 - a frozen value
    ) -> ModuleType:
        compiled = compile_module(dedent(source), name, f"{name}.py", role, settings)
        assert compiled.half is not None, compiled.diagnostics
        module = ModuleType(name)
        module.__package__ = name.rpartition(".")[0]
        sys.modules[name] = module
        loaded.append(name)
        exec(compile(compiled.half.tree, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
        return module

    yield load
    for name in loaded:
        sys.modules.pop(name, None)
        runtime.functions.forget(name)
    # Another module of the name would have counters of this one's functions beside its own.
    for cached in [each for each in runtime.caches.functions.values() if each.record.module in loaded]:
        runtime.caches.functions.pop(cached.id)
