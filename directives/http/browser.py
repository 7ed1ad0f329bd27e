"""What pages load from the endpoint, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from directives.client.static import ISLANDS
from directives.client.static import SCRIPTS
from directives.client.static import SHELL
from directives.http.bundled import Bundled
from directives.http.events import Events
from directives.http.resources import Document
from directives.http.resources import Resource

if TYPE_CHECKING:
    from directives.compiler.model import FunctionRecord
    from directives.http.messages import HttpRequest
    from directives.http.messages import HttpResponse
    from directives.runtime import Runtime

JAVASCRIPT = "text/javascript; charset=utf-8"


def browser_resources(runtime: Runtime) -> Mapping[str, Resource]:
    """The resources of a runtime's endpoint; each one is a line.

    Args:
        runtime: Whose functions the modules call.
    """
    bundled = Bundled(runtime.settings)
    return {
        **{name: Script(name) for name in (*SCRIPTS, SHELL)},
        "bundle": bundled.file,
        ISLANDS: bundled.script,
        "modules": Modules(runtime),
        "events": Events(runtime),
    }


class Script:
    """A script that comes with this package, read when it is asked for.

    Args:
        name: The name of its file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._document: Document | None = None

    def __call__(self, request: HttpRequest, rest: str) -> HttpResponse | None:
        """Answer a GET."""
        if rest:
            return None
        document = self._document
        if document is None:
            from directives.client.static import script

            document = self._document = Document(JAVASCRIPT, script(self._name).encode())
        return document.answer(request)


class Modules:
    """An ES module for each module that begins with ``'use server'``, made when it is first asked for.

    A path is looked up among the modules that are on record, exactly; nothing is imported.

    Args:
        runtime: Whose functions they call.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._made: dict[str, Document | None] = {}

    def __call__(self, request: HttpRequest, rest: str) -> HttpResponse | None:
        """Answer a GET."""
        if rest not in self._made:
            record = self._on_record().get(rest)
            if record is None:
                return None
            self._made[rest] = self._make(record, rest)
        document = self._made[rest]
        return document.answer(request) if document is not None else None

    def _on_record(self) -> Mapping[str, FunctionRecord]:
        """A function of each module that has any, by the path of its ES module."""
        from directives.client.modules import path_of

        runtime = self._runtime
        records = {**runtime.manifest_records(), **runtime.functions.records()}
        return {path_of(record.module): record for record in records.values()}

    def _make(self, record: FunctionRecord, path: str) -> Document | None:
        from directives.client.modules import is_server_module
        from directives.client.modules import module_source
        from directives.manifest.sources import compile_source
        from directives.manifest.sources import read_source

        settings = self._runtime.settings
        source = read_source(record.module, settings.root / record.file, settings)
        module = compile_source(source, settings)
        if not is_server_module(module):
            return None
        client = f"{'../' * (path.count('/') + 1)}client.js"
        return Document(JAVASCRIPT, module_source(module, client).encode())
