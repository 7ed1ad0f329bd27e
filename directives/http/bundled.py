"""What the islands of a page load from the endpoint: their script, and the files of the bundle."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

from directives.http.resources import Document

if TYPE_CHECKING:
    from directives.bundle import Bundle
    from directives.bundle import LiveBundle
    from directives.http.messages import HttpRequest
    from directives.http.messages import HttpResponse
    from directives.settings import Settings

JAVASCRIPT = "text/javascript; charset=utf-8"
PYTHON = "text/x-python; charset=utf-8"


class Bundled:
    """Answers for ``islands.js`` and ``bundle/<hash>/<path>``.

    Args:
        settings: The settings in force.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # One alone: where a proxy can be told anything, callers can make up what the application is mounted at.
        self._script: tuple[Bundle, str, Document] | None = None
        self._documents: dict[str, Document] = {}

    @cached_property
    def _live(self) -> LiveBundle:
        from directives.bundle import LiveBundle

        return LiveBundle(self._settings)

    def script(self, request: HttpRequest, rest: str) -> HttpResponse | None:
        """The script that starts islands, with what it has to know of this project at its end."""
        if rest:
            return None
        bundle = self._live.current()
        made = self._script
        if made is None or made[0] is not bundle or made[1] != request.root:
            from directives.client.static import ISLANDS
            from directives.client.static import script

            known = json.dumps(site(bundle, request.root, self._settings), separators=(",", ":"))
            text = b"%b\nstart(%b)\n" % (script(ISLANDS).encode(), known.encode())
            made = self._script = bundle, request.root, Document(JAVASCRIPT, text)
        return made[2].answer(request)

    def file(self, request: HttpRequest, rest: str) -> HttpResponse | None:
        """A file of the bundle; one of an older bundle too, while this process remembers it."""
        document = self._documents.get(rest)
        if document is None:
            part = self._live.current().parts.get(rest)
            if part is None:
                return None
            document = self._documents[rest] = Document(PYTHON, part.content, immutable=True)
        return document.answer(request)


def site(bundle: Bundle, root: str, settings: Settings) -> dict[str, Any]:
    """What a browser has to know before it can start an island."""
    from directives.bundle.runtimes import RUNTIMES

    modules = {
        entry.module: {"runtime": entry.runtime, "files": entry.files, "children": entry.children}
        for entry in bundle.entries.values()
    }
    folders = {
        name: f"{quote(root)}{settings.runtime_url}/{runtime.folder}/" for name, runtime in RUNTIMES.items()
    }
    return {"modules": modules, "runtimes": folders}
