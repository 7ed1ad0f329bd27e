"""Section C, what may be used where, each line by its number."""

from __future__ import annotations

import linecache
from functools import partial
from inspect import cleandoc

import pytest

from directives.errors import CacheScopeError
from directives.errors import NoRequestError
from directives.runtime import runtime
from tests.conformance.caching import page
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

READERS = ("cookies", "headers", "search_params")
HEAD = """
    from directives.cache import cache_life, cache_tag, memo
    from directives.request import connection, cookies, headers, search_params
    runs = []
"""


@pytest.mark.parametrize("kind", ["use cache", "use cache: remote"])
@pytest.mark.parametrize("name", [*READERS, "connection"])
def test_c08_request_data_is_out_of_reach(load: Load, kind: str, name: str) -> None:
    """In a shared cached function, and in what it calls: raised at once, with the fix named and the call underlined."""
    source = cleandoc(
        f"""{HEAD}
    def helper():
        return {name}()

    def stock():
        {kind!r}
        return helper()
    """
    )
    module = load(source)
    linecache.cache["shop_of_a_test.py"] = len(source), None, source.splitlines(True), "shop_of_a_test.py"
    with pytest.raises(CacheScopeError) as caught:
        page(module.stock)
    message = str(caught.value)
    assert message.startswith(f"{name}() was called while shop_of_a_test.stock ('{kind}') was being computed")
    assert ("'use cache: private'" in message) == (name != "connection")
    (note,) = caught.value.__notes__
    assert note.splitlines()[1:] == [f"    return {name}()", f"           {'^' * len(name)}^^"]


@pytest.mark.parametrize("name", READERS)
def test_c08_request_data_in_a_private_one(load: Load, name: str) -> None:
    """There it is the user's own; without a request the error is that there is none."""
    module = load(f"""{HEAD}
    def mine():
        'use cache: private'
        return dict({name}()).get("Who") or dict({name}()).get("who")
    """)
    answer = page(module.mine, "/?who=karl", who="karl", headers={"Who": "karl"})
    assert answer.text == "karl"
    with pytest.raises(NoRequestError):
        module.mine()


def test_c08_connection_in_a_private_one(load: Load) -> None:
    """It raises there too."""
    module = load(f"""{HEAD}
    def mine():
        'use cache: private'
        connection()
    """)
    with pytest.raises(CacheScopeError, match="Call it outside of cached functions"):
        page(module.mine)


def test_c09_the_memo_is_isolated(load: Load) -> None:
    """A cached function neither sees what the request remembers nor leaves anything there."""
    module = load(f"""{HEAD}
    @memo
    def user():
        runs.append(1)
        return len(runs)

    def stock():
        'use cache'
        return [user(), user()]
    """)
    assert page(lambda: [module.user(), module.stock(), module.user()]).text == "[1, [2, 2], 1]"
    assert page(lambda: [module.stock(), module.user(), module.user()]).text == "[[2, 2], 3, 3]"


def test_c19_a_private_result_is_the_clients_alone(load: Load) -> None:
    """It runs for each request, once; nothing is stored on the server; the response is nobody else's to keep."""
    module = load(f"""{HEAD}
    def mine():
        'use cache: private'
        runs.append(1)
        return cookies()["who"]
    """)
    for who in ("karl", "rosa", "karl"):
        answer = page(lambda: module.mine() + module.mine(), who=who)
        assert (answer.text, answer.headers["Cache-Control"]) == (who * 2, "private")
    assert len(module.runs) == 3
    assert all(store.handler.stats().entries == 0 for store in runtime.caches.reachable_stores())
    assert "Cache-Control" not in page(lambda: 1).headers


KINDS = f"""{HEAD}
    def regular():
        'use cache'
        return 1
    def remote():
        'use cache: remote'
        return 1
    def private():
        'use cache: private'
        return 1
    def regular_of(name):
        'use cache'
        return globals()[name]()
    def remote_of(name):
        'use cache: remote'
        return globals()[name]()
    def private_of(name):
        'use cache: private'
        return globals()[name]()
"""


def test_c20_nesting(load: Load) -> None:
    """Remote in remote and in regular are fine; the others are errors that name both functions."""
    module = load(KINDS)
    fine = [("remote", "remote"), ("regular", "remote"), ("regular", "regular"), ("private", "regular")]
    answers = page(lambda: [getattr(module, f"{outer}_of")(inner) for outer, inner in fine])
    assert answers.text == "[1, 1, 1, 1]"
    for outer, inner in [("private", "remote"), ("remote", "private"), ("regular", "private")]:
        with pytest.raises(CacheScopeError) as caught:
            page(partial(getattr(module, f"{outer}_of"), inner))
        assert f"shop_of_a_test.{inner} (" in str(caught.value)
        assert f"shop_of_a_test.{outer}_of (" in str(caught.value)


def test_c21_kinds_side_by_side(load: Load) -> None:
    """In one module each keeps its own results; a view and what it calls are cached independently."""
    module = load(KINDS)

    def show() -> int:
        return int(module.regular_of("regular") + module.remote() + module.private())

    assert page(show).text == "3"
    names = ("regular", "regular_of", "remote")
    counters = {name: vars(module)[name].__globals__["calls_"].cached.counters for name in names}
    assert {name: (each.fills, each.all_hits) for name, each in counters.items()} == dict.fromkeys(
        names, (1, 0)
    )
    assert page(show).text == "3"
    assert {name: (each.fills, each.all_hits) for name, each in counters.items()} == {
        "regular": (1, 0),
        "regular_of": (1, 1),
        "remote": (1, 1),
    }
    stores = runtime.caches
    assert [stores.store(name).handler.stats().entries for name in ("default", "remote")] == [2, 1]
