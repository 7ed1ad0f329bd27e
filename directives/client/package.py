"""The stubs of a project as a package that others install, in Python and in JavaScript: signatures and IDs, no source."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from directives.client.es_package import es_files
from directives.client.modules import is_server_module
from directives.client.typed import typed_stubs
from directives.compiler.model import CompiledModule
from directives.errors import DirectivesError
from directives.project import CLIENT_PACKAGE
from directives.project import is_client_package

if TYPE_CHECKING:
    from directives.settings import Settings

PYPROJECT = """\
{mark}
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = {name}
version = {version}
description = {description}
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["directives[client]"]

[tool.setuptools]
packages = {packages}

[tool.setuptools.package-data]
"*" = ["*.pyi", "py.typed"]
"""

README = """\
# {name}

Calls the server functions of {project}: install this package, set `DIRECTIVES_URL` to the server's
address and import them as the server does. Modules: {modules}.
"""


def write_client_package(
    folder: Path, modules: Iterable[CompiledModule], settings: Settings
) -> tuple[str, ...]:
    """Write an installable package of client stubs for Python, and the same as ES modules with their types.

    Args:
        folder: Where; made if it is missing, replaced as a whole if an earlier call wrote it.
        modules: The project's modules; those that begin with ``'use server'`` get a stub.
        settings: The project's settings.

    Returns:
        The names of the modules that have stubs.

    Raises:
        DirectivesError: No module begins with ``'use server'``, the folder holds other files, or it cannot be written;
            what was there is untouched.
    """
    modules = tuple(modules)
    stubs = {module.name: module for module in modules if is_server_module(module)}
    if not stubs:
        raise DirectivesError(
            f"no module below {settings.root} begins with 'use server': clients have nothing to call"
        )
    _check_replaceable(folder)
    name, version = _project(settings.root)
    files = _package_files(stubs, settings) | es_files(modules, f"{name}-client", version, settings.endpoint)
    try:
        _replace_folder(folder, files)
    except OSError as error:
        raise DirectivesError(f"cannot write the client package {folder}: {error.strerror}") from None
    return tuple(sorted(stubs))


def _package_files(stubs: Mapping[str, CompiledModule], settings: Settings) -> dict[str, str]:
    """Path below the package's folder to text."""
    parents = {".".join(parts[:end]) for parts in map(_parts, stubs) for end in range(1, len(parts))}
    # Type checkers read the types of packages alone, so a module at the top becomes one.
    packages = parents | {
        name for name, module in stubs.items() if "." not in name or Path(module.filename).stem == "__init__"
    }
    files = {f"{_path(name)}/__init__.py": "" for name in packages}
    files |= {f"{_parts(name)[0]}/py.typed": "" for name in packages}
    for name, module in stubs.items():
        assert module.client is not None, "a module that begins with 'use server' has a client half"
        path = f"{_path(name)}/__init__" if name in packages else _path(name)
        files |= {f"{path}.py": module.client.source, f"{path}.pyi": typed_stubs(module.client)}
    return files | _metadata(sorted(packages), sorted(stubs), settings)


def _metadata(packages: list[str], stubs: list[str], settings: Settings) -> dict[str, str]:
    project, version = _project(settings.root)
    name = f"{project}-client"
    pyproject = PYPROJECT.format(
        mark=CLIENT_PACKAGE,
        name=_toml(name),
        version=_toml(version),
        description=_toml(f"Calls the server functions of {project}"),
        packages=_toml(packages),
    )
    modules = ", ".join(f"`{stub}`" for stub in stubs)
    readme = README.format(name=name, project=project, modules=modules)
    return {"pyproject.toml": pyproject, "README.md": readme}


def _project(root: Path) -> tuple[str, str]:
    """The project's name and version; settings that were loaded from its file prove it is valid TOML."""
    file = root / "pyproject.toml"
    table = tomllib.loads(file.read_text("utf-8")).get("project", {}) if file.is_file() else {}
    name = re.sub(r"[^A-Za-z0-9]+", "-", str(table.get("name", root.name))).strip("-")
    return name or "project", str(table.get("version", "0"))


def _check_replaceable(folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not is_client_package(folder):
        raise DirectivesError(f"{folder} holds files that no build wrote: name another folder, or empty it")


def _replace_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Put ``files`` at ``folder`` in one step, so that no reader sees a part of them."""
    folder = folder.resolve()
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    old = new.with_name(f"{new.name}.old")
    try:
        for name, text in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _parts(name: str) -> list[str]:
    return name.split(".")


def _path(name: str) -> str:
    return name.replace(".", "/")


def _toml(value: object) -> str:
    """JSON texts and lists of texts are TOML as well."""
    return json.dumps(value, ensure_ascii=False)
