"""Policies: who may call, asked at each remote call before anything of the function runs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from directives.wire.references import FunctionReference
from tests.access.calls import ADMIN
from tests.access.calls import FORBIDDEN
from tests.access.calls import KARL
from tests.access.calls import NOBODY
from tests.access.calls import content
from tests.access.calls import http
from tests.access.calls import outcome
from tests.access.calls import post
from tests.access.calls import shop
from tests.loading import Load


def test_a_false_answer_is_403(load: Load) -> None:
    """The call is refused by kind, and the body did not run."""
    module = shop(
        load,
        """
        @requires(is_admin)
        async def act(n=1):
            'use server'
            ran.append(n)
            return n
    """,
    )
    assert outcome(post(module.act, 5, headers=KARL)) == FORBIDDEN
    assert module.ran == []
    assert outcome(post(module.act, 5, headers=ADMIN)) == 5
    assert module.ran == [5]


def test_nobody_signed_in_is_401_with_a_challenge(load: Load) -> None:
    """RFC 9110, 15.5.2 wants a challenge; one that makes no browser ask for a password."""
    module = shop(load, "@requires(signed_in)\nasync def act():\n    'use server'\n")
    response = post(module.act)
    assert outcome(response) == NOBODY
    assert response.headers["WWW-Authenticate"].startswith("Session ")
    assert "WWW-Authenticate" not in post(module.act, headers=KARL).headers


def test_an_exception_denies_and_stays_here(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a predicate raises is 403; the caller learns nothing of it, the log everything."""
    module = shop(
        load,
        """
        def broken(request, arguments):
            return arguments["secret word"]
        @requires(broken)
        async def act():
            'use server'
            ran.append(1)
    """,
    )
    with caplog.at_level(logging.WARNING, "directives"):
        response = post(module.act)
    assert outcome(response) == FORBIDDEN
    assert b"secret word" not in response.data
    assert module.ran == []
    assert "broken raised" in caplog.text
    assert "secret word" in caplog.text


def test_a_cancellation_of_its_own_runs_nothing(load: Load) -> None:
    """A predicate that waited for a task that somebody cancelled has given no answer."""
    module = shop(
        load,
        """
        import asyncio
        async def interrupted(request, arguments):
            raise asyncio.CancelledError
        @requires(interrupted)
        async def act():
            'use server'
            ran.append(1)
    """,
    )
    assert outcome(post(module.act)) == (500, "internal")
    assert module.ran == []


def test_every_policy_has_to_hold(load: Load) -> None:
    """Several are asked from the outside in; the first that does not hold ends it."""
    module = shop(
        load,
        """
        @requires(signed_in)
        @requires(is_admin)
        async def act():
            'use server'
            return True
    """,
    )
    assert outcome(post(module.act)) == NOBODY
    assert [name for name, _ in module.asked] == ["signed_in"]
    module.asked.clear()
    assert outcome(post(module.act, headers=KARL)) == FORBIDDEN
    assert [name for name, _ in module.asked] == ["signed_in", "is_admin"]
    assert outcome(post(module.act, headers=ADMIN)) is True


def test_what_is_no_answer_denies(load: Load) -> None:
    """A predicate that forgets to return has not said yes."""
    module = shop(load, "@requires(lambda request, arguments: None)\nasync def act():\n    'use server'\n")
    assert outcome(post(module.act)) == FORBIDDEN


def test_public_is_for_everybody(load: Load) -> None:
    """It asks nothing."""
    module = shop(load, "@public\nasync def act():\n    'use server'\n    return 1\n")
    assert outcome(post(module.act)) == 1


def test_a_predicate_sees_the_validated_arguments_by_name(load: Load) -> None:
    """Converted, with defaults, and with what fills ``*args`` and ``**kwargs``."""
    module = shop(
        load,
        """
        import datetime
        @requires(signed_in)
        async def act(sku: str, /, day: datetime.date, n=2, *rest, page=3, **extra):
            'use server'
    """,
    )
    message = {"args": ["apple", "2026-11-21"], "kwargs": {"page": 4, "color": "red"}}
    reply = http().post(f"/_directives/{module.act.id}", json=message, headers=KARL)
    assert reply.json == {"ok": None}
    import datetime

    assert module.asked == [
        (
            "signed_in",
            {
                "sku": "apple",
                "day": datetime.date(2026, 11, 21),
                "n": 2,
                "rest": (),
                "page": 4,
                "extra": {"color": "red"},
            },
        )
    ]


def test_arguments_come_before_policies(load: Load) -> None:
    """A predicate never sees arguments that do not fit."""
    module = shop(load, "@requires(signed_in)\nasync def act(n: int):\n    'use server'\n")
    assert outcome(post(module.act, "x")) == (422, "arguments")
    assert module.asked == []


def test_a_predicate_cannot_change_the_arguments(load: Load) -> None:
    """Its mapping is its own."""
    module = shop(
        load,
        """
        @requires(lambda request, arguments: arguments.update(n=9) or arguments.clear() or True)
        async def act(n):
            'use server'
            return n
    """,
    )
    assert outcome(post(module.act, 1)) == 1


def test_policies_are_asked_before_other_decorators(load: Load) -> None:
    """Wherever among them they stand, as long as each keeps the function's attributes."""
    module = shop(
        load,
        """
        from functools import wraps
        def noisy(function):
            @wraps(function)
            async def wrapper(*args):
                ran.append("noisy")
                return await function(*args)
            return wrapper
        @noisy
        @requires(is_admin)
        @noisy
        async def act():
            'use server'
            return 1
    """,
    )
    assert outcome(post(module.act, headers=KARL)) == FORBIDDEN
    assert module.ran == []
    assert outcome(post(module.act, headers=ADMIN)) == 1


