"""Forms as a page makes them: addresses, hidden fields, states, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import htpy
import jinja2
import pytest

from directives.errors import CacheScopeError
from directives.errors import EncodeError
from directives.forms import action_state
from directives.forms import form_of
from directives.integrations.jinja2 import install
from directives.runtime import configure
from tests.forms.browsing import SCRIPT
from tests.forms.browsing import SHOP
from tests.forms.browsing import Browser
from tests.forms.browsing import shown
from tests.forms.browsing import wsgi
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

NESTED = """
    from directives.forms import FormData

    ran = []

    def buyer(tea):
        async def buy(form: FormData):
            'use server'
            ran.append((len(tea), sorted(form)))
            if "fail" in form:
                raise ValueError("secret")
        return buy

    def other(amount):
        async def sell(form: FormData):
            'use server'
            ran.append((amount, sorted(form)))
        return sell
"""


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.fixture
def nested(load: Load) -> ModuleType:
    return load(NESTED, "nested_shop")


def serving(render: Callable[[], str]) -> Browser:
    return Browser(wsgi(render), on_loop=False)


def form(name: str, action: object, fields: object = "", shows: str = "<b></b><i></i>") -> str:
    return f'<form id="{name}" action="{action}" method="post">{fields}{shows}</form>'


def test_what_is_large_travels_in_a_hidden_field(nested: ModuleType) -> None:
    """Over the limit of an address the error names the field; with it the function gets all, and not the field."""
    buy = nested.buyer("mint" * 1000)
    with pytest.raises(EncodeError, match=r"`captured_size_limit` allows 3072.*\.fields"):
        str(buy)
    with serving(lambda: form("buy", buy.action, buy.fields)) as browser:
        text = browser.get()
        assert len(re.findall(r"_directives", text)) == 2
        assert browser.send(text, "buy", {"a": "1"}).status_code == 303
    assert nested.ran == [(4000, ["a"])]


def test_buttons_of_several_functions_in_one_form(nested: ModuleType) -> None:
    """Each ``formaction`` names its function, whether the values are in it or in fields beside each other."""
    buy, sell = nested.buyer("mint" * 1000), nested.other(2)
    both = f"{buy.fields}{sell.fields}"
    page = form("buy", buy.action, both) + form("sell", sell.action, both) + form("short", sell, both)
    with serving(lambda: page) as browser:
        text = browser.get()
        for button in ("buy", "sell"):
            assert browser.send(text, button, {"a": "1"}).status_code == 303
        assert browser.send(form("short", str(sell)), "short", {"a": "1"}).status_code == 303
    assert nested.ran == [(4000, ["a"]), (2, ["a"]), (2, ["a"])]


def test_what_a_field_says_is_sealed_for_its_function(nested: ModuleType) -> None:
    """A changed one, one of another function and two of one are refused, and nothing runs."""
    buy, sell = nested.buyer("mint"), nested.other(2)
    sealed = re.findall(r'value="([^"]+)"', buy.fields + sell.fields)
    name = f"_directives.{buy.id}"
    with serving(str) as browser:
        text = form("buy", buy.action)
        for value in (sealed[1], sealed[0][:-2], f"{sealed[0]}.{sealed[0]}", ""):
            assert browser.send(text, "buy", {name: value}).status_code in (400, 409)
        twice = form("buy", buy.action, str(buy.fields))
        body = {name: [sealed[0], sealed[0]]}
        assert browser.send(twice, "buy", body).status_code == 400  # type: ignore[arg-type]
    assert nested.ran == []


def test_a_state_cannot_be_changed_or_moved(shop: ModuleType) -> None:
    """What was sealed as captured values, for another function or not by us is no state."""
    _, counting = action_state(shop.count, 7, "a")
    sealed = str(counting).rpartition(".")[2]
    with serving(str) as browser:
        for function, state in ((shop.count, sealed[:-2] + "AA"), (shop.order, sealed), (shop.count, "x")):
            reply = browser.send(form("a", f"?_directives={function.id}..{state}"), "a", {"step": "1"})
            assert (reply.status_code, reply.headers["x-directives-error"]) == (400, "seal")
        good = browser.send(form("a", counting), "a", {"step": "1"}, SCRIPT)
        assert good.json()["ok"] == 8
    assert shop.ran == [(7, "1")]


def test_a_large_state_travels_in_a_hidden_field(load: Load) -> None:
    """The same field as captured values use; in an address it is refused with what to do instead."""
    module = load("""
        "use server"
        async def add(items: list[str], text: str) -> list[str]:
            return [*items, text]
        __all__ = ["add"]
    """)

    def page() -> str:
        items, adding = action_state(module.add, ["x" * 4000])
        return form("add", adding.action, adding.fields, f"<b>{len(items)}</b><i></i>")

    with pytest.raises(EncodeError, match=r"state of a form of .*add takes \d+ bytes.*form\.fields"):
        str(action_state(module.add, ["x" * 4000])[1])
    with serving(page) as browser:
        text = browser.get()
        for count in ("2", "3"):
            text = browser.send(text, "add", {"text": "y"}).text
            assert shown(text, "add") == [count, ""]


def test_a_state_that_cannot_travel_is_an_error(load: Load) -> None:
    """Before the page is sent, and after the function has run: masked, as a result that cannot be sent."""
    module = load("""
        "use server"
        async def spoil(state, form):
            return print
        __all__ = ["spoil"]
    """)
    with pytest.raises(EncodeError, match="the state of a form of .*spoil cannot travel"):
        str(action_state(module.spoil, print)[1])
    with serving(str) as browser:
        reply = browser.send(form("a", action_state(module.spoil, 1)[1]), "a", {"a": "1"})
        assert reply.status_code == 500


def test_forms_of_a_function_are_told_apart_by_what_it_captured(nested: ModuleType) -> None:
    """Each row has its own closure: the error is that of the row that was sent."""

    def page() -> str:
        forms = {tea: form_of(nested.buyer(tea)) for tea in ("mint", "sencha")}
        return "".join(
            form(tea, made, "", f"<b></b><i>{made.error or ''}</i>") for tea, made in forms.items()
        )

    with serving(page) as browser:
        reply = browser.send(browser.get(), "sencha", {"fail": "1"})
    assert (shown(reply.text, "mint")[1], shown(reply.text, "sencha")[1]) == (
        "",
        "The server function failed.",
    )


def test_a_page_has_its_own_query_after_a_form(shop: ModuleType) -> None:
    """The address keeps it, and nothing of what a visitor wrote ends the attribute."""
    with serving(lambda: form("order", shop.order)) as browser:
        text = browser.get("/page?page=2&x=%22&y='\"<script>")
        assert 'action="?page=2&x=%22&y=%27%22%3Cscript%3E&_directives=' in text
        reply = browser.send(text, "order", {"tea": "mint", "quantity": "1"})
    assert reply.headers["location"] == "/page?page=2&x=%22&y=%27%22%3Cscript%3E"


def test_templates_and_components(shop: ModuleType) -> None:
    """Jinja2, htpy and f-strings write the same address; nothing of it is escaped twice."""
    environment = jinja2.Environment(autoescape=True)
    install(environment)
    template = environment.from_string(
        "{% set state, form = action_state(count, 3, key=1) %}<form {{ form | form_attributes }}>{{ form.fields }}{{ state }}"
        "{{ form_of(order).problems }}{{ form.values.tea }}</form>"
    )
    text = template.render(count=shop.count, order=shop.order)
    assert text.startswith(f'<form action="?_directives={shop.count.id}..')
    assert re.search(
        rf'method="post"><input type="hidden" name="_directives.{shop.count.id}" value="\.', text
    )
    assert text.endswith('">3{}</form>')
    made = htpy.form(action=shop.order, method="post")[shop.order.fields, "x"]
    assert str(made) == f'<form action="?_directives={shop.order.id}" method="post">x</form>'
    assert f'<form action="{form_of(shop.order)}">' == f'<form action="?_directives={shop.order.id}">'


def test_where_there_is_no_form_to_make(shop: ModuleType, load: Load) -> None:
    """Something else than a server function, and a result that others see."""
    with pytest.raises(TypeError, match="form_of\\(\\) wants a server function, not function"):
        form_of(lambda: None)
    with pytest.raises(TypeError, match="action_state\\(\\) wants a server function, not str"):
        action_state("count", 0)  # type: ignore[arg-type]
    module = load(
        """
        from directives.forms import form_of
        def page(function):
            'use cache'
            return str(form_of(function))
        """,
        "cached_page",
    )
    with pytest.raises(CacheScopeError, match=r"form_of\(\) was called while .*page"):
        module.page(shop.order)


def test_a_state_is_bound_to_the_session(shop: ModuleType) -> None:
    """With ``captured_session`` set, another visitor's form is refused."""
    configure(captured_session=lambda request: request.headers.get("cookie"))

    def page() -> str:
        return form("a", action_state(shop.count, 0)[1])

    with serving(page) as browser:
        text = browser.get()
        assert browser.send(text, "a", {"step": "1"}, SCRIPT).status_code == 200
        stolen = browser.send(text, "a", {"step": "1"}, {**SCRIPT, "cookie": "session=other"})
        assert stolen.json()["error"]["kind"] == "seal"
    assert len(shop.ran) == 1
