"""The ES modules of a project as a package of npm's, with types: what ``directives build --client`` writes for JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Final

from directives.client.declarations import Declarations
from directives.client.modules import is_server_module
from directives.client.modules import module_source
from directives.client.modules import path_of
from directives.client.shapes import Shapes
from directives.client.static import SCRIPTS
from directives.client.static import source
from directives.compiler.model import CompiledModule

RUNTIME: Final = "_directives"
# The same client as pages have, told where the server is: here it did not come from it.
CLIENT: Final = """\
import {{ configure }} from "./runtime.js"

configure({{ endpoint: {endpoint} }})

export * from "./runtime.js"
"""


def es_files(modules: Iterable[CompiledModule], name: str, version: str, endpoint: str) -> dict[str, str]:
    """The files of the package: path to text.

    Args:
        modules: All modules of the project, those without server functions for the classes in annotations.
        name: The name of the package.
        version: The version of the project.
        endpoint: The path of the endpoint.
    """
    modules = tuple(modules)
    return {
        "package.json": _metadata(name, version),
        **dict(_runtime(endpoint)),
        **dict(_modules(modules)),
    }


def _metadata(name: str, version: str) -> str:
    described = {
        "name": name.lower(),
        "version": semantic(version),
        "description": "Calls server functions; written by `directives build --client`.",
        "private": True,
        "type": "module",
        "sideEffects": [f"./{RUNTIME}/*.js"],
    }
    return json.dumps(described, indent=2) + "\n"


def semantic(version: str) -> str:
    """A version as npm writes it, of one as Python does: ``1.2.dev3`` is ``1.2.0-dev3``."""
    release = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [str(int(number)) for number in release[0].split(".")][:3] if release else []
    rest = re.sub(r"[^0-9A-Za-z-]+", "", version[release.end() :]) if release else ""
    return ".".join([*numbers, "0", "0", "0"][:3]) + (f"-{rest}" if rest else "")


def _runtime(endpoint: str) -> Iterator[tuple[str, str]]:
    for script in SCRIPTS:
        yield f"{RUNTIME}/{'runtime.js' if script == 'client.js' else script}", source(script)
    yield f"{RUNTIME}/client.js", CLIENT.format(endpoint=json.dumps(endpoint))
    yield f"{RUNTIME}/client.d.ts", source("client.d.ts")


def _modules(modules: tuple[CompiledModule, ...]) -> Iterator[tuple[str, str]]:
    shapes = Shapes(modules)
    for module in filter(is_server_module, modules):
        path = path_of(module.name)
        client = f"{'../' * path.count('/') or './'}{RUNTIME}/client.js"
        yield path, module_source(module, client)
        yield f"{path.removesuffix('.js')}.d.ts", Declarations(module, shapes, client).text()
