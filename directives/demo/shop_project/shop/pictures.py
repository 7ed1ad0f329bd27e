"""Pictures that visitors have uploaded."""

from __future__ import annotations

import hashlib
from typing import Any

from directives.errors import ExpectedError

from . import database

FOLDER = database.FILE.with_name("pictures")
BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}


class NoPicture(ExpectedError):
    """What was uploaded is none."""

    name: str

    def __str__(self) -> str:
        return f"{self.name} is no picture: choose a PNG, a JPEG or a GIF."


def keep(upload: Any) -> str:
    """Keep a picture under the name that is returned; what it is is told by its content, never by what it is called."""
    content = upload.read()
    kind = next((kind for begin, kind in BEGINNINGS.items() if content.startswith(begin)), None)
    if kind is None:
        raise NoPicture(upload.filename or "This file")
    FOLDER.mkdir(exist_ok=True)
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
    (FOLDER / name).write_bytes(content)
    return name
