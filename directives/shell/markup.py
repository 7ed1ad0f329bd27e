"""A page with deferred parts as HTML: the page itself is the shadow tree of its body, the parts are slotted into it.

So what comes later in the response has its place in what came before, and no script has to put it there: see the HTML
Standard, "The template element", ``shadowrootmode``, and "The slot element".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from typing import Protocol
from typing import TypeVar

from directives.errors import DeferredError
from directives.request import CurrentRequest
from directives.settings import Settings

# What a tag may hold, quoted or not; and what looks like one but is text.
ATTRIBUTES: Final = rb"(?:\s(?:[^>\"']|\"[^\"]*\"|'[^']*')*)?"
PIECES: Final = re.compile(
    rb"<!--.*?-->|<(script|title|textarea|template|noscript)\b.*?</\1\s*>"
    rb"|(?P<style><style\b.*?</style\s*>)"
    rb"|(?P<link><link" + ATTRIBUTES + rb">)"
    rb"|(?P<head><head" + ATTRIBUTES + rb">)"
    rb"|(?P<body><body" + ATTRIBUTES + rb">)",
    re.IGNORECASE | re.DOTALL,
)
STYLESHEET: Final = re.compile(rb"\srel\s*=\s*[\"']?\s*stylesheet\b", re.IGNORECASE)
FILLED: Final = re.compile(rb'<directives-part slot="([\w-]+)">(.*)</directives-part>', re.DOTALL)
END: Final = re.compile(rb"</body\s*>(?:\s|<!--.*?-->)*(?:</html\s*>\s*)?\Z", re.IGNORECASE | re.DOTALL)
DROPPED: Final = frozenset({"content-length", "etag", "last-modified"})
DEFERRED: Final = ("Cache-Control", "private, no-cache")
PRIVATE: Final = frozenset({"private", "no-store"})
OPEN: Final = b'<template shadowrootmode="open">'
CLOSE: Final = b"</template>"


class HasSlot(Protocol):
    """A deferred part."""

    @property
    def slot(self) -> str:
        """The name of its place in the page."""
        ...


P = TypeVar("P", bound=HasSlot)


def split(page: bytes, script: str) -> tuple[bytes, bytes]:
    """A page in two: what is sent at once, and what follows its deferred parts.

    The style sheets of the document are named again within the shadow tree, which has none of the document's.

    Args:
        page: The page.
        script: The address of the script that makes an ordinary document of it, once all of it is there.

    Raises:
        DeferredError: It has no ``<body>``.
    """
    styles: list[bytes] = []
    head = 0
    for piece in PIECES.finditer(page):
        if piece["body"] is not None:
            break
        if piece["head"] is not None:
            head = piece.end()
        elif piece["style"] is not None or (piece["link"] is not None and STYLESHEET.search(piece["link"])):
            styles.append(piece[0])
    else:
        raise DeferredError(
            "a page with deferred parts needs its <body> to be written in it: what is deferred is streamed to its end"
        )
    start = piece.end()
    end = END.search(page, start)
    stop = len(page) if end is None else end.start()
    loaded = b'<script type="module" src="%s"></script>' % script.encode() if head else b""
    shown = [page[:head], loaded, page[head:start], OPEN, *styles, page[start:stop], CLOSE]
    return b"".join(shown), page[stop:]


def placed(parts: Iterable[P], page: bytes) -> tuple[P, ...]:
    """Those of some parts that have a place in a page: a view may throw away what it has made."""
    return tuple(part for part in parts if b'<slot name="%s">' % part.slot.encode() in page)


def is_html(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a response is a page."""
    return any(
        name.lower() == "content-type" and value.lower().startswith("text/html") for name, value in headers
    )


def headers_of(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of a page whose parts are still to come: they are this visitor's, and of no length yet."""
    kept = [(name, value) for name, value in headers if name.lower() not in DROPPED]
    if any(name.lower() == "cache-control" and PRIVATE & set(value.split(", ")) for name, value in kept):
        return kept
    return [*(pair for pair in kept if pair[0].lower() != "cache-control"), DEFERRED]


def script_of(settings: Settings) -> str:
    """The address of the script that makes an ordinary document of a page."""
    return f"{settings.endpoint}/shell.js"


def filled(slot: str, markup: str) -> bytes:
    """What puts markup into its place."""
    return f'<directives-part slot="{slot}">{markup}</directives-part>'.encode("utf-8", "replace")


def is_fetched(request: CurrentRequest) -> bool:
    """Whether a script has asked for a page (Fetch Metadata): what it parses has no shadow trees, and nothing is shown."""
    return request.headers.get("sec-fetch-dest") == "empty"


def in_place(page: bytes, contents: Iterable[bytes]) -> bytes:
    """A page with its deferred parts where they belong, for who takes it as a whole.

    Args:
        page: The page.
        contents: What ``filled`` and ``unfilled`` gave for its parts.
    """
    for content in contents:
        part = FILLED.fullmatch(content)
        if part is None:
            page += content
        else:
            slot = re.compile(b'<slot name="%s">.*?</slot>' % part[1], re.DOTALL)
            page = slot.sub(part[2].replace(b"\\", b"\\\\"), page, 1)
    return page


def unfilled(slot: str, digest: str) -> bytes:
    """What says in the source of a page that its fallback stays, and where the log tells why."""
    return f"<!-- {slot} failed: {digest} -->".encode()
