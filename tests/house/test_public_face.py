from __future__ import annotations

import doctest
import importlib
import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PUBLIC = (
    "directives",
    "directives.access",
    "directives.asgi",
    "directives.cache",
    "directives.cli",
    "directives.client",
    "directives.compiler",
    "directives.deadlines",
    "directives.errors",
    "directives.forms",
    "directives.functions",
    "directives.hook",
    "directives.http",
    "directives.integrations.django",
    "directives.integrations.flask",
    "directives.integrations.ipython",
    "directives.integrations.pytest",
    "directives.integrations.starlette",
    "directives.manifest",
    "directives.project",
    "directives.request",
    "directives.runtime",
    "directives.settings",
    "directives.taint",
    "directives.testing",
    "directives.wsgi",
)


def public_objects(module: ModuleType) -> dict[str, object]:
    """The classes and functions that a module offers under public names, methods included."""
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    offered = {f"{module.__name__}.{name}": getattr(module, name) for name in names}
    own = {
        name: value
        for name, value in offered.items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith("directives")
    }
    methods = {
        f"{name}.{attribute}": method
        for name, value in own.items()
        if inspect.isclass(value)
        for attribute, method in vars(value).items()
        if inspect.isfunction(method) and not attribute.startswith("_")
    }
    return own | methods


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name: str):
    """``help()`` says something about the module and about each public class, function and method."""
    module = importlib.import_module(name)
    assert module.__doc__
    assert [path for path, value in public_objects(module).items() if not inspect.getdoc(value)] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_public_modules_say_what_they_offer(name: str):
    """``__all__``, where there is one, names each thing once and nothing that is not there."""
    module = importlib.import_module(name)
    names = list(getattr(module, "__all__", ()))
    assert len(names) == len(set(names))
    assert [each for each in names if not hasattr(module, each)] == []


def test_examples_in_docstrings_are_true():
    """Each ``>>>`` example in the package gives what it shows."""
    package = ROOT / "directives"
    for file in sorted(package.rglob("*.py")):
        # Importing what has none would take every framework that there is an adapter for.
        if ">>> " in file.read_text(encoding="utf-8"):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            assert doctest.testmod(importlib.import_module(name)).failed == 0, name


def test_version_is_the_same_everywhere():
    """The installed package, the project file and the newest entry of the changelog agree."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = next(
        line for line in changelog.splitlines() if line.startswith("## [") and "Unreleased" not in line
    )
    assert version("directives") == declared
    assert newest.startswith(f"## [{declared}] - ")
