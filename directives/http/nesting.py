"""What an application wraps, as far as it lets that be seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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
        app = next(filter(callable, kept_by(app)), None)


def kept_by(app: object) -> tuple[object, ...]:
    """What stands where middlewares, and frameworks' applications, keep the one inside of them."""
    return getattr(app, "app", None), getattr(app, "wsgi_app", None), getattr(app, "application", None)
