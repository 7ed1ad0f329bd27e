"""What a server function receives that a form calls."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.datastructures import MultiDict

__all__ = ["FormData", "Upload"]

Upload = FileStorage
"""A file that was sent with a form, as an annotation: ``photo: Upload``, ``photos: list[Upload]``."""


class FormData(MultiDict[str, Any]):
    """The fields and files of a submitted form, in the order of the form, fields before files.

    A field is a ``str``; a file is a ``werkzeug.datastructures.FileStorage``. ``form["name"]`` is the
    first value of a name, ``form.getlist("name")`` all of them.

    See React's reference page of ``'use server'``, "Server Functions in forms".
    """
