"""What an application wraps, as far as it lets that be seen."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from inspect import signature
from typing import Any
from typing import Final

from directives.errors import SettingsError

DEEPEST: Final = 50
TWICE: Final = (
    "server functions are served twice: a DirectivesMiddleware or an extension of directives is around the application "
    "already; take one of them away"
)


def see_interface(app: Callable[..., Any], *parameters: str, other: str) -> None:
    """See that an application is called as the interface of a middleware has it.

    Args:
        app: The application.
        parameters: What it is called with.
        other: The middleware for applications of the other interface.

    Raises:
        SettingsError: It cannot be called so.
    """
    try:
        # As it is, and not what is inside of it: `Request.application` of werkzeug wraps a function of another kind.
        signature(app, follow_wrapped=False).bind(*parameters)
    except TypeError:
        raise SettingsError(
            "endpoint",
            f"{getattr(app, '__name__', type(app).__name__)} cannot be called with ({', '.join(parameters)}): if it is an "
            f"application of the other interface, wrap it in {other}",
        ) from None
    except ValueError:
        return  # not written in Python


def wrapped(app: object) -> Iterator[object]:
    """The application and those inside of it, from the outside in."""
    for _ in range(DEEPEST):
        if app is None:
            return
        yield app
        app = next(filter(callable, kept_by(app)), None)


def within(app: object) -> Iterator[object]:
    """The application, those inside of it, and those mounted in them, as Starlette's routes tell."""
    for each in wrapped(app):
        yield each
        routes = getattr(each, "routes", None)
        for route in routes if isinstance(routes, list) else ():
            yield from within(getattr(route, "app", None))


def kept_by(app: object) -> tuple[object, ...]:
    """What stands where middlewares, and frameworks' applications, keep the one inside of them; and whose a method is."""
    return (
        getattr(app, "app", None),
        getattr(app, "wsgi_app", None),
        getattr(app, "application", None),
        getattr(app, "__self__", None),
    )
