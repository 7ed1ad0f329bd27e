"""What pages load from the endpoint, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from directives.client.static import SCRIPTS
from directives.http.resources import Document
from directives.http.resources import Resource

if TYPE_CHECKING:
    from directives.http.messages import HttpRequest
    from directives.http.messages import HttpResponse

JAVASCRIPT = "text/javascript; charset=utf-8"


def browser_resources() -> Mapping[str, Resource]:
    """The resources of an endpoint; each one is a line."""
    return {
        **{name: Script(name) for name in SCRIPTS},
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
