"""Server functions in a Django project, served by WSGI and by ASGI alike."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.sync import sync_to_async
from django.apps import apps
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.test import override_settings
from django.urls import include
from django.urls import path
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from tests.integrations.django_server import MIDDLEWARE
from tests.integrations.django_server import Client
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    "use server"

    import threading
    from typing import Annotated
    from asgiref.sync import async_to_sync, sync_to_async
    from django.contrib import messages
    from django.contrib.auth import alogin
    from django.contrib.auth.models import Group, User
    from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
    from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
    from django.shortcuts import aget_object_or_404, redirect
    from django.template.response import TemplateResponse
    from directives.access import Injected, requires
    from directives.errors import ExpectedError
    from directives.integrations.django import permitted, request, signed_in
    from directives.request import cookies

    class SoldOut(ExpectedError, status=409):
        tea: str

    def plain(name: str):
        Group.objects.create(name=name)
        request().session["seen"] = name
        return [request().user.is_anonymous, async_to_sync(count)()]

    async def count():
        return await Group.objects.acount()

    async def order(name: str, fail: bool = False):
        await Group.objects.acreate(name=name)
        if fail:
            raise SoldOut(tea=name)
        return await count()

    async def broken(name: str):
        await Group.objects.acreate(name=name)
        raise ValueError("secret-of-the-function")

    async def nested():
        return await sync_to_async(async_to_sync(count))()

    async def sessions(name: str):
        await request().session.aset("name", name)
        messages.success(request(), "welcome")
        return [cookies().get("seen"), await request().session.aget("name")]

    async def sign_in():
        user = await User.objects.aget(username="ada")
        await alogin(request(), user, "django.contrib.auth.backends.ModelBackend")
        return user.get_username()

    def _user(at=None):
        return request().user

    def _is_ada(at, arguments):
        return request().user.get_username() == "ada"

    @requires(signed_in)
    async def secret():
        return (await request().auser()).get_username()

    @requires(permitted("auth.add_group"))
    async def guarded():
        return "may"

    @requires(_is_ada)
    def injected(*, user: Annotated[User, Injected(_user)]):
        return user.get_username()

    async def missing(name: str):
        await aget_object_or_404(Group, name=name)

    async def forbidden():
        raise PermissionDenied

    async def invalid(many: bool = False):
        raise ValidationError({"name": ["too short"], "__all__": ["no"]} if many else "too short")

    async def suspicious():
        raise SuspiciousOperation("detail-for-the-log")

    async def away(form=None):
        reply = redirect("elsewhere")
        reply.set_cookie("way", "out")
        return reply

    async def page(form):
        return TemplateResponse(request(), "thanks.html", status=201)

    async def report(form):
        return StreamingHttpResponse(iter([b"sold,", b"3"]), content_type="text/csv")

    async def buy(form):
        await request().session.aset("bought", form["tea"])

    async def upload(form):
        return HttpResponse(str(len(form["picture"].read())))

    def _of(at):
        return request().POST["tea"]

    async def checked(form, *, tea: Annotated[str, Injected(_of)]):
        sent = request()
        return HttpResponse(f"{tea}, {sent.POST['tea']}, {[len(file) for file in sent.FILES.values()]}")

    async def names():
        async for group in Group.objects.order_by("name"):
            yield [group.name, request().method]

    def names_plain():
        for group in Group.objects.order_by("name"):
            yield group.name

    __all__ = ["plain", "order", "broken", "nested", "sessions", "sign_in", "secret", "guarded", "injected", "missing",
               "forbidden", "invalid", "suspicious", "away", "page", "report", "buy", "upload", "checked", "names", "names_plain"]
"""

TEMPLATES = {
    "tea.html": "{% load directives %}<form {{ buy|form_attributes }}></form><form action='{{ buy }}'>{{ csrf }}",
    "thanks.html": "thanks, {{ request.user.is_anonymous }}",
}


@pytest.fixture
def shop(project: ModuleType, load: Load) -> Iterator[ModuleType]:
    """The functions, and a project that has pages and nothing in its database."""
    from directives.compiler import CompilerSettings

    shop = load(SHOP, settings=CompilerSettings(allow_sync_server_functions=True))

    def tea(request: Any, name: str) -> HttpResponse:
        template = engines["django"].from_string(TEMPLATES["tea.html"])
        return HttpResponse(template.render({"buy": shop.buy, "csrf": get_token(request)}, request))

    project.urlpatterns = [  # type: ignore[attr-defined]
        path("", include("directives.integrations.django.urls")),
        path("teas/<name>", tea),
        path("elsewhere", tea, name="elsewhere"),
        path("whole/<name>", tea),
        path("exempt/<name>", csrf_exempt(tea)),
    ]
    loaders = [("django.template.loaders.locmem.Loader", TEMPLATES)]
    context = ["django.template.context_processors.request"]
    engine = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": loaders, "context_processors": context},
    }
    from django.urls import clear_url_caches

    clear_url_caches()
    with override_settings(TEMPLATES=[engine]):
        yield shop
    objects("User").all().delete()
    objects("Group").all().delete()
    connection.close()


