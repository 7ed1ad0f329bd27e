"""Tainted things on every way to a client."""

from __future__ import annotations

import gc
import logging

import pytest

from directives.errors import TaintError
from directives.runtime import runtime
from directives.wire.untrusted import encode_cbor
from tests.access.calls import content
from tests.access.calls import outcome
from tests.access.calls import post
from tests.loading import Load

USERS = """
    from directives.taint import taint_object, taint_value

    class User:
        def __init__(self):
            self.token = "the token of a user"
            self.row = {"name": "karl", "token": self.token}
            taint_value("tokens stay on the server", self, self.token)
            taint_object("pick the fields that a client may see", self.row)

    def load_user():
        return User()

    async def row():
        'use server'
        return {"user": load_user().row}

    async def copied():
        'use server'
        return dict(load_user().row)

    async def picked():
        'use server'
        return load_user().row["name"]

    async def items():
        'use server'
        yield "first"
        yield load_user().token

    async def hand_out():
        'use server'
        user = load_user()
        token = user.token
        async def use():
            'use server'
            return token
        return use

    async def with_default():
        'use server'
        async def use(token=load_user().token):
            'use server'
            return token
        return use
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("row", "pick the fields that a client may see"),
        ("copied", "tokens stay on the server"),
        ("hand_out", "tokens stay on the server"),
        ("with_default", "tokens stay on the server"),
    ],
)
def test_a_result_is_a_masked_error(
    load: Load, caplog: pytest.LogCaptureFixture, name: str, message: str
) -> None:
    """An object, a value read from it, a captured value, a default: 500, and the message is for the log."""
    function = getattr(load(USERS), name)
    with caplog.at_level(logging.ERROR, "directives"):
        response = post(function)
    assert outcome(response) == (500, "internal")
    assert message in caplog.text
    assert content(response)["error"]["digest"] in caplog.text
    assert message.encode() not in response.data
    assert b"the token of a user" not in response.data


def test_what_is_not_tainted_goes_on(load: Load) -> None:
    """What was read from a tainted object is not."""
    assert outcome(post(load(USERS).picked)) == "karl"


def test_a_stream_ends_with_the_error(load: Load) -> None:
    """The items before it have gone out."""
    response = post(load(USERS).items)
    assert response.status_code == 200
    assert b"first" in response.data
    assert b"internal" in response.data
    assert b"the token of a user" not in response.data


def test_a_form_action_with_a_tainted_capture_is_no_text(load: Load) -> None:
    """Sealed or not, it does not leave; the page's own error says why."""
    module = load(
        USERS
        + """
    def page(user):
        async def use(form, token=user.token):
            'use server'
        return use
    """
    )
    user = module.load_user()
    action = module.page(user)
    with pytest.raises(TaintError, match="tokens stay on the server"):
        str(action)
    with pytest.raises(TaintError, match="tokens stay on the server"):
        action.bound()


def test_a_property_of_an_island_is_refused(load: Load) -> None:
    """In the page's markup as in a result."""
    user = load(USERS).load_user()
    card = load("'use client'\ndef Card(user): ...\n", "shop_widgets").Card
    with pytest.raises(TaintError, match="tokens stay on the server"):
        str(card(user={"token": user.token}))
    assert "karl" in str(card(user=user.row["name"]))


def test_nothing_is_left_after_the_request(load: Load) -> None:
    """A long-lived server does not gather what its requests tainted."""
    token = "the token of this test"
    module = load(
        USERS.replace("the token of a user", token)
        + """
    async def taken():
        'use server'
        return [load_user().token, 1][1]
    """
    )
    user = module.load_user()
    assert outcome(post(module.taken)) == 1
    with pytest.raises(TaintError):
        encode_cbor(token, look=runtime.functions.taints.look())
    del user
    gc.collect()
    assert encode_cbor(token, look=runtime.functions.taints.look())
