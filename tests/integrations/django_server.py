"""A Django project, set up once in the process of the tests, and clients of it over WSGI and ASGI."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from typing import Self
from unittest.mock import patch

import django
import httpx
import pytest
from django.conf import settings as django_settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from directives.runtime import runtime

__all__ = ["Client", "project"]

URLS = "urls_of_a_test"
PREFIX = "django.contrib"
MIDDLEWARE = [
    f"{PREFIX}.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    f"{PREFIX}.auth.middleware.AuthenticationMiddleware",
    f"{PREFIX}.messages.middleware.MessageMiddleware",
    "directives.integrations.django.middleware.DirectivesMiddleware",
]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The project's URLconf, to be filled; the hook stays off, since it would be on for every test."""
    urls = sys.modules[URLS] = ModuleType(URLS)
    file = tmp_path_factory.mktemp("django") / "database.sqlite3"
    before = runtime.settings
    django_settings.configure(
        SECRET_KEY="key of the test's project",
        ALLOWED_HOSTS=["localhost"],
        INSTALLED_APPS=[
            "directives.integrations.django",
            *(f"{PREFIX}.{name}" for name in ("auth", "contenttypes", "sessions", "messages")),
        ],
        MIDDLEWARE=MIDDLEWARE,
        ROOT_URLCONF=URLS,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}},
        PASSWORD_HASHERS=[f"{PREFIX}.auth.hashers.MD5PasswordHasher"],
        LOGGING_CONFIG=None,
    )
    with patch.dict(os.environ, {"PYTHONDIRECTIVES": "0"}):
        django.setup()
    runtime.activate(before, runtime.role)  # type: ignore[arg-type]
    urls.urlpatterns = []  # type: ignore[attr-defined]
    call_command("migrate", verbosity=0)
    yield urls
    del sys.modules[URLS]


class Client:
    """Calls the project as a browser does, which keeps its cookies; a context manager.

    Args:
        server: ``"wsgi"`` or ``"asgi"``.
    """

    def __init__(self, server: str) -> None:
        self._server = server

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._client: Any
        if self._server == "wsgi":
            transport = httpx.WSGITransport(get_wsgi_application())
            self._client = httpx.Client(transport=transport, base_url="http://localhost")
        else:
            application = httpx.ASGITransport(get_asgi_application())
            self._client = httpx.AsyncClient(transport=application, base_url="http://localhost")
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._done(self._client.aclose() if self._server == "asgi" else self._client.close())
        self._runner.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._done(self._client.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._done(self._client.post(path, **options))

    def call(self, function: Any, *args: Any, **options: Any) -> httpx.Response:
        """Call a server function as a script does."""
        return self.post(f"/_directives/{function.id}", json={"args": list(args)}, **options)

    def _done(self, answer: Any) -> Any:
        return self._runner.run(answer) if asyncio.iscoroutine(answer) else answer
