"""Section B over HTTP, each line by its number, with real server functions behind the middleware."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest
from markupsafe import Markup
from werkzeug.test import Client
from werkzeug.test import TestResponse

from directives.client.reply import value_of
from directives.compiler import ids
from directives.errors import EncodeError
from directives.functions import special_for
from directives.functions.sealer import Sealer
from directives.runtime import runtime
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import encode_cbor
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    "use server"
    seen = []
    async def take(value):
        seen.append(value)
        value["changed"] = True
        return {"taken": value}
    async def fail():
        raise RuntimeError("inner secret")
    async def leave():
        from directives.request import redirect
        redirect("/elsewhere")
    async def count(to: int):
        for number in range(to):
            yield number
    async def cannot():
        return [print]
    __all__ = ["take", "fail", "leave", "count", "cannot"]
"""


def no_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [])
    return [b"the application's own"]


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.fixture
def client() -> Client:
    return Client(DirectivesMiddleware(no_page))


def post(client: Client, function_id: str, message: Any = None, **options: Any) -> TestResponse:
    data = encode_cbor({} if message is None else message)
    return client.post(f"/_directives/{function_id}", data=data, content_type="application/cbor", **options)


def content(response: TestResponse) -> Any:
    return decode_cbor(response.data, Budget())


def test_b01_a_call_carries_a_copy_of_the_arguments(client: Client, shop: ModuleType) -> None:
    """The function gets a serialized copy; what it does to it is not seen by the caller."""
    value = {"a": [1]}
    assert post(client, shop.take.id, {"args": [value]}).status_code == 200
    assert shop.seen == [{"a": [1], "changed": True}]
    assert value == {"a": [1]}


def test_b02_the_result_comes_back(client: Client, shop: ModuleType) -> None:
    """The return value is serialized back."""
    assert content(post(client, shop.take.id, {"args": [{}]})) == {"ok": {"taken": {"changed": True}}}


def test_b05_what_cannot_travel_is_refused() -> None:
    """Functions, classes, markup and instances of other classes are no arguments; the error names the place."""

    class Cart:
        pass

    special = special_for(runtime.functions.types, markup=False)
    for value in (print, Cart, Cart(), test_b05_what_cannot_travel_is_refused, Markup("<b>")):
        with pytest.raises(EncodeError, match=r"^args\[0\]\.x: "):
            encode_cbor({"args": [{"x": value}]}, special=special)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"args":[{"$":["markup","<b>"]}]}'),
        ("application/cbor", b"\xa1\x64args\x81\xd8\x1b\x82\x66markup\x63<b>"),
    ],
)
def test_b05_markup_in_a_message_is_refused(
    client: Client, shop: ModuleType, content_type: str, body: bytes
) -> None:
    """A caller that sends it all the same: 400, and nothing runs."""
    assert (
        client.post(f"/_directives/{shop.take.id}", data=body, content_type=content_type).status_code == 400
    )
    assert shop.seen == []


def test_b06_results_are_those_of_section_d(load: Load, client: Client) -> None:
    """Instances, markup and awaitables among them; anything else is the server's fault, and named in its log."""
    module = load("""
        "use server"
        import asyncio, enum
        from markupsafe import Markup
        class Size(enum.Enum):
            LARGE = "l"
        async def give():
            return [Size.LARGE, Markup("<b>"), asyncio.sleep(0, 1)]
        async def cannot():
            return [print]
        __all__ = ["give", "cannot"]
    """)
    assert decode_cbor(post(client, module.give.id).data, Budget(), markup=str) == {"ok": ["l", "<b>", 1]}
    assert post(client, module.cannot.id).status_code == 500


def test_b08_a_form_action_receives_the_form_data(load: Load, client: Client) -> None:
    """Its first argument is a FormData of fields and files."""
    module = load("""
        "use server"
        seen = []
        async def save(form):
            seen.append((type(form).__name__, form.getlist("a")))
        __all__ = ["save"]
    """)
    assert client.post(f"/page{module.save}", data={"a": ["1", "2"]}).status_code == 303
    assert module.seen == [("FormData", ["1", "2"])]


def test_b13_only_server_functions_are_endpoints(load: Load, client: Client) -> None:
    """Unknown IDs and IDs of cached functions have no endpoint; they answer alike."""
    from directives.compiler import compile_module

    source = '"use cache"\ndef stock(): return 1\n'
    load(source, "shop_with_a_cache")
    cached_id = compile_module(source, "shop_with_a_cache", "x.py").records[0].id
    unknown, cached = post(client, "0" * 40), post(client, cached_id)
    assert (unknown.status_code, cached.status_code) == (404, 404)
    assert unknown.data == cached.data


