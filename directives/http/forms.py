"""Bodies of forms, and the URL that a form was sent to."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from urllib.parse import quote

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.forms import FormData
from directives.wire.budget import Budget

QUERY_FIELD = "_directives"
ESCAPED = re.compile("%([0-9A-Fa-f]{2})")


def named_function(query: str) -> tuple[str, str | None] | None:
    """The ID and sealed values of the function that a query string names, if it names one."""
    prefix = f"{QUERY_FIELD}="
    for part in query.split("&"):
        if part.startswith(prefix):
            function_id, _, sealed = part[len(prefix) :].partition(".")
            return function_id, sealed or None
    return None


def own_url(root: str, path: str, query: str) -> str:
    """The address of a page as a browser sees it, without what named a function."""
    rest = "&".join(part for part in query.split("&") if not part.startswith(f"{QUERY_FIELD}="))
    # Two slashes in front would name another host.
    written = "/" + quote(root + path, safe="/!$&'()*+,:;=@~", errors="surrogateescape").lstrip("/")
    return f"{written}?{rest}" if rest else written


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where a file goes: the whole body, which is bounded, is in memory already."""
    return io.BytesIO()


def _urlencoded(body: bytes) -> Iterator[tuple[str, str]]:
    for field in body.split(b"&"):
        if field:
            name, _, value = field.partition(b"=")
            yield _unescaped(name), _unescaped(value)


def _unescaped(written: bytes) -> str:
    """As ``urllib.parse.unquote_plus``, which takes up to eighty bytes of memory for one of the form."""
    if b"%" not in written:
        return written.replace(b"+", b" ").decode()
    each_byte = written.replace(b"+", b" ").decode("latin-1")
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), each_byte).encode("latin-1").decode()


def parse_form(content_type: str, body: bytes, budget: Budget) -> FormData:
    """The fields and files of a form's body, URL-encoded or multipart (RFC 7578).

    Raises:
        DecodeError: The body is no form.
        LimitExceeded: It has more bytes or parts than ``budget`` allows.
    """
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    budget.spend_bytes(len(body))
    kind, options = parse_options_header(content_type)
    try:
        if kind == "application/x-www-form-urlencoded":
            if body.count(b"&") >= budget.parts:
                raise LimitExceeded("the form has too many fields")
            return FormData(_urlencoded(body))
        parser = FormDataParser(
            _in_memory,
            silent=False,
            max_form_memory_size=len(body),
            max_form_parts=budget.parts,
        )
        _, fields, files = parser.parse(io.BytesIO(body), kind, len(body), options)
    except RequestEntityTooLarge:
        raise LimitExceeded("the form has too many or too large parts") from None
    except LimitExceeded:
        raise
    except ValueError:
        raise DecodeError("the body is not a valid form") from None
    return FormData([*fields.items(multi=True), *files.items(multi=True)])
