"""What passes through a cached function: markup and server functions."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jinja2
import pytest
from markupsafe import Markup
from markupsafe import escape

from directives import ServerFunction
from directives import use_server
from directives.cache import use_cache
from directives.errors import CacheKeyError
from directives.errors import SlotError
from directives.runtime import runtime

# Of the module: what a function captures is part of its keys.
RAN: list[Any] = []
GATE = threading.Event()
TEMPLATES = jinja2.Environment(autoescape=True)
PLAIN_TEMPLATES = jinja2.Environment(autoescape=False)
pytestmark = pytest.mark.usefixtures("settings", "undecorated")


class Element:
    """What a markup library makes: rendered when it is asked for, and called for more of it."""

    def __init__(self, *children: Any) -> None:
        self.children = children

    def __call__(self, **attributes: str) -> Element:
        raise AssertionError("nobody calls what passes through")

    def __html__(self) -> Markup:
        return Markup("<p>%s</p>") % Markup("").join(self.children)

    __str__ = __html__


@dataclass
class Box:
    """A value of a user's."""

    content: str


class Note(Element):
    """Markup that is another text elsewhere."""

    def __str__(self) -> str:  # type: ignore[override]
        return "a note"


@pytest.fixture(autouse=True)
def _anew() -> None:
    """No runs are noted yet."""
    RAN.clear()


@pytest.fixture
def buy() -> ServerFunction[..., Any]:
    """A server function."""

    @use_server
    async def buy(count: int) -> int:
        return count

    return buy


WAYS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda children: children,
    "in containers": lambda children: {"a": [children, (1, children)]},
    "jinja": lambda children: TEMPLATES.from_string("<a>{{ c }}</a>").render(c=children),
    "jinja without escaping": lambda children: PLAIN_TEMPLATES.from_string("<a>{{ c }}</a>").render(c=children),
    "jinja in a loop": lambda children: TEMPLATES.from_string("{% for c in l %}{{ c }},{% endfor %}").render(l=[children]),
    "jinja concatenation": lambda children: TEMPLATES.from_string("{{ 'x<' ~ c }}").render(c=children),
    "an f-string": lambda children: f"<a>{children}</a>",
    "str": str,
    "percent": lambda children: "<a>%s</a>" % children,  # noqa: UP031
    "percent of markup": lambda children: Markup("<a>%s</a>") % children,
    "percent of a mapping": lambda children: Markup("<a>%(c)s</a>") % {"c": children},
    "format": "<a>{}</a>".format,
    "format of markup": Markup("<a>{}</a>").format,
    "escape": escape,
    "a join of markup": lambda children: Markup(", ").join(["<", children]),
    "an element": lambda children: Markup(Element("<", children).__html__()),
    "twice": lambda children: f"{children}{children}",
    "not at all": lambda children: None,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [Markup, Element], ids=["markup", "element"])
def test_the_output_is_that_of_the_function_itself(way: str, kind: Callable[[str], Any]) -> None:
    """For the first call and for a hit, whose own value it holds; the function runs once."""

    @use_cache
    def layout(children: Any) -> Any:
        RAN.append(children)
        return WAYS[way](children)

    for text in ("<b>one</b>", "two & three"):
        given = kind(text)
        found, expected = layout(given), WAYS[way](given)
        assert found == expected
        assert type(found) is type(expected)
    assert len(RAN) == 1


JOINS: dict[str, Callable[[Any], Any]] = {
    "join": lambda children: "".join(["<", *[children]]),
    "+": lambda children: children + "<",
    "+ from the left": lambda children: "<" + children,
    "+ of markup": lambda children: Markup("<hr>") + children,
}


@pytest.mark.parametrize("way", JOINS)
def test_markup_is_a_text(way: str) -> None:
    """It is joined and added as the text that it is."""

    @use_cache
    def layout(children: Markup) -> Any:
        return JOINS[way](children)

    for given in (Markup("<b>"), Markup("<i>")):
        assert layout(given) == JOINS[way](given)


def test_a_text_holds_the_text_and_markup_the_markup() -> None:
    """As without the cache."""

    @use_cache
    def layout(note: Any) -> Any:
        return f"{note}", str(note), f"{note:}", Markup("%s") % note

    for given in (Note("a"), Note("b")):
        assert layout(given) == ("a note", "a note", "a note", given.__html__())


