"""The JavaScript that pages run, in modules that are sent as they are, but for their comments and most spaces."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

SCRIPTS: Final = ("client.js", "forms.js", "uploads.js")
"""The files: what calls, what enhances forms, and what sends files, each loaded when it is needed."""

SHELL: Final = "shell.js"
"""What makes an ordinary document of a page with deferred parts; no other page loads it."""

ISLANDS: Final = "islands.js"
"""What starts client components; the endpoint adds what it has to know of the project."""

# A text in quotes, or a sign with the spaces around it.
SPACED: Final = re.compile(r"""('[^']*'|"[^"]*"|`[^`]*`)| ?(=>|[=,:?{}]+|&&|\|\|) ?""")


def script(name: str) -> str:
    """A script as it is sent to browsers: without the lines that are comments, indentation, and spaces around signs.

    No text in a script spans lines, and no regular expression has quotes, so that nothing else changes.

    Args:
        name: One of ``SCRIPTS``, ``SHELL`` or ``ISLANDS``.
    """
    lines = map(str.strip, source(name).splitlines())
    kept = (line for line in lines if line and not line.startswith("//"))
    return "\n".join(SPACED.sub(lambda found: found[1] or found[2], line) for line in kept) + "\n"


def source(name: str) -> str:
    """A script as it was written.

    Args:
        name: As for ``script``.
    """
    return files(__name__).joinpath(name).read_text("utf-8")