@pytest.fixture(params=["wsgi", "asgi"])
def client(request: pytest.FixtureRequest, shop: ModuleType) -> Iterator[Client]:
    with Client(request.param) as client:
        yield client


@pytest.fixture
def atomic(shop: ModuleType) -> Iterator[None]:
    """``ATOMIC_REQUESTS`` is on."""
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    yield
    connection.settings_dict["ATOMIC_REQUESTS"] = False


def ok(reply: Any) -> Any:
    content = reply.json()
    assert "ok" in content, content
    return content["ok"]


def test_the_orm(client: Client, shop: ModuleType) -> None:
    """The async one in an async function, the plain one in a plain one, and either from within the other."""
    assert ok(client.call(shop.order, "a")) == 1
    assert ok(client.call(shop.plain, "b")) == [True, 2]
    assert ok(client.call(shop.nested)) == 2


def test_async_code_of_others_in_the_same_thread(client: Client, shop: ModuleType) -> None:
    """A call leaves nothing behind that ``async_to_sync`` would wait for."""
    assert ok(client.call(shop.order, "a")) == 1
    assert async_to_sync(count_groups)() == 1


@pytest.mark.parametrize("client", ["wsgi"], indirect=True)
def test_below_a_loop(client: Client, shop: ModuleType) -> None:
    """A synchronous client in an asynchronous test: its thread waits for a loop, and runs what that loop has for it."""

    async def ask() -> Any:
        return await sync_to_async(lambda: [ok(client.call(shop.order, "a")), ok(client.call(shop.nested))])()

    assert async_to_sync(ask)() == [1, 1]
    assert ok(client.call(shop.order, "b")) == 2


async def count_groups() -> int:
    return int(await objects("Group").acount())


def test_sessions_and_messages(client: Client, shop: ModuleType) -> None:
    """What a function puts into them is in the next request."""
    assert ok(client.call(shop.sessions, "ada", headers={"Cookie": "seen=yes"})) == ["yes", "ada"]
    assert "sessionid" in client.call(shop.sessions, "ada").headers["Set-Cookie"]


def test_users(client: Client, shop: ModuleType) -> None:
    """``alogin`` in one call, ``@requires(signed_in)`` on the next; predicates and sources of ours may be plain."""
    user = objects("User").create(username="ada")
    refused = client.call(shop.secret)
    assert (refused.status_code, refused.json()["error"]["kind"]) == (401, "sign-in-required")
    assert client.call(shop.injected).json()["error"]["kind"] == "forbidden"
    assert ok(client.call(shop.sign_in)) == "ada"
    assert ok(client.call(shop.secret)) == "ada"
    assert ok(client.call(shop.injected)) == "ada"
    assert client.call(shop.guarded).json()["error"]["kind"] == "forbidden"
    objects("User").filter(pk=user.pk).update(is_superuser=True)
    assert ok(client.call(shop.guarded)) == "may"


@pytest.mark.usefixtures("atomic")
def test_atomic_requests(client: Client, shop: ModuleType) -> None:
    """A call is one transaction: what fails, expected or not, leaves nothing behind, and what succeeds stays."""
    assert ok(client.call(shop.order, "a")) == 1
    assert client.call(shop.order, "b", True).status_code == 409
    assert client.call(shop.broken, "c").status_code == 500
    assert ok(client.call(shop.plain, "d")) == [True, 2]
    assert client.call(shop.plain, "d").status_code == 500
    assert ok(client.call(shop.nested)) == 2
    assert sorted(objects("Group").values_list("name", flat=True)) == ["a", "d"]


@pytest.mark.usefixtures("atomic")
def test_a_redirect_commits(client: Client, shop: ModuleType) -> None:
    """It is no failure; a form is a transaction as a call is."""
    token = csrf_token(client)
    form = client.post(f"/teas/sencha{shop.buy}", data={"tea": "x", "csrfmiddlewaretoken": token})
    assert form.status_code == 303
    assert client.call(shop.away).json() == {"redirect": "/elsewhere"}


def test_errors_of_django(client: Client, shop: ModuleType) -> None:
    """They reach the caller as what they are; what is for the log alone stays there."""
    missing = client.call(shop.missing, "x")
    assert (missing.status_code, missing.json()["error"]["type"]) == (404, "http.404")
    assert client.call(shop.forbidden).json()["error"]["kind"] == "forbidden"
    assert client.call(shop.invalid).json()["error"]["message"] == "too short"
    many = client.call(shop.invalid, True)
    assert (many.status_code, many.json()["error"]["message"]) == (422, "name: too short no")
    assert "detail-for-the-log" not in client.call(shop.suspicious).text
    assert "secret-of-the-function" not in client.call(shop.broken, "x").text


