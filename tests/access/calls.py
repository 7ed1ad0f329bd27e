"""Calls of real server functions over HTTP, as a hostile or an honest client makes them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from textwrap import dedent
from types import ModuleType
from typing import Any

from werkzeug.test import Client
from werkzeug.test import TestResponse

from directives.runtime import runtime
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import encode_cbor
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load

CBOR = "application/cbor"
KARL = {"X-User": "karl"}
ADMIN = {"X-User": "root"}
FORBIDDEN = (403, "forbidden")
NOBODY = (401, "sign-in-required")

POLICIES = """
    from typing import Annotated
    from directives.access import Injected, public, requires
    from directives.errors import AccessDenied, SignInRequired
    from directives.request import CurrentRequest, redirect

    ran = []
    asked = []

    def current_user(request):
        name = request.headers.get("x-user")
        if name is None:
            raise SignInRequired
        return name

    def signed_in(request, arguments):
        asked.append(("signed_in", dict(arguments)))
        return current_user(request) is not None

    async def is_admin(request, arguments):
        asked.append(("is_admin", dict(arguments)))
        return current_user(request) == "root"
"""


def shop(load: Load, source: str) -> ModuleType:
    """A module that begins with ``POLICIES``."""
    return load(dedent(POLICIES) + dedent(source))


def no_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [])
    return [b"the application's own"]


def http() -> Client:
    return Client(DirectivesMiddleware(no_page, runtime))


def post(
    function: Any, *args: Any, headers: dict[str, str] | None = None, bound: str | None = None, **kwargs: Any
) -> TestResponse:
    message = {"args": list(args), "kwargs": kwargs, **({"bound": bound} if bound else {})}
    return http().post(
        f"/_directives/{function.id}", data=encode_cbor(message), content_type=CBOR, headers=headers
    )


def content(response: TestResponse) -> Any:
    return decode_cbor(response.data, Budget())


def outcome(response: TestResponse) -> Any:
    """The value of a reply, or the status and kind of an error."""
    said = content(response)
    return said["ok"] if "ok" in said else (response.status_code, said["error"]["kind"])
