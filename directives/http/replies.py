"""Response values: the only place where headers are written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

from directives.http.media import Media
from directives.http.messages import HttpResponse

if TYPE_CHECKING:
    from directives.cookies import CookieChanges

# RFC 9111: a reply is for this call alone. RFC 9110, 8.3: a browser shall not guess another type.
ALWAYS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
# RFC 9110, 15.5.2: a 401 names a scheme; for those a browser knows it would ask for a password itself.
# 15.5.6: a 405 names the methods.
REQUIRED_HEADERS = {
    "sign-in-required": ("WWW-Authenticate", 'Session realm="directives"'),
    "method-not-allowed": ("Allow", "POST"),
}
TEXT = "text/plain; charset=utf-8"


def value(media: Media, body: bytes, said: Mapping[str, Any] | None = None) -> HttpResponse:
    """A reply to a program: an encoded ``{"ok": ...}`` or ``{"redirect": ...}``."""
    headers = [("Content-Type", media.type), ("Content-Length", str(len(body))), *ALWAYS]
    return HttpResponse(200, headers, body, said)


def with_cookies(reply: HttpResponse, changes: CookieChanges | None) -> HttpResponse:
    """A reply that sets what its function has set, unless it says that the function has failed."""
    if not changes or reply.status >= 500:
        return reply
    cookies = [("Set-Cookie", header) for _, header in changes.values()]
    changes.clear()
    return reply._replace(headers=[*reply.headers, *cookies])


def stream(media: Media, pieces: AsyncGenerator[bytes, None]) -> HttpResponse:
    """A reply that goes on as long as its items come."""
    return HttpResponse(200, [("Content-Type", media.stream_type), *ALWAYS], pieces)


def see_other(url: str) -> HttpResponse:
    """A reply to a form: go and get another page (RFC 9110, 15.4.4)."""
    location = ("Location", _ascii(url))
    return HttpResponse(303, [location, ("Content-Length", "0"), *ALWAYS], b"")


def error(media: Media | None, content: Mapping[str, Any], body: bytes, status: int) -> HttpResponse:
    """A reply that tells what went wrong; in words for a person if no notation is wanted."""
    kind = content["kind"]
    headers = [("Content-Type", TEXT if media is None else media.type), ("Content-Length", str(len(body)))]
    headers += [*ALWAYS, ("X-Directives-Error", kind)]
    if kind in REQUIRED_HEADERS:
        headers.append(REQUIRED_HEADERS[kind])
    return HttpResponse(status, headers, body, {"error": content})


def words(content: Mapping[str, Any]) -> bytes:
    """What went wrong, for a person."""
    lines = [content["message"]]
    lines += [f"{problem['path']}: {problem['reason']}" for problem in content.get("problems", ())]
    if "digest" in content:
        lines.append(f"The server's log has the details under {content['digest']}.")
    lines += [content[key] for key in ("detail", "traceback") if key in content]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def _ascii(url: str) -> str:
    """A URL with everything that is not ASCII percent-encoded, as a header needs it."""
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~", errors="surrogateescape")
