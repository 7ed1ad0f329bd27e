"""What components are written with, on the Python that runs the tests; the end-to-end tests run it in browsers."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from directives.browser import CallError
from directives.browser import Event
from directives.browser import Markup
from directives.browser import ServerFunction
from directives.browser import concurrent
from directives.browser import html
from directives.browser import state
from directives.browser import wire
from directives.browser.entry import Island
from directives.browser.entry import begin
from directives.browser.entry import connect
from directives.browser.entry import end
from directives.browser.entry import event
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_json

VECTORS = json.loads((Path(__file__).parents[1] / "wire" / "vectors.json").read_text("utf-8"))["values"]
# What no island needs: numbers in blocks, and time zones, which browsers' Pythons do not have; and what is no plain value.
ELSEWHERE = ("array", "memoryview", "zone", "function", "file", "form", "markup")
HERE = [
    vector
    for vector in VECTORS
    if not any(f'["{tag}"' in vector["json"] for tag in ELSEWHERE) and "ZoneInfo" not in vector["value"]
]


def read(text: str) -> Any:
    """The value of a text as the server reads it."""
    return decode_json(text.encode(), Budget())


class Page:
    """The page around the islands: keeps what it is told, and answers calls."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.failed: list[tuple[str, str]] = []
        self.went: list[str] = []
        self.sent: list[tuple[str, Any]] = []
        self.replies: list[Any] = []
        self.turns: list[bool] = []

    def render(self, number: int, html: str) -> None:
        self.shown.append(html)

    def fail(self, number: int, phase: str, text: str) -> None:
        self.failed.append((phase, text))

    async def ask(self, id: str, body: str, concurrent: int) -> str:
        self.sent.append((id, json.loads(body)))
        self.turns.append(not concurrent)
        return json.dumps(self.replies.pop(0))

    def open(self, id: str, body: str) -> int:
        self.sent.append((id, json.loads(body)))
        return 7

    async def item(self, number: int) -> str:
        return json.dumps(self.replies.pop(0)) if self.replies else ""

    def go(self, address: str) -> None:
        self.went.append(address)


@pytest.fixture
def page() -> Iterator[Page]:
    """A page without islands."""
    page = Page()
    connect(page)
    yield page
    Island.running.clear()


@pytest.fixture
def run(page: Page) -> Iterator[Callable[..., None]]:
    """Starts a component, and then does things one after the other until nothing is left to do."""
    module = ModuleType("shop_of_a_page")
    sys.modules[module.__name__] = module

    def run(component: Any, *acts: Callable[[], Any], children: str | None = None, **properties: Any) -> None:
        module.Component = component  # type: ignore[attr-defined]

        async def program() -> None:
            begin(1, module.__name__, "Component", wire.encode(properties), children)
            for act in (lambda: None, *acts):
                act()
                for _ in range(10):
                    await asyncio.sleep(0)

        asyncio.run(program())

    yield run
    del sys.modules[module.__name__]


def click(page: Page, **facts: Any) -> None:
    """Click what has a handler."""
    name = page.shown[-1].split('data-on-click="')[1].split('"')[0]
    event(1, name, json.dumps({"type": "click", **facts}))


def test_markup_escapes_what_is_no_markup() -> None:
    """Texts are escaped; markup, lists and generators of it, numbers with a format and ``None`` stand as they should."""
    made = html(
        "<p title='{title}'>{} {parts} {none} {price:.2f} {on} {other}</p>",
        "a < b",
        title="'\"&",
        parts=(html("<b>{}</b>", each) for each in "x>"),
        none=None,
        price=1.005,
        on=state(Markup("<i>")),
        other={"<": 1},
    )
    assert str(made) == (
        "<p title='&#39;&#34;&amp;'>a &lt; b <b>x</b><b>&gt;</b>  1.00 <i> {&#39;&lt;&#39;: 1}</p>"
    )


def test_functions_in_markup_are_handlers() -> None:
    """Named the same as long as they are the same, and known to the markup around."""

    def add() -> None: ...

    inner = html("<button data-on-click='{add}'>", add=add)
    outer = html("{}{}", inner, [inner])
    assert list(outer.handlers.values()) == [add]
    assert str(outer).count(next(iter(outer.handlers))) == 2


def test_a_component_without_a_view_is_shown_once(run: Callable[..., None], page: Page) -> None:
    """What it returns is markup; a text is text; its children are markup."""
    run(lambda name, children: html("<p>{} {}</p>", name, children), name="<A>", children="<b>c</b>")
    run(lambda: "<no markup>")
    assert page.shown == ["<p>&lt;A&gt; <b>c</b></p>", "&lt;no markup&gt;"]


def test_a_view_is_rendered_once_for_all_changes_of_a_moment(run: Callable[..., None], page: Page) -> None:
    """A handler changes states, and what was read of them is shown anew."""

    def component(start: int) -> Any:
        count, unread = state(start), state(0)

        def more(event: Event) -> None:
            for _ in range(3):
                count.value += int(event.data["step"])
            unread.value += 1

        return lambda: html("<button data-on-click='{}'>{}</button>".replace("'", '"'), more, count)

    run(component, lambda: click(page, data={"step": "2"}), start=1)
    assert [text.split(">")[1].split("<")[0] for text in page.shown] == ["1", "7"]


