"""From what a program sent to the call it makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import DecodeError
from directives.errors import LimitExceeded
from directives.functions import Call
from directives.functions import Format
from directives.http.media import MEDIA
from directives.http.media import Media
from directives.http.media import mimetype
from directives.http.refusals import Refusal
from directives.wire.budget import Budget

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    from directives.http.multipart import Uploads

CALL_KEYS = frozenset({"args", "kwargs", "bound"})
CALL_PART = "call"
TEXTS = frozenset({str})
NO_CALL = (
    'the body is no call, which is an object of "args", a list, "kwargs", an object, and "bound", a text'
)
MAX_ARGUMENTS = 1000
MILLISECONDS = re.compile(r"[0-9]{1,8}", re.ASCII)


def program_call(function_id: str, media: Media, body: bytes, budget: Budget) -> Call:
    """The call that a message makes.

    Args:
        function_id: The ID of the function.
        media: The notation of the message.
        body: The message.
        budget: What it may cost.

    Raises:
        DecodeError: It is no message, or not one of the shape of a call.
        LimitExceeded: It costs more than the budget has, or has too many arguments.
    """
    allowed = budget.references
    message = media.decode(body, budget)
    return call_of(function_id, message, media.format, budget.references < allowed)


def uploaded_call(function_id: str, uploads: Uploads, budget: Budget) -> Call:
    """The call that a message with files makes: the message is the part ``call``.

    Raises:
        DecodeError: There is no message, or beside it are fields or two files of one name.
        LimitExceeded: As for ``program_call``.
        Refusal: The message is of another media type.
    """
    files = {file.name or "": file for file in uploads.files}
    if len(files) != len(uploads.files):
        raise DecodeError("two files of a call have one name")
    content_type, body = _message(uploads, files.pop(CALL_PART, None), budget.bytes)
    # A form on a foreign page can give a part any text, but not this type.
    media = MEDIA.get(mimetype(content_type))
    if media is None:
        raise Refusal("unsupported-media-type")
    return program_call(function_id, media, body, budget)._replace(files=files)


def _message(uploads: Uploads, file: FileStorage | None, limit: int) -> tuple[str | None, bytes]:
    """Type and content of the part that is the message: with a file name, as browsers send a ``Blob``, or without."""
    if file is not None and not uploads.fields:
        return file.content_type, file.stream.read(limit + 1)
    if file is None and [field.name for field in uploads.fields] == [CALL_PART]:
        return uploads.fields[0].content_type, uploads.fields[0].data
    raise DecodeError("the body is no call with files")


def call_of(function_id: str, message: Any, form: Format, references: bool = False) -> Call:
    """The call that a program's decoded message describes.

    Raises:
        DecodeError: The message does not have the shape of a call.
        LimitExceeded: It has too many arguments.
    """
    if type(message) is not dict or not CALL_KEYS.issuperset(message):
        raise DecodeError(NO_CALL)
    args, kwargs, bound = message.get("args", []), message.get("kwargs", {}), message.get("bound")
    if type(args) is not list or type(kwargs) is not dict or (bound is not None and type(bound) is not str):
        raise DecodeError(NO_CALL)
    if len(args) + len(kwargs) > MAX_ARGUMENTS:
        raise LimitExceeded("the call has too many arguments")
    if not TEXTS.issuperset(map(type, kwargs)):
        raise DecodeError(NO_CALL)
    return Call(function_id, tuple(args), kwargs, bound, references, form)


def seconds_of(timeout: str | None) -> float | None:
    """What the header with a call's timeout allows.

    Raises:
        DecodeError: It is no whole number of milliseconds.
    """
    if timeout is None:
        return None
    if not MILLISECONDS.fullmatch(timeout):
        raise DecodeError("the timeout is no number of milliseconds")
    return int(timeout) / 1000
