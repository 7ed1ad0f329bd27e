"""``@use_cache``: a cached function where no import hook reaches."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from directives.cache import cache_life
from directives.cache import cache_tag
from directives.cache import use_cache
from directives.cache.life import CacheLife
from directives.cache.scope import RequestScope
from directives.cache.scope import set_scope
from directives.errors import DecoratorError
from directives.errors import NoRequestError
from directives.runtime import runtime
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

Typed = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.usefixtures("settings")


def typed(source: str, name: str = "__main__") -> dict[str, Any]:
    """What a text makes, run as if it was typed at a prompt; ``ran`` notes each run."""
    names: dict[str, Any] = {
        "__name__": name,
        "use_cache": use_cache,
        "ran": [],
        "CacheLife": CacheLife,
    }
    names |= {"cache_life": cache_life, "cache_tag": cache_tag}
    exec(compile(dedent(source), "<stdin>", "exec"), names)
    return names


def used_by(function: Callable[..., Any]) -> tuple[CacheLife | None, list[str]]:
    """The life and the tags that a page learns of which calls a function."""
    scope = RequestScope(runtime.caches, "/")

    async def page() -> None:
        set_scope(scope)
        result = function()
        if inspect.isawaitable(result):
            await result

    asyncio.run(page())
    return scope.inner, list(scope.tags)


def test_it_runs_once_for_equal_arguments() -> None:
    """By position, keyword or default; another type is another call."""
    made = typed("""
        @use_cache
        def stock(tea, page=1):
            ran.append(tea)
            return [tea, page]
    """)
    stock = made["stock"]
    assert stock("sencha") == stock("sencha", 1) == stock(page=1, tea="sencha") == ["sencha", 1]
    assert stock(1) == stock(True) == [1, 1]
    assert made["ran"] == ["sencha", 1, True]
    assert str(inspect.signature(stock)) == "(tea, page=1)"


def test_one_definition_with_several_stores() -> None:
    """A function that makes cached functions may be told their store; each keeps its own, whichever came first."""
    made = typed("""
        def make(store):
            @use_cache(store=store)
            def stock(tea):
                ran.append(store)
            return stock
    """)
    for store in "default", "private", "default":
        stock = made["make"](store)
        if store == "private":
            with pytest.raises(NoRequestError, match="'use cache: private'"):
                stock("sencha")
        else:
            stock("sencha")
    assert set(made["ran"]) == {"default"}


def test_coroutines_generators_and_methods() -> None:
    """All of them, as for the directive."""
    made = typed("""
        @use_cache()
        async def one(x):
            ran.append('one')
            return x

        @use_cache
        def items(x):
            ran.append('items')
            yield from range(x)

        @use_cache
        async def stream(x):
            ran.append('stream')
            yield x

        class Shop:
            @staticmethod
            @use_cache
            def open(): ran.append('open')

            @classmethod
            @use_cache
            def name(cls): ran.append('name'); return cls.__name__
    """)

    async def twice() -> list[Any]:
        return [(await made["one"](3), [x async for x in made["stream"](4)]) for _ in "ab"]

    assert asyncio.run(twice()) == [(3, [4])] * 2
    assert list(made["items"](2)) == list(made["items"](2)) == [0, 1]
    for _ in "ab":
        made["Shop"].open()
        assert made["Shop"].name() == "Shop"
    assert made["ran"] == ["one", "stream", "items", "open", "name"]


def test_captured_values_count() -> None:
    """Closures of the same code share a cached function, and have keys of their own."""
    made = typed("""
        def outer(user):
            @use_cache
            def page(x):
                ran.append(user)
                return user, x
            return page
    """)
    outer = made["outer"]
    assert [outer(user)(1) for user in ("eve", "karl", "eve")] == [("eve", 1), ("karl", 1), ("eve", 1)]
    assert made["ran"] == ["eve", "karl"]


@pytest.mark.parametrize("flavor", ["def", "async def"])
def test_life_and_tags_are_those_of_its_results(flavor: str) -> None:
    """What the function says itself is added; the shortest of each span counts."""
    made = typed(f"""
        @use_cache(life='hours', tags=['stock'])
        {flavor} stock():
            cache_life(expire=7200)
            cache_tag('tea')
    """)
    assert used_by(made["stock"]) == (CacheLife(300, 3600, 7200), ["stock", "tea"])


def test_a_life_may_be_a_value() -> None:
    """Instead of the name of a profile."""
    made = typed("@use_cache(life=CacheLife(30, 40, 50))\ndef stock(): pass")
    assert used_by(made["stock"]) == (CacheLife(30, 40, 50), [])


def test_typing_it_again_runs_it_anew() -> None:
    """Another body is another version; the same one is not."""
    source = "@use_cache\ndef stock(): return 1\nresult = stock()"
    assert typed(source)["result"] == 1
    assert typed(source.replace("1", "2"))["result"] == 2
    assert typed(source.replace("return 1", "ran.append(1)"))["ran"] == [1]
    assert typed(source.replace("return 1", "ran.append(1)"))["ran"] == []


def test_the_id_is_that_of_the_directive(load: Load) -> None:
    """The same hash over module, qualified name and signature."""
    load("def teas_on_sale(tea: str, *, page: int = 1) -> list: 'use cache'", "notebook")
    (directive,) = (f.record for f in runtime.caches.functions.values() if f.name == "notebook.teas_on_sale")
    typed("@use_cache\ndef teas_on_sale(tea: str, *, page: int = 1) -> list: pass", "notebook")
    (decorated,) = (f.record for f in runtime.caches.functions.values() if f.name == "notebook.teas_on_sale")
    assert decorated is not directive
    assert decorated.id == directive.id
    assert decorated.parameters == directive.parameters


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("@use_cache\nclass Stock: pass", DecoratorError, "was given a class"),
        ("@use_cache\n@staticmethod\ndef stock(): pass", DecoratorError, "write it below"),
        (
            "import functools\n@use_cache\n@functools.wraps(print)\ndef stock(): pass",
            DecoratorError,
            "a hit would skip",
        ),
        ("@use_cache(store='remot')\ndef stock(): pass", DecoratorError, "did you mean 'remote'"),
        ("@use_cache(life='hour')\ndef stock(): pass", ValueError, "did you mean 'hours'"),
        ("@use_cache(life=3600)\ndef stock(): pass", TypeError, "not int"),
        ("@use_cache(tags=[''])\ndef stock(): pass", ValueError, "1 to 256 characters"),
        ("@use_cache(tags=[1])\ndef stock(): pass", TypeError, "a tag is a text"),
    ],
)
def test_what_is_wrong_is_an_error_at_the_definition(
    source: str, error: type[Exception], message: str
) -> None:
    """The message says what to write."""
    with pytest.raises(error, match=message):
        typed(source)


def test_a_module_with_directives_has_no_decorators(load: Load) -> None:
    """What the hook has read says it in the function itself."""
    with pytest.raises(DecoratorError, match="write 'use cache' as the first statement of the function"):
        load("""
            from directives.cache import use_cache

            def one(): 'use cache'

            @use_cache
            def two(): pass
        """)
