"""What is set up with the application: settings, keys, checks, the command line, words for templates."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from django.core.management import call_command
from django.http import HttpResponse
from django.template import engines
from django.test import override_settings
from django.urls import clear_url_caches
from django.urls import path
from werkzeug.wrappers import Response

from directives import asgi
from directives.errors import NoRequestError
from directives.errors import SettingsError
from directives.integrations.django import request
from directives.integrations.django.configuration import configured
from directives.integrations.django.configuration import root_of_project
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.integrations.django_server import MIDDLEWARE
from tests.integrations.django_server import Client
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

OURS = MIDDLEWARE[-1]
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


SITE = f"""
SECRET_KEY = "of a test"
INSTALLED_APPS = ["directives.integrations.django"]
MIDDLEWARE = [{OURS!r}]
ROOT_URLCONF = "directives.integrations.django.urls"
"""


def answer(request: Any, **_: object) -> HttpResponse:
    return HttpResponse("a page")


async def answer_on_loop(scope: Any, receive: Any, send: Any) -> None: ...


@pytest.fixture
def urls(project: ModuleType, settings: Settings) -> Iterator[list[Any]]:
    """The URL patterns, as they should be."""
    from directives.integrations.django.urls import endpoint

    patterns = project.urlpatterns = [endpoint, path("page", answer)]  # type: ignore[attr-defined]
    clear_url_caches()
    yield patterns
    clear_url_caches()


def messages() -> list[str]:
    return [f"{found.id}: {found.msg}" for found in run_checks(tags=["directives"])]


def test_nothing_is_wrong(urls: list[Any]) -> None:
    """A project that is set up as the documentation says has no findings."""
    assert messages() == []


@pytest.mark.parametrize(
    ("middleware", "said"),
    [
        (MIDDLEWARE[:-1], "MIDDLEWARE lacks"),
        ([*MIDDLEWARE, OURS], "twice"),
        ([OURS, CSRF], f"{CSRF} looks at a request"),
    ],
)
def test_the_middleware_is_in_the_wrong_place(urls: list[Any], middleware: list[str], said: str) -> None:
    """The checks say so, and a server without checks does not start, or does not answer."""
    with override_settings(MIDDLEWARE=middleware, DEBUG_PROPAGATE_EXCEPTIONS=True):
        (message,) = messages()
        assert said in message
        with pytest.raises(ImproperlyConfigured, match="MIDDLEWARE"), Client("wsgi") as client:
            client.post("/_directives/0", json={})


def test_the_application_is_not_installed(urls: list[Any]) -> None:
    """The hook is off then: a server does not start, rather than serve functions that are none."""
    others = [name for name in django_settings.INSTALLED_APPS if not name.startswith("directives")]
    with (
        override_settings(INSTALLED_APPS=others, DEBUG_PROPAGATE_EXCEPTIONS=True),
        pytest.raises(ImproperlyConfigured, match=r"INSTALLED_APPS lacks 'directives\.integrations\.django'"),
        Client("wsgi") as client,
    ):
        client.get("/page")


def test_no_url_leads_to_the_endpoint(urls: list[Any]) -> None:
    """Or another page stands in its way: one line with the fix."""
    ours = urls.pop(0)
    clear_url_caches()
    assert "add 'endpoint' of directives.integrations.django.urls to the urlpatterns of" in messages()[0]
    urls.extend([path("<path:rest>", answer), ours])
    clear_url_caches()
    assert "test_django_setup.answer answers at the endpoint /_directives" in messages()[0]


@pytest.mark.parametrize(
    ("room", "around"),
    [("wsgi", DirectivesMiddleware(Response())), ("asgi", asgi.DirectivesMiddleware(answer_on_loop))],
)
def test_the_middleware_for_any_application_is_around_django(
    urls: list[Any], monkeypatch: pytest.MonkeyPatch, room: str, around: Any
) -> None:
    """Calls would be answered outside of sessions and transactions."""
    module = ModuleType("served_by_a_test")
    module.application = around  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with override_settings(**{f"{room.upper()}_APPLICATION": "served_by_a_test.application"}):
        said = f"remove directives.{room}.DirectivesMiddleware from served_by_a_test.application"
        assert said in messages()[0]


def test_an_application_that_cannot_be_made(
    urls: list[Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As startproject writes it, it loads MIDDLEWARE: the checks still say in one line what is wrong with that."""
    (tmp_path / "wsgi_of_a_project.py").write_text(
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    application = "wsgi_of_a_project.application"
    with override_settings(MIDDLEWARE=[OURS, CSRF], WSGI_APPLICATION=application):
        (message,) = messages()
        assert f"{CSRF} looks at a request" in message
    with override_settings(MIDDLEWARE=[OURS, "not_there.Middleware"], WSGI_APPLICATION=application):
        (message,) = messages()
        assert message.startswith("directives.middleware: MIDDLEWARE names not_there.Middleware")


def test_findings_of_the_sources(urls: list[Any], settings: Settings) -> None:
    """What ``directives check`` finds, with its place."""
    (settings.root / "shop.py").write_text("'use sever'\n")
    (found,) = run_checks(tags=["directives"])
    assert found.obj.endswith("shop.py:1:1")
    assert (found.is_serious(), found.id) == (True, "directives.misspelled-directive")
    assert "use server" in found.hint


def test_sources_are_judged_by_the_settings_of_the_project(
    urls: list[Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ``DIRECTIVES`` allows is no finding, in the checks and on the command line."""
    (settings.root / "shop.py").write_text("'use server'\ndef buy(): ...\n")
    (found,) = run_checks(tags=["directives"])
    assert found.id == "directives.sync-server-function"
    runtime.configure(allow_sync_server_functions=True)
    assert run_checks(tags=["directives"]) == []
    monkeypatch.chdir(settings.root)
    for command in (["check"], ["manifest"], ["audit"], ["build"], ["show", "shop.py"]):
        call_command("directives", "--", *command)


@pytest.mark.parametrize("file", ["settings.py", "settings/__init__.py"])
def test_the_root_is_that_of_the_project(
    project: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """Wherever the process was started; but a project around the working directory keeps what is below it."""
    module = ModuleType("site_of_a_test.settings")
    module.__file__ = str(tmp_path / "app" / "site_of_a_test" / file)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with override_settings(SETTINGS_MODULE=module.__name__):
        assert root_of_project(tmp_path / "elsewhere") == tmp_path / "app"
        assert root_of_project(tmp_path) == tmp_path / "app"
        (tmp_path / "pyproject.toml").touch()
        assert root_of_project(tmp_path) == tmp_path
        assert root_of_project(tmp_path / "elsewhere") == tmp_path
    assert root_of_project(tmp_path) == tmp_path


@pytest.mark.slow
def test_manage_py_from_another_folder(tmp_path: Path) -> None:
    """The functions are those of its project, and the checks are not about files beside it."""
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "beside.py").write_text("'use sever'\n")
    (app / "actions.py").write_text("'use server'\nasync def buy(): ...\n")
    (app / "site_of_it.py").write_text(SITE)
    manage = "import sys, os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'site_of_it'\n"
    manage += "from django.core.management import execute_from_command_line as run\nrun(sys.argv)\n"
    (app / "manage.py").write_text(manage)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONDIRECTIVES")}

    def told(*arguments: str, folder: Path = tmp_path) -> str:
        command = [sys.executable, str(app / "manage.py"), *arguments]
        return subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, check=True
        ).stdout

    assert "no issues" in told("check")
    (function,) = json.loads(told("directives", "manifest", "--json"))
    assert (function["module"], function["file"]) == ("actions", "actions.py")
    (app / "deeper").mkdir()
    assert json.loads(told("directives", "manifest", "--json", folder=app / "deeper")) == [function]
    assert told("shell", "-c", "import actions; print(repr(actions.buy))").strip().endswith("actions.buy>")


def test_settings_of_the_project(project: ModuleType, settings: Settings) -> None:
    """``DIRECTIVES`` is laid over the others; a wrong one names where it stands."""
    with override_settings(DIRECTIVES=None), pytest.raises(SettingsError, match="must be a dict"):
        configured(settings)
    with override_settings(DIRECTIVES={"body_size_limit": 7, "secret_keys": ["x" * 20]}):
        assert configured(settings).body_size_limit == 7
        assert configured(settings).secret_keys == ("x" * 20,)
    with (
        override_settings(DIRECTIVES={"bodysize": 7}),
        pytest.raises(SettingsError, match="DIRECTIVES in the Django"),
    ):
        configured(settings)


def test_keys_of_the_project(project: ModuleType, tmp_path: Any) -> None:
    """Every process derives the same from SECRET_KEY; what a fallback sealed still opens; none is the secret itself."""
    bare = Settings(tmp_path)
    with override_settings(SECRET_KEY="old"):
        (old,) = configured(bare).secret_keys
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        new, fallback = configured(bare).secret_keys
    assert (fallback == old, new == old, "old" in old, len(old)) == (True, False, False, 64)


def test_trusted_origins_may_call(project: ModuleType, tmp_path: Any) -> None:
    """Those of Django, whose asterisk stands for any number of labels."""
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://*.shop.example"]):
        assert configured(Settings(tmp_path)).allowed_origins == ("https://**.shop.example",)


def test_the_command_line(
    project: ModuleType,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``manage.py directives`` is the command line, exit codes included."""
    monkeypatch.chdir(settings.root)
    call_command("directives", "--", "check", str(settings.root))
    with pytest.raises(CommandError):
        call_command("directives", "--", "check", "no-such-file")
    from django.core.management import ManagementUtility

    with pytest.raises(SystemExit) as end:
        ManagementUtility(["manage.py", "directives", "manifest", "--json"]).execute()
    assert end.value.code == 0
    assert capsys.readouterr().out.endswith("]\n")


def test_words_for_templates(project: ModuleType, load: Load) -> None:
    """The filter for forms takes server functions only."""
    shop = load('"use server"\nasync def buy(form): ...')
    library = "{% load directives %}"
    render = lambda text: engines["django"].from_string(library + text).render({"buy": shop.buy})  # noqa: E731
    assert render("{{ buy|form_attributes }}") == f'action="{shop.buy}" method="post"'
    assert render('{{ buy|form_attributes:"files" }}').endswith('enctype="multipart/form-data"')
    assert 'src="/_directives/client.js"></script>' in render("{% directives_script %}")
    assert ' nonce="n1"></script>' in render("{% directives_script nonce='n1' %}")
    with pytest.raises(TypeError, match="not int"):
        render("{{ 3|form_attributes }}")
    with pytest.raises(ValueError, match="file"):
        render('{{ buy|form_attributes:"file" }}')


def test_no_request(project: ModuleType) -> None:
    """``request()`` says so where none is being answered."""
    with pytest.raises(NoRequestError):
        request()


def test_the_hook_is_turned_on(
    project: ModuleType, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the application itself, before the modules of others are imported; unless it is off by the environment."""
    from django.apps import apps

    app = apps.get_app_config("directives")
    turned_on: list[Any] = []
    module = importlib.import_module("directives.integrations.django.apps")
    monkeypatch.setattr(module, "enable", lambda settings: turned_on.append(settings))
    type(app)(app.name, app.module)
    assert [settings.secret_keys for settings in turned_on] == [settings.secret_keys]
    monkeypatch.setenv("PYTHONDIRECTIVES", "0")
    type(app)(app.name, app.module)
    assert len(turned_on) == 1
    assert django_settings.INSTALLED_APPS[0] == app.name