def test_nested_functions_have_policies(load: Load) -> None:
    """They are asked of the rebuilt function too, and may use what is captured."""
    module = shop(
        load,
        """
        def page(owner):
            @requires(lambda request, arguments: current_user(request) == owner)
            async def act():
                'use server'
                return owner
            return act
    """,
    )
    act = module.page("karl")
    assert outcome(post(act, bound=act.bound(), headers=KARL)) == "karl"
    assert outcome(post(act, bound=act.bound(), headers=ADMIN)) == FORBIDDEN
    assert outcome(post(act, bound=act.bound())) == NOBODY


def test_static_methods_have_policies(load: Load) -> None:
    """Above and below ``@staticmethod``."""
    module = shop(
        load,
        """
        class Orders:
            @requires(is_admin)
            @staticmethod
            async def above():
                'use server'
                return 1
            @staticmethod
            @requires(is_admin)
            async def below():
                'use server'
                return 2
    """,
    )
    for function, value in ((module.Orders.above, 1), (module.Orders.below, 2)):
        assert outcome(post(function, headers=KARL)) == FORBIDDEN
        assert outcome(post(function, headers=ADMIN)) == value
        assert asyncio.run(function()) == value


def test_streams_are_denied_before_their_first_byte(load: Load) -> None:
    """The status says so; the generator is never entered."""
    module = shop(
        load,
        """
        @requires(is_admin)
        async def count(to):
            'use server'
            ran.append(to)
            for number in range(to):
                yield number
    """,
    )
    response = post(module.count, 2, headers=KARL)
    assert (response.status_code, response.content_type) == (403, "application/cbor")
    assert module.ran == []
    allowed = post(module.count, 2, headers=ADMIN)
    assert (allowed.status_code, allowed.content_type) == (200, "application/cbor-seq")


def test_forms_are_denied_in_words(load: Load) -> None:
    """A person reads why; the status is the same."""
    module = shop(
        load, "@requires(signed_in)\nasync def save(form):\n    'use server'\n    ran.append(form)\n"
    )
    response = http().post(f"/page{module.save}", data={"a": "1"})
    assert response.status_code == 401
    assert response.text == "Somebody has to be signed in for this.\n"
    assert module.ran == []
    assert http().post(f"/page{module.save}", data={"a": "1"}, headers=KARL).status_code == 303


def test_a_policy_can_send_the_caller_elsewhere(load: Load) -> None:
    """As to a page to sign in; nothing of the function runs."""
    module = shop(
        load,
        """
        @requires(lambda request, arguments: redirect("/sign-in"))
        async def save(form):
            'use server'
            ran.append(form)
    """,
    )
    response = http().post(f"/page{module.save}", data={"a": "1"})
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert content(post(module.save, 1)) == {"redirect": "/sign-in"}
    assert module.ran == []


def test_a_call_from_server_code_is_an_ordinary_call(load: Load) -> None:
    """No policy is asked, and no request is needed."""
    module = shop(load, "@requires(is_admin)\nasync def act(n):\n    'use server'\n    return n\n")
    assert asyncio.run(module.act(3)) == 3
    assert module.asked == []


def test_a_function_that_a_caller_names_keeps_its_policy(load: Load) -> None:
    """As an argument of another function it is called for the caller, however far it is handed on."""
    module = shop(
        load,
        """
        @requires(is_admin)
        async def wipe(what):
            'use server'
            ran.append(what)
            return "wiped"
        @requires(is_admin)
        async def drip():
            'use server'
            ran.append("dripped")
            yield 1
        async def apply(function, value):
            'use server'
            return await function(value)
        async def drain(function):
            'use server'
            return [item async for item in function()]
        async def wrap(function):
            'use server'
            async def later():
                'use server'
                return await function("later")
            return later
    """,
    )
    wipe, drip = FunctionReference(module.wipe.id), FunctionReference(module.drip.id)
    assert outcome(post(module.apply, wipe, "all", headers=KARL)) == FORBIDDEN
    assert outcome(post(module.drain, drip, headers=KARL)) == FORBIDDEN
    later = outcome(post(module.wrap, wipe, headers=KARL))
    assert outcome(post(later, bound=later.bound, headers=KARL)) == FORBIDDEN
    assert module.ran == []
    assert outcome(post(module.apply, wipe, "all", headers=ADMIN)) == "wiped"
    assert outcome(post(module.drain, drip, headers=ADMIN)) == [1]
    assert outcome(post(later, bound=later.bound, headers=ADMIN)) == "wiped"
    assert module.ran == ["all", "dripped", "later"]


def test_a_body_denies_in_the_same_way(load: Load) -> None:
    """What a function raises for that reaches the caller as that; in a stream, as its last item."""
    module = shop(
        load,
        """
        async def act(signed_in):
            'use server'
            raise AccessDenied("karl is on the list") if signed_in else SignInRequired("who is it?")
        async def count():
            'use server'
            yield 1
            raise AccessDenied("no more")
    """,
    )
    denied = post(module.act, True)
    assert outcome(denied) == FORBIDDEN
    assert set(content(denied)["error"]) == {"kind", "message"}
    assert outcome(post(module.act, False)) == NOBODY
    assert b"forbidden" in post(module.count).data
    for reply in (denied, post(module.act, False), post(module.count)):
        assert b"list" not in reply.data
        assert b"no more" not in reply.data


@pytest.mark.filterwarnings("error")
def test_a_denied_call_leaves_nothing_unawaited(load: Load, recwarn: Any) -> None:
    """No coroutine of a denied call is forgotten."""
    import gc

    module = shop(load, "@requires(is_admin)\nasync def act():\n    'use server'\n")
    post(module.act, headers=KARL)
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