def test_an_element_that_a_function_makes_is_kept_as_markup() -> None:
    """With what passed through inside it."""

    @use_cache
    def card(children: Any) -> Any:
        return [Element("a<b", children)]

    assert card(Markup("<b>")) == [Markup("<p>a&lt;b<b></p>")]
    assert card(Markup("<i>")) == [Markup("<p>a&lt;b<i></p>")]
    assert type(card(Markup("<i>"))[0]) is Markup


def test_a_server_function_passes_through(buy: ServerFunction[..., Any]) -> None:
    """It is this call's very function, in the result and in its markup."""

    @use_cache
    async def form(action: Any, label: str) -> Any:
        RAN.append(label)
        return action, TEMPLATES.from_string('<form action="{{ a }}">').render(a=action)

    @use_server
    async def sell(count: int) -> int:
        return -count

    for function in (buy, sell):
        action, markup = asyncio.run(form(function, "go"))
        assert action is function
        assert markup == f'<form action="{function}">'
    assert RAN == ["go"]


def test_other_arguments_still_count() -> None:
    """And so does where something passes through, and whether it is there."""

    @use_cache
    def layout(*parts: Any, **more: Any) -> Any:
        RAN.append(parts)
        return [*parts, more]

    one, two = Markup("1"), Element("2")
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((one,), {}), ((one, 1), {}), ((1, one), {}), ((None,), {}), (([one],), {}), ((), {"a": one}), ((), {"b": [one]}),
        ((two,), {}), (({"a": two},), {}),
    ]  # fmt: skip
    for _ in range(2):
        for args, kwargs in calls:
            assert layout(*args, **kwargs) == [*args, kwargs]
    assert len(RAN) == len(calls)


def test_generators_and_methods() -> None:
    """The items are filled in one by one; a method's object is a value."""

    @use_cache
    def items(children: Any) -> Any:
        yield "<li>"
        yield children

    @use_cache
    async def stream(children: Any) -> Any:
        yield f"<li>{children}"

    async def collect(children: Any) -> list[Any]:
        return [item async for item in stream(children)]

    for given in (Markup("1"), Markup("2")):
        assert list(items(given)) == ["<li>", given]
        assert asyncio.run(collect(given)) == [f"<li>{given}"]


def test_through_two_cached_functions() -> None:
    """What passes through the outer one may pass through the inner one too."""

    @use_cache
    def inner(children: Any) -> Any:
        RAN.append("inner")
        return f"<i>{children}</i>", children

    @use_cache
    def outer(children: Any) -> Any:
        RAN.append("outer")
        return [*inner(children), *inner(Markup("<hr>"))]

    for given in (Markup("1"), Markup("2")):
        assert outer(given) == [f"<i>{given}</i>", given, "<i><hr></i>", Markup("<hr>")]
    assert RAN == ["outer", "inner"]


INSIDE: dict[str, Callable[[Any], Any]] = {
    "len()": len,
    "==": lambda c: c == "x",
    "hash()": lambda c: {c: 1},
    "whether it is empty": lambda c: c or "nothing",
    "a part of it": lambda c: c[0],
    "its parts": list,
    ".upper": lambda c: c.upper(),
    ".children": lambda c: c.children,
    "format '>10'": lambda c: f"{c:>10}",
    "%": lambda c: c % 1,
    "what is in it": lambda c: "x" in c,
}


@pytest.mark.parametrize("tried", INSIDE)
def test_looking_inside_is_an_error(tried: str) -> None:
    """It names function and argument, says what was tried, and underlines it; nothing is kept."""

    @use_cache
    def layout(title: str, parts: Any) -> Any:
        return INSIDE[tried](parts["head"][0])

    for _ in range(2):
        with pytest.raises(SlotError) as failed:
            layout("x", {"head": [Markup("x")]})
        assert f"layout() looks inside its argument parts['head'][0]: {tried}." in str(failed.value)
        assert "test_slots.py" in failed.value.__notes__[0]


def test_calling_a_server_function_is_an_error(buy: ServerFunction[..., Any]) -> None:
    """It is the caller's, and the result is everybody's."""

    @use_cache
    async def form(action: Any) -> Any:
        return await action(1)

    with pytest.raises(SlotError, match=r"argument action: a call\.") as failed:
        asyncio.run(form(buy))
    assert "return await action(1)" in failed.value.__notes__[0]


