"""The rules about captured values: how old, how large, and in whose session they may be used."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import Client

from directives.errors import EncodeError
from directives.errors import ExpiredPageError
from directives.errors import NoRequestError
from directives.errors import SealError
from directives.errors import SettingsError
from directives.functions import Call
from directives.functions import dispatch
from directives.functions.sealer import Sealer
from directives.http import HttpRequest
from directives.request import CurrentRequest
from directives.request import cookies
from directives.runtime import configure
from directives.runtime import runtime
from directives.wsgi import DirectivesMiddleware
from tests.answering import answering
from tests.http.calling import request
from tests.loading import Load

PAGE = """
    ran = []
    def page(product, note="", amount=1):
        async def buy(form=None, count=amount):
            'use server'
            ran.append(product)
            return product, note
        return buy
"""


def called(function_id: str, sealed: str | None) -> Any:
    started = dispatch(runtime.functions, Call(function_id, bound=sealed))
    assert started.result is not None
    return asyncio.run(started.result)


def made_ago(function: Any, seconds: float) -> str:
    """What the function captured, as it was sealed some time ago."""
    record = runtime.functions.find(function.id).record
    plaintext = runtime.sealer().open(function.id, function.bound())
    then = Sealer(runtime.secret_keys(), clock=lambda: time.time() - seconds)
    return then.seal(record, plaintext, dict)


def test_pages_expire(load: Load) -> None:
    """Past the age that is set nothing runs; unset, a page works for ever."""
    module = load(PAGE)
    buy = module.page("tea")
    young, old = made_ago(buy, 50), made_ago(buy, 70)
    assert called(buy.id, old) == ("tea", "")
    configure(captured_max_age=60)
    assert called(buy.id, young) == ("tea", "")
    with pytest.raises(ExpiredPageError, match="older than 60 seconds"):
        called(buy.id, old)
    assert module.ran == ["tea", "tea"]


def user_of(request: CurrentRequest) -> str | None:
    return request.headers.get("X-User")


def as_user(name: str | None) -> HttpRequest:
    value = request("/")
    return value._replace(headers=Headers({"X-User": name} if name else {}))


def in_session(user: str | None, work: Any) -> Any:
    with answering(as_user(user)):
        return work()


@pytest.mark.parametrize("setting", [user_of, f"{__name__}:user_of"])
def test_what_one_session_was_given_opens_in_no_other(load: Load, setting: Any) -> None:
    """Whoever finds somebody else's page cannot use it; being signed in or not is a difference too."""
    configure(captured_session=setting)
    module = load(PAGE)
    buy = module.page("tea")
    for owner in ("anna", None):
        sealed = in_session(owner, buy.bound)
        assert in_session(owner, lambda sealed=sealed: called(buy.id, sealed)) == ("tea", "")
        for other in {"anna", "karl", None} - {owner}:
            with pytest.raises(SealError):
                in_session(other, lambda sealed=sealed: called(buy.id, sealed))


def test_pages_of_before_the_binding_do_not_open(load: Load) -> None:
    """Turning it on leaves no way around it."""
    buy = load(PAGE).page("tea")
    sealed = buy.bound()
    configure(captured_session=user_of)
    for user in ("anna", None):
        with pytest.raises(SealError):
            in_session(user, lambda: called(buy.id, sealed))


def test_binding_needs_a_request(load: Load) -> None:
    """Without one there is no session to bind to: the error says where to hand functions out."""
    configure(captured_session=user_of)
    module = load(PAGE)
    with pytest.raises(NoRequestError, match="captured_session"):
        module.page("tea").bound()


def test_what_is_bound_to_has_to_be_a_text(load: Load) -> None:
    """An object whose text is its address would be another one in each process."""
    configure(captured_session=lambda request: 5)
    with pytest.raises(SettingsError, match="a text or None, not int"):
        in_session("anna", load(PAGE).page("tea").bound)


@pytest.mark.parametrize("setting", ["no_such_module:f", "time:no_such_name", "time:timezone"])
def test_a_function_that_is_not_there(load: Load, setting: str) -> None:
    """The error names the setting."""
    configure(captured_session=setting)
    with pytest.raises(SettingsError, match="captured_session"):
        load(PAGE).page("tea").bound()


def test_large_captures_are_named(load: Load) -> None:
    """The function, the largest variable, the sizes in bytes, and what to do."""
    page = load(PAGE).page
    with pytest.raises(EncodeError) as caught:
        str(page("tea", "x" * 4000))
    words = str(caught.value)
    assert "shop_of_a_test.page.<locals>.buy" in words
    assert "allows 3072" in words
    assert "the largest is 'note' with 4003 bytes" in words
    assert "capture a key of it" in words
    with pytest.raises(EncodeError, match="the largest is the default values of its parameters"):
        str(page("tea", "", "x" * 4000))
    configure(captured_size_limit=8000)
    assert len(str(page("tea", "x" * 4000))) < 8000


def test_no_key_is_shown() -> None:
    """The object that holds the keys does not print them."""
    assert "secret" not in repr(Sealer((b"a secret of somebody",)))


def test_sessions_over_http(load: Load) -> None:
    """A page's own form works for the visitor it was made for, and is refused for another: 400, nothing ran."""
    configure(captured_session=lambda request: cookies().get("sessionid"))
    module = load(PAGE)

    def shop(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(module.page("tea")).encode()]

    anna, karl = (Client(DirectivesMiddleware(shop, runtime)) for _ in range(2))
    anna.set_cookie("sessionid", "of anna")
    karl.set_cookie("sessionid", "of karl")
    action = anna.get("/").text
    refused = karl.post("/" + action, data={"a": "1"})
    assert (refused.status_code, refused.headers["x-directives-error"]) == (400, "seal")
    assert module.ran == []
    assert anna.post("/" + action, data={"a": "1"}).status_code == 303
    assert module.ran == ["tea"]