def test_responses_of_django(client: Client, shop: ModuleType) -> None:
    """A redirect is one, with its cookies; another response goes to a form as it is, and to no program."""
    token = {"csrfmiddlewaretoken": csrf_token(client)}
    form = client.post(f"/teas/sencha{shop.away}", data=token)
    assert (form.status_code, form.headers["Location"]) == (303, "/elsewhere")
    assert "way=out" in form.headers["Set-Cookie"]
    assert "way=out" in client.call(shop.away).headers["Set-Cookie"]
    page = client.post(f"/teas/sencha{shop.page}", data=token)
    assert (page.status_code, page.text) == (201, "thanks, True")
    report = client.post(f"/teas/sencha{shop.report}", data=token)
    assert (report.text, report.headers["Content-Type"]) == ("sold,3", "text/csv")
    assert client.call(shop.page, {}).json()["error"]["kind"] == "unserializable-result"


def test_forms_need_their_token(client: Client, shop: ModuleType) -> None:
    """The CSRF middleware has looked at it first; a call of a program is protected by its origin instead."""
    assert client.post(f"/teas/sencha{shop.buy}", data={"tea": "x"}).status_code == 403
    with_token = {"tea": "x", "csrfmiddlewaretoken": csrf_token(client)}
    form = client.post(f"/teas/sencha{shop.buy}", data=with_token)
    assert (form.status_code, form.headers["Location"]) == (303, "/teas/sencha")
    assert client.call(shop.nested, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_form_with_a_file(client: Client, shop: ModuleType, size: int) -> None:
    """The body is there for the function after the CSRF middleware has read it, however large it is."""
    data = {"csrfmiddlewaretoken": csrf_token(client)}
    files = {"picture": ("tea.png", b"x" * size)}
    assert client.post(f"/teas/sencha{shop.upload}", data=data, files=files).text == str(size)


@pytest.mark.parametrize("page", ["teas", "exempt"])
@pytest.mark.parametrize("files", [{}, {"picture": ("tea.png", b"x" * 200_000)}])
def test_djangos_own_view_of_a_form(
    client: Client, shop: ModuleType, page: str, files: dict[str, tuple[str, bytes]]
) -> None:
    """A function and what is injected see ``request().POST`` and ``FILES``, whether or not the token was asked for."""
    data = {"csrfmiddlewaretoken": csrf_token(client), "tea": "assam"}
    reply = client.post(f"/{page}/sencha{shop.checked}", data=data, files=files)
    assert reply.text == f"assam, assam, {[200_000] * len(files)}"


def test_pages(client: Client, shop: ModuleType) -> None:
    """A function in a template is the action of a form, and is not called."""
    actions = re.findall("action=[\"']([^\"']+)[\"']", client.get("/teas/sencha").text)
    assert [action.partition("~")[0] for action in actions] == [str(shop.buy)] * 2


def test_streams(client: Client, shop: ModuleType) -> None:
    """Items come from the database, in the thread that has its connection."""
    objects("Group").create(name="a")
    objects("Group").create(name="b")
    accept = {"Accept": "application/jsonl"}
    assert client.call(shop.names, headers=accept).text == '{"ok":["a","POST"]}\n{"ok":["b","POST"]}\n'
    assert client.call(shop.names_plain, headers=accept).text == '{"ok":"a"}\n{"ok":"b"}\n'


def test_the_endpoint_answers_for_itself(client: Client, shop: ModuleType) -> None:
    """405 and 404 of its own; a host that is not allowed gets nothing."""
    assert reverse("directives", args=["x"]) == "/_directives/x"
    assert client.get(f"/_directives/{shop.buy.id}").status_code == 405
    assert client.post("/_directives/nope", json={}).headers["X-Directives-Error"] == "unknown-function"
    assert client.call(shop.nested, headers={"Host": "evil.example"}).status_code == 400


def test_hosts(client: Client, shop: ModuleType) -> None:
    """The one that Django goes by is compared with the origin, by the settings of the moment."""

    def status(host: str, **headers: str) -> int:
        return client.call(shop.nested, headers={"Host": host, **headers}).status_code

    forwarded = {"X-Forwarded-Host": "shop.example", "Origin": "https://shop.example"}
    assert [status("localhost"), status("localhost", Origin="https://shop.example")] == [200, 403]
    assert [status("localhost", **forwarded), status("shop.example", **forwarded)] == [403, 400]
    with override_settings(USE_X_FORWARDED_HOST=True):
        assert [status("localhost"), status("localhost", **forwarded)] == [200, 400]
        with override_settings(ALLOWED_HOSTS=["shop.example"]):
            assert [status("localhost"), status("localhost", **forwarded)] == [400, 200]
    assert [status("localhost"), status("localhost", **forwarded)] == [200, 403]


def test_a_body_that_was_read_before(shop: ModuleType) -> None:
    """A middleware that keeps the whole body leaves it to the function."""
    module = sys.modules["middleware_of_a_test"] = ModuleType("middleware_of_a_test")
    module.reads = reads_the_body  # type: ignore[attr-defined]
    with override_settings(MIDDLEWARE=["middleware_of_a_test.reads", *MIDDLEWARE]), Client("wsgi") as client:
        assert ok(client.call(shop.order, "a")) == 1


def reads_the_body(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        assert request.body
        return get_response(request)

    return middleware


def objects(model: str) -> Any:
    """What Django knows once the project is set up."""
    return apps.get_model("auth", model).objects


def csrf_token(client: Client) -> str:
    return client.get("/teas/sencha").text.rpartition(">")[2]
