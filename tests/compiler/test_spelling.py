from __future__ import annotations

import pytest

from directives.compiler import CompilerSettings
from directives.compiler.spelling import distance
from directives.compiler.spelling import is_directive
from directives.compiler.spelling import meant
from directives.compiler.spelling import nearest_store

STORES = CompilerSettings().stores


@pytest.mark.parametrize(
    "text",
    [
        "use server",
        "use client",
        "use cache",
        "use cache: default",
        "use cache: remote",
        "use cache: private",
    ],
)
def test_directives(text: str):
    """These texts, to the letter."""
    assert is_directive(text, STORES)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("use sever", "use server"),
        ("use-server", "use server"),
        ("use_server", "use server"),
        ("useServer", "use server"),
        ("Use server.", "use server"),
        ("USE SERVER", "use server"),
        ("use servers", "use server"),
        ("use erver", "use server"),
        ("use action", "use server"),
        ("use server actions", "use server"),
        ("use cleint", "use client"),
        ("use client;", "use client"),
        ("use cahce", "use cache"),
        ("use  cache", "use cache"),
        ("use cache ", "use cache"),
        ("use caches", "use cache"),
        ("use cache:", "use cache"),
        ("use cache:remote", "use cache: remote"),
        ("use cache : default", "use cache: default"),
        ("use cache private", "use cache: private"),
        ("use cache (remote)", "use cache: remote"),
        ("use cache: Remotee", "use cache: remote"),
        ("use cahce: remote", "use cache: remote"),
        ("use chache: private", "use cache: private"),
        ("use caches: Defualt", "use cache: default"),
    ],
)
def test_near_misses(text: str, wanted: str):
    """What people write when they mean a directive, and which one they mean."""
    assert not is_directive(text, STORES)
    assert meant(text, STORES) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "use",
        "use case",
        "Use cases.",
        "use caching",
        "use case: remote",
        "use cached: prices",
        "use the server",
        "use the cache of the server",
        "users",
        "user service",
        "uses clients of other people",
        "server",
        "client",
        "use strict",
        "use asm",
        "reuse servers that are idle",
        "use server-side rendering for pages that search engines read",
    ],
)
def test_ordinary_strings(text: str):
    """What people write when they mean none."""
    assert not is_directive(text, STORES)
    assert meant(text, STORES) is None


def test_stores_come_from_the_settings():
    """A configured store makes its directive legal, and near misses of it are known."""
    stores = STORES | {"fast"}
    assert is_directive("use cache: fast", stores)
    assert not is_directive("use cache: fast", STORES)
    assert meant("use cache:fats", stores) == "use cache: fast"


@pytest.mark.parametrize(
    ("name", "store"),
    [("remot", "remote"), ("REMOTE", "remote"), ("privat", "private"), ("redis", None), ("x", None)],
)
def test_the_nearest_store(name: str, store: str | None):
    """A store is suggested when it is close, and only then."""
    assert nearest_store(name, STORES) == store
    assert nearest_store(name, frozenset()) is None


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [
        ("", "", 0),
        ("a", "a", 0),
        ("ab", "ba", 1),
        ("ab", "b", 1),
        ("ab", "acb", 1),
        ("abc", "xyz", 3),
        ("", "abc", 3),
    ],
)
def test_edit_distance(left: str, right: str, edits: int):
    """Inserting, dropping, changing and swapping neighbours count one each, both ways round."""
    assert distance(left, right, 5) == distance(right, left, 5) == edits
    assert distance(left, right, 1) == min(edits, 2)