CHANGES: dict[str, Callable[[str], Any]] = {
    "JSON": json.dumps,
    "a URL": quote,
    "upper case": str.upper,
    "cut": lambda text: text[: len(text) // 2],
    "cut in a list": lambda text: [text[10:]],
    "cut in a key": lambda text: {text[10:]: 1},
    "in bytes": str.encode,
    "in a set": lambda text: {text},
    "in a dataclass": lambda text: [Box(text)],
    "cut in an element": lambda text: Element(text[10:]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_mark_is_an_error_and_never_reaches_a_client(change: str) -> None:
    """What was cut or encoded would not be found again: nothing is kept."""

    @use_cache
    def layout(children: Any) -> Any:
        return CHANGES[change](f"{children}")

    for _ in range(2):
        with pytest.raises(SlotError, match="changes the text that stands for children"):
            layout(Markup("x"))


def test_values_of_other_types_stand_beside_it() -> None:
    """What is no text, list, tuple or dict is kept as it is."""

    @use_cache
    def layout(children: Any) -> Any:
        return [children, Box("x"), {1}, b"x", 1.5, None]

    for given in (Markup("1"), Markup("2")):
        assert layout(given) == [given, Box("x"), {1}, b"x", 1.5, None]


def test_texts_that_look_like_marks_are_left_alone() -> None:
    """Nobody can guess the marks of a call."""

    @use_cache
    def layout(title: str, children: Any) -> Any:
        RAN.append(str(children))
        return f"{title}{children}"

    assert layout("a", Markup("1")) == "a1"
    assert layout(RAN[0], Markup("2")) == f"{RAN[0]}2"
    assert layout("\x1a0h\x1a", Markup("3")) == "\x1a0h\x1a3"


def test_captured_markup_counts() -> None:
    """The function sees it as it is, so that it is part of the key."""

    def page(note: Any) -> Any:
        @use_cache
        def layout(x: int) -> str:
            return f"{note}{len(note)}{x}"

        return layout(1)

    assert [page(Markup("a")), page(Markup("bb")), page("a")] == ["a11", "bb21", "a11"]


def test_what_is_neither_value_nor_markup_is_refused_at_once() -> None:
    """An instance of an unknown class, a plain function: nearly every function looks at what it is given."""

    @use_cache
    def layout(x: Any, children: Any) -> Any:
        return [x, children]

    for given in (object(), len, threading.Lock()):
        with pytest.raises(CacheKeyError, match="argument x"):
            layout(given, Markup("x"))


def test_callers_at_one_time_get_their_own() -> None:
    """Those who wait for one computation share its result, not what passed through it."""

    @use_cache
    def layout(children: Any) -> Any:
        RAN.append(1)
        GATE.wait(5)
        return f"<a>{children}</a>"

    found: dict[int, str] = {}
    threads = [threading.Thread(target=lambda n=n: found.__setitem__(n, layout(Markup(n)))) for n in range(8)]
    for thread in threads:
        thread.start()
    GATE.set()
    for thread in threads:
        thread.join()
    assert found == {n: f"<a>{n}</a>" for n in range(8)}
    assert len(RAN) == 1


def test_in_a_store_of_bytes(tmp_path: Any) -> None:
    """What is kept elsewhere holds no value that passed through, and is filled in like any other."""

    @use_cache(store="remote")
    def layout(children: Any) -> Any:
        return {"markup": Markup("<b>%s</b>") % children, "itself": children}

    for text in ("the first secret", "the second"):
        given = Markup(text)
        assert layout(given) == {"markup": f"<b>{text}</b>", "itself": given}
    kept = b"".join(path.read_bytes() for path in tmp_path.glob(".directives/cache.db*"))
    assert b"markup" in kept
    assert b"the first secret" not in kept


def test_a_stale_result_is_refreshed_with_slots_too() -> None:
    """In the background, from what the call was given then."""
    runtime.configure(cache_life={"blink": {"stale": 30, "revalidate": 0, "expire": 60}})

    @use_cache(life="blink")
    def layout(parts: list[Any]) -> Any:
        RAN.append(len(parts))
        return [f"<a>{part}</a>" for part in parts]

    given = [Markup("1")]
    assert layout(given) == ["<a>1</a>"]
    assert layout([Markup("2")]) == ["<a>2</a>"]
    given.append(Markup("3"))
    deadline = time.monotonic() + 60
    while len(RAN) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert RAN[:2] == [1, 1]
