"""What an application wraps, as far as it lets that be seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

ATTRIBUTES: Final = ("app", "wsgi_app", "application")
"""Where middlewares, and frameworks' applications, keep what is inside of them."""

DEEPEST: Final = 50
TWICE: Final = (
    "server functions are served twice: a DirectivesMiddleware or an extension of directives is around the application "
    "already; take one of them away"
)


def wrapped(app: object) -> Iterator[object]:
    """The application and those inside of it, from the outside in."""
    for _ in range(DEEPEST):
        if app is None:
            return
        yield app
        inner = (getattr(app, name, None) for name in ATTRIBUTES)
        app = next((each for each in inner if callable(each)), None)
