"""System checks: what ``directives check`` finds, and what is wrong with how the project is set up.

See Django's "System check framework".
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from typing import Final

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.urls import Resolver404
from django.urls import resolve
from django.utils.module_loading import import_string

MIDDLEWARE: Final = "directives.integrations.django.middleware.DirectivesMiddleware"
APPLICATION: Final = "directives.integrations.django"
MISSING: Final = f"MIDDLEWARE lacks {MIDDLEWARE!r}: add it as the last one"
URLS: Final = "'endpoint' of directives.integrations.django.urls"
ROOT: Final = "/"


def misplaced() -> str | None:
    """What is wrong with the middleware's place in ``MIDDLEWARE``, and what to do about it."""
    if not apps.is_installed(APPLICATION):
        return f"INSTALLED_APPS lacks {APPLICATION!r}: add it as the first one"
    names = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in names:
        return MISSING
    if names.count(MIDDLEWARE) > 1:
        return f"MIDDLEWARE has {MIDDLEWARE!r} twice: remove the first"
    for name in names[names.index(MIDDLEWARE) + 1 :]:
        try:
            middleware = import_string(name)
        except ImportError as error:
            return f"MIDDLEWARE names {name}, which cannot be imported: {error}"
        if hasattr(middleware, "process_view"):
            return (
                f"{name} looks at a request before its view is called, and forms are answered before that: in MIDDLEWARE, "
                f"move {MIDDLEWARE!r} behind it"
            )
    return None


def misrouted() -> str | None:
    """Why calls of programs do not reach the endpoint, and what to do about it."""
    from directives.integrations.django.urls import called
    from directives.runtime import runtime

    endpoint = runtime.settings.endpoint
    try:
        view = resolve(f"{endpoint}/0").func
    except Resolver404:
        return f"no URL leads to the endpoint {endpoint}: add {URLS} to the urlpatterns of {settings.ROOT_URLCONF}"
    if view is called:
        return None
    name = f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"
    return (
        f"{name} answers at the endpoint {endpoint}: in {settings.ROOT_URLCONF}, put {URLS} before its URL, or set "
        "another endpoint"
    )


def wrapped_twice() -> str | None:
    """Whether calls are answered outside of Django too, where there are no sessions, and no transactions."""
    from directives import asgi
    from directives import wsgi

    # The second is no setting of Django's own: Channels and Daphne know it.
    named = settings.WSGI_APPLICATION, getattr(settings, "ASGI_APPLICATION", None)
    for name, (room, kind) in zip(
        named, (("wsgi", wsgi.Pages), ("asgi", asgi.DirectivesMiddleware)), strict=True
    ):
        if name is not None and isinstance(made(name), kind):
            return f"server functions are served twice: remove directives.{room}.DirectivesMiddleware from {name}"
    return None


def made(name: str) -> object:
    """The application of a dotted name, if it can be made."""
    with suppress(Exception):  # whatever it raises, Django says so where it matters
        return import_string(name)
    return None


def check_setup(app_configs: Sequence[Any] | None, **options: Any) -> list[checks.CheckMessage]:
    """What is wrong with the middleware, the URLs and the application, one line each."""
    found = {"middleware": misplaced(), "urls": misrouted(), "twice": wrapped_twice()}
    return [
        checks.Error(problem, id=f"directives.{name}")
        for name, problem in found.items()
        if problem is not None
    ]


def check_sources(app_configs: Sequence[Any] | None, **options: Any) -> list[checks.CheckMessage]:
    """What ``manage.py directives check`` finds in the project."""
    return list(_findings())


def _findings() -> Iterator[checks.CheckMessage]:
    from directives.manifest import check
    from directives.runtime import runtime

    for finding in check([runtime.settings.root], settings_of=lambda _: runtime.settings).findings:
        kind = checks.Error if finding.severity == "error" else checks.Warning
        place = f"{finding.file}:{finding.span.line}:{finding.span.column + 1}"
        yield kind(finding.message, hint=finding.hint or None, obj=place, id=f"directives.{finding.slug}")