def test_b13_what_nothing_can_reach_has_no_endpoint(load: Load, client: Client) -> None:
    """A private name of a server module, and a function without a directive, have none."""
    load("'use server'\nasync def _audit(): ...\nasync def order(): ...\n", "shop_with_endpoints")
    load("async def plain(): ...\nasync def order():\n    'use server'\n", "shop_with_one_endpoint")
    status = {
        (module, name): post(client, ids.function_id(f"shop_with_{module}", name, (), None)).status_code
        for module, name in (
            ("endpoints", "order"),
            ("endpoints", "_audit"),
            ("one_endpoint", "order"),
            ("one_endpoint", "plain"),
        )
    }
    assert list(status.values()) == [200, 404, 200, 404]


def test_b15_captured_values_are_sealed_for_their_function(load: Load, client: Client) -> None:
    """Tampered, foreign and wrong-key values: 400, and nothing runs; several keys open."""
    module = load("""
        ran = []
        def page(price):
            async def buy():
                "use server"
                ran.append(price)
            async def sell():
                "use server"
                ran.append(-price)
            return buy, sell
    """)
    buy, sell = module.page(4711)
    sealed = buy.bound()
    assert "4711" not in sealed
    assert post(client, buy.id, {"bound": sealed}).status_code == 200
    assert module.ran == [4711]
    tampered = ("B" if sealed[30] == "A" else "A").join((sealed[:30], sealed[31:]))
    for function_id, bound in ((buy.id, tampered), (sell.id, sealed), (buy.id, ""), (buy.id, "x" * 80)):
        assert post(client, function_id, {"bound": bound}).status_code == 400
    runtime.configure(secret_keys=["another secret of this project"])
    assert post(client, buy.id, {"bound": sealed}).status_code == 400
    assert module.ran == [4711]
    runtime.configure(secret_keys=["another secret of this project", "first secret of the test's project"])
    assert post(client, buy.id, {"bound": sealed}).status_code == 200


def test_b15_a_page_older_than_the_server(load: Load, client: Client) -> None:
    """A captured value that an old page does not hold: 409, kind ``outdated``."""
    page = """
        def page({names}):
            async def buy():
                "use server"
                return [{names}]
            return buy
    """
    old = load(page.format(names="a")).page(1)
    sealed, function_id = old.bound(), old.id
    load(page.format(names="a, b"))
    response = post(client, function_id, {"bound": sealed})
    assert (response.status_code, response.headers["x-directives-error"]) == (409, "outdated")


def test_b15_captured_values_of_another_session(load: Load, client: Client) -> None:
    """Where a session is set, what was handed out in it works in no other: 400, and nothing runs."""
    module = load("""
        ran = []
        async def give(price):
            "use server"
            async def buy():
                "use server"
                ran.append(price)
            return buy
    """)
    runtime.configure(captured_session=lambda request: request.headers.get("X-User"))
    reply = post(client, module.give.id, {"args": [4711]}, headers={"X-User": "anna"})
    handed_out = decode_cbor(reply.data, Budget())["ok"]
    call = {"bound": handed_out.bound}
    assert post(client, handed_out.id, call, headers={"X-User": "karl"}).status_code == 400
    assert post(client, handed_out.id, call).status_code == 400
    assert module.ran == []
    assert post(client, handed_out.id, call, headers={"X-User": "anna"}).status_code == 200
    assert module.ran == [4711]


def test_b15_captured_values_expire(load: Load, client: Client) -> None:
    """Past the age that is set: 410, kind ``expired``, and nothing runs."""
    module = load("""
        ran = []
        def page(price):
            async def buy():
                "use server"
                ran.append(price)
            return buy
    """)
    buy = module.page(4711)
    yesterday = Sealer(runtime.secret_keys(), clock=lambda: time.time() - 86_400)
    values = runtime.sealer().open(buy.id, buy.bound())
    old = yesterday.seal(runtime.functions.find(buy.id).record, values, dict)
    runtime.configure(captured_max_age=3_600)
    response = post(client, buy.id, {"bound": old})
    assert (response.status_code, response.headers["x-directives-error"]) == (410, "expired")
    assert module.ran == []
    assert post(client, buy.id, {"bound": buy.bound()}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://app.partner.example", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Origin": "https://a.b.partner.example"}, 403),
        ({"Origin": "https://a.b.friend.example"}, 200),
    ],
)
def test_b16_cross_site_calls_are_refused(
    client: Client, shop: ModuleType, headers: dict[str, str], status: int
) -> None:
    """Fetch metadata first, then the origin; allowed origins by one label or by any depth."""
    runtime.configure(allowed_origins=["*.partner.example", "**.friend.example"])
    assert post(client, shop.take.id, {"args": [{}]}, headers=headers).status_code == status
    assert client.post(f"/{shop.leave}", data={"a": "1"}, headers=headers).status_code == (
        303 if status == 200 else 403
    )


