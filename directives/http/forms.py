"""Bodies of forms, and the URL that a form was sent to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.forms import FormData
from directives.functions.reference import KEY_MARK
from directives.functions.reference import QUERY_FIELD
from directives.functions.reference import page_query
from directives.wire.budget import Budget

if TYPE_CHECKING:
    from directives.http.multipart import Uploads

ESCAPED = re.compile("%([0-9A-Fa-f]{2})")


def named_function(query: str) -> tuple[str, str | None] | None:
    """The ID and sealed values of the function that a query string names, if it names one."""
    named = _named(query)
    if named is None:
        return None
    function_id, _, sealed = named.partition(KEY_MARK)[0].partition(".")
    return function_id, sealed or None


def form_key(query: str) -> str | None:
    """What tells a form that is sent twice from two forms, if the page gave it that."""
    return (_named(query) or "").partition(KEY_MARK)[2] or None


def _named(query: str) -> str | None:
    prefix = f"{QUERY_FIELD}="
    for part in query.split("&"):
        if part.startswith(prefix):
            return part[len(prefix) :]
    return None


def own_url(root: str, path: str, query: str) -> str:
    """The address of a page as a browser sees it, without what named a function."""
    rest = page_query(query)
    # Two slashes in front would name another host.
    written = "/" + quote(root + path, safe="/!$&'()*+,:;=@~", errors="surrogateescape").lstrip("/")
    return f"{written}?{rest}" if rest else written


def take_sealed(form: FormData, function_id: str) -> str | None:
    """What a form's hidden fields say of a function; they and those for other functions are taken out of the form.

    Raises:
        DecodeError: They say two things of it, or it is a file.
    """
    prefix = f"{QUERY_FIELD}."
    said = {name: form.poplist(name) for name in list(form) if name.startswith(prefix)}
    match said.get(prefix + function_id, []):
        case []:
            return None
        case [str() as sealed]:
            return sealed
        case _:
            raise DecodeError("a form says two things of its function")


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


def urlencoded_form(body: bytes, budget: Budget) -> FormData:
    """The fields of a URL-encoded form (URL Standard, 5.1).

    Raises:
        DecodeError: A field is not UTF-8.
        LimitExceeded: It has more bytes or fields than ``budget`` allows.
    """
    budget.spend_bytes(len(body))
    if body.count(b"&") >= budget.parts:
        raise LimitExceeded("the form has too many fields")
    try:
        return FormData(_urlencoded(body))
    except UnicodeDecodeError:
        raise DecodeError("a field of the form is not UTF-8") from None


def multipart_form(uploads: Uploads) -> FormData:
    """The fields and files of a form of several parts.

    Raises:
        DecodeError: A field is not UTF-8.
    """
    fields = [(field.name, field.text) for field in uploads.fields]
    return FormData([*fields, *((file.name or "", file) for file in uploads.files)])