def test_a_change_in_place_is_said(run: Callable[..., None], page: Page) -> None:
    """An ``append`` is no assignment."""
    rows = state([1])
    run(lambda: lambda: html("{}", len(rows.value)), lambda: rows.value.append(2), rows.changed)
    assert page.shown == ["1", "2"]


def test_a_handler_awaits_server_functions(run: Callable[..., None], page: Page) -> None:
    """A property that is one is called over the page, and its captures go back as they came."""

    def component(save: ServerFunction) -> Any:
        left = state(0)

        async def buy(event: Event) -> None:
            left.value = await save("tea", quantity=2)

        return lambda: html('<button data-on-click="{}">{}</button>', buy, left)

    page.replies = [[200, {"ok": 5}]]
    run(component, lambda: click(page), save=ServerFunction("a" * 40, bound="sealed"))
    assert page.sent == [("a" * 40, {"args": ["tea"], "kwargs": {"quantity": 2}, "bound": "sealed"})]
    assert page.turns == [True]
    assert ">5<" in page.shown[-1]


def test_a_call_that_is_concurrent_waits_for_no_other(page: Page) -> None:
    """It is the same call otherwise."""
    save = ServerFunction("a" * 40, bound="sealed")
    page.replies = [[200, {"ok": 5}], [200, {"ok": 6}]]
    assert asyncio.run(concurrent(save)("tea")) == 5
    assert asyncio.run(save("tea")) == 6
    assert page.turns == [False, True]
    assert page.sent[0] == page.sent[1]


@pytest.mark.parametrize("phase", ["start", "render", "event"])
def test_what_fails_is_told_and_nothing_else_stops(run: Callable[..., None], page: Page, phase: str) -> None:
    """With a traceback; what was shown stays."""

    def component() -> Any:
        if phase == "start":
            raise ValueError("no start")
        return view

    def view() -> Markup:
        if phase == "render":
            raise ValueError("no view")
        return html('<a data-on-click="{}">', fails)

    async def fails(event: Event) -> None:
        raise ValueError("no event")

    run(component, *([lambda: click(page)] if phase == "event" else []))
    ((where, text),) = page.failed
    assert where == phase
    assert "Traceback" in text
    assert "ValueError: no " in text


def test_an_island_that_has_left_is_not_shown(run: Callable[..., None], page: Page) -> None:
    """Nor told of events."""
    count = state(0)
    run(
        lambda: lambda: html("{}", count),
        lambda: end(1),
        lambda: setattr(count, "value", 1),
        lambda: event(1, "f", "{}"),
    )
    assert page.shown == ["0"]


def test_failed_calls_are_errors(page: Page) -> None:
    """With what the endpoint says; and what is no reply of it is ``protocol``."""
    place_order = ServerFunction("b" * 40, "place_order")
    page.replies = [
        [
            409,
            {"error": {"kind": "expected", "message": "Sold out.", "type": "SoldOut", "data": {"left": 0}}},
        ],
        [502, {}],
    ]

    async def program() -> None:
        with pytest.raises(CallError, match="expected: Sold out") as caught:
            await place_order()
        assert (caught.value.status, caught.value.type, caught.value.data) == (409, "SoldOut", {"left": 0})
        with pytest.raises(CallError, match="protocol") as caught:
            await place_order()

    asyncio.run(program())


def test_redirects_are_followed_by_the_page(page: Page) -> None:
    """The call gives nothing."""
    page.replies = [[200, {"redirect": "/thanks"}]]
    assert asyncio.run(ServerFunction("c" * 40)()) is None
    assert page.went == ["/thanks"]


def test_streams_are_looped_over(page: Page) -> None:
    """Item by item; an error in between is raised there."""
    page.replies = [[200, {"ok": 1}], [200, {"error": {"kind": "internal", "message": "x"}}]]
    seen: list[int] = []

    async def program() -> None:
        async for item in ServerFunction("d" * 40, stream=True)(3):
            seen[:] = [*seen, item]

    with pytest.raises(CallError, match="internal"):
        asyncio.run(program())
    assert seen == [1]


@pytest.mark.parametrize("vector", HERE, ids=lambda vector: vector["value"][:40])
def test_values_are_those_of_the_wire_format(vector: dict[str, str]) -> None:
    """What the server writes is read as the same value, and written so that the server reads it."""
    expected = read(vector["json"])
    value = wire.decode(json.loads(vector["json"]), ServerFunction)
    assert repr(value) == repr(expected)
    assert repr(read(wire.encode(value))) == repr(expected)


def test_what_cannot_travel_is_named() -> None:
    """Before anything is sent."""
    with pytest.raises(TypeError, match="object cannot travel"):
        wire.encode([object()])
    with pytest.raises(ValueError, match="'array'"):
        wire.decode({"$": ["array", ["i1", ""]]}, ServerFunction)