def test_b17_statuses(client: Client, shop: ModuleType) -> None:
    """413, 404 of its own kind, 400, 422 with paths, 405, 415."""
    ours = post(client, "unknown")
    assert (ours.status_code, ours.headers["x-directives-error"]) == (404, "unknown-function")
    theirs = client.post("/unknown")
    assert (theirs.status_code, theirs.data) == (404, b"the application's own")
    assert (
        client.post(f"/_directives/{shop.take.id}", data=b"\xa1", content_type="application/cbor").status_code
        == 400
    )
    assert client.get(f"/_directives/{shop.take.id}").status_code == 405
    assert (
        client.post(f"/_directives/{shop.take.id}", data=b"{}", content_type="text/plain").status_code == 415
    )
    assert post(client, shop.take.id, {"args": ["x" * (1 << 20)]}).status_code == 413
    unfit = post(client, shop.take.id, {"args": [], "kwargs": {"other": 1}})
    assert unfit.status_code == 422
    assert {problem["path"] for problem in content(unfit)["error"]["problems"]} == {"value", "other"}
    assert shop.seen == []


def test_b17_the_limit_is_a_setting_and_holds_before_decoding(client: Client, shop: ModuleType) -> None:
    """A body over the limit is refused whatever it holds."""
    runtime.configure(body_size_limit=50)
    nonsense = client.post(f"/_directives/{shop.take.id}", data=b"\xff" * 51, content_type="application/cbor")
    assert nonsense.status_code == 413
    assert post(client, shop.take.id, {"args": [{}]}).status_code == 200


def test_b18_errors_are_masked(client: Client, shop: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    """A generic message and a digest; the log has the same digest with the traceback."""
    response = post(client, shop.fail.id)
    error = content(response)["error"]
    assert response.status_code == 500
    assert b"inner secret" not in response.data
    assert error["digest"] in caplog.text
    assert "inner secret" in caplog.text
    runtime.configure(debug=True)
    shown = content(post(client, shop.fail.id))["error"]
    assert set(shown) == {*error, "traceback"}


def test_b18_an_expected_error_crosses_with_its_type_and_data(load: Load, client: Client) -> None:
    """An exception whose class was declared for callers is not masked; a Python client raises the same class."""
    module = load("""
        from directives.errors import ExpectedError
        class OutOfStock(ExpectedError, status=409):
            sku: str
            left: int
        async def order(sku: str):
            "use server"
            raise OutOfStock(sku, left=2)
    """)
    response = post(client, module.order.id, {"args": ["sencha"]})
    error = content(response)["error"]
    assert (response.status_code, error["kind"]) == (409, "expected")
    assert (error["type"], error["data"]) == ("shop_of_a_test.OutOfStock", {"sku": "sencha", "left": 2})
    with pytest.raises(module.OutOfStock) as caught:
        value_of(response.status_code, response.data)
    assert (caught.value.sku, caught.value.left) == ("sencha", 2)


def test_b19_no_store(client: Client, shop: ModuleType) -> None:
    """Every reply says ``Cache-Control: no-store``."""
    replies = [
        post(client, shop.take.id, {"args": [{}]}),
        post(client, shop.count.id, {"args": [2]}),
        post(client, shop.fail.id),
        post(client, shop.leave.id),
        post(client, shop.cannot.id),
        post(client, "unknown"),
        client.get(f"/_directives/{shop.take.id}"),
        client.post(f"/{shop.take}", data={"a": "1"}),
    ]
    assert [response.headers["cache-control"] for response in replies] == ["no-store"] * len(replies)


def test_b20_redirects(load: Load, client: Client, shop: ModuleType) -> None:
    """303 and Location for a plain form, a redirect reply to a program."""
    module = load(
        """
        "use server"
        async def leave(form):
            from directives.request import redirect
            redirect("/elsewhere")
    """,
        "another_shop",
    )
    form = client.post(f"/{module.leave}", data={"a": "1"})
    assert (form.status_code, form.location) == (303, "/elsewhere")
    assert content(post(client, shop.leave.id)) == {"redirect": "/elsewhere"}


def test_b22_items_are_streamed(client: Client, shop: ModuleType) -> None:
    """An async generator answers item by item."""
    response = post(client, shop.count.id, {"args": [3]}, buffered=False)
    assert response.mimetype == "application/cbor-seq"
    assert list(response.iter_encoded()) == [encode_cbor({"ok": number}) for number in range(3)]
