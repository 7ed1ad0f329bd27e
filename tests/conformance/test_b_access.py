"""Section B, access and taint, each line by its number."""

from __future__ import annotations

import pytest

from directives.errors import TaintError
from tests.access.calls import ADMIN
from tests.access.calls import KARL
from tests.access.calls import POLICIES
from tests.access.calls import content
from tests.access.calls import outcome
from tests.access.calls import post
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def test_b04_each_function_authorizes_for_itself(load: Load) -> None:
    """By a policy or in its body: what it raises for that reaches the caller as that, and nothing more."""
    module = load(
        POLICIES
        + """
    @requires(is_admin)
    async def by_policy():
        'use server'
        ran.append("policy")

    async def in_body(*, user: Annotated[str, Injected(current_user)]):
        'use server'
        if user != "root":
            raise AccessDenied("the reason is the server's")
        ran.append("body")
    """
    )
    for function in (module.by_policy, module.in_body):
        for headers, expected in (
            (None, (401, "sign-in-required")),
            (KARL, (403, "forbidden")),
            (ADMIN, None),
        ):
            response = post(function, headers=headers)
            assert outcome(response) == expected
            assert expected is None or set(content(response)["error"]) == {"kind", "message"}
            assert b"reason" not in response.data
    assert module.ran == ["policy", "body"]


def test_b07_what_is_tainted_never_reaches_a_client(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """An object by identity, a value by content while its owner lives; the error is the developer's message."""
    module = load("""
    from directives.taint import taint_object, taint_value

    class User:
        token = "a token that is long enough"

    user = User()
    profile = {"name": "karl"}

    def taint():
        taint_object("send a copy", profile)
        taint_value("tokens stay here", user, user.token)

    async def whole():
        'use server'
        taint()
        return [profile]

    async def copy():
        'use server'
        taint()
        return [dict(profile)]

    async def value():
        'use server'
        taint()
        return {"deep": ("a token that is " + "long enough",)}
    """)
    assert outcome(post(module.whole)) == (500, "internal")
    assert outcome(post(module.value)) == (500, "internal")
    assert outcome(post(module.copy)) == [{"name": "karl"}]
    messages = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [(type(error), str(error)) for error in messages] == [
        (TaintError, "send a copy"),
        (TaintError, "tokens stay here"),
    ]
