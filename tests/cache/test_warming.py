"""Calls that a module declares to be made ahead."""

from __future__ import annotations

from types import ModuleType

import pytest

from directives.cache import warm
from directives.cache.warming import declared_in_code
from directives.runtime import runtime
from directives.settings import Settings
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    runs = []

    def label(tea: str, *, size: int = 1) -> str:
        'use cache: remote'
        runs.append(tea)
        return tea

    class Shop:
        @staticmethod
        def offers() -> int:
            'use cache'
            return 7

    def plain() -> int:
        return 7
"""


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


def test_declaring_computes_nothing(shop: ModuleType) -> None:
    """It is kept for the command; the same call is one."""
    shop.label.warm("sencha")
    warm(shop.label, "sencha")
    warm(shop.label, "assam", size=2)
    assert shop.runs == []
    calls = declared_in_code(runtime.caches.functions.values())
    assert [str(call) for call in calls if call.name.startswith("shop_of_a_test:")] == [
        "shop_of_a_test:label('sencha')",
        "shop_of_a_test:label('assam', size=2)",
    ]


def test_what_could_never_be_called_is_an_error_where_it_is_written(shop: ModuleType) -> None:
    """Arguments that are not the function's, a function that is not cached, one that nobody finds from outside."""
    with pytest.raises(TypeError, match="missing a required argument: 'tea'"):
        shop.label.warm(size=2)
    with pytest.raises(TypeError, match="takes a cached function"):
        warm(shop.plain)
    with pytest.raises(TypeError, match="at the top of a module"):
        warm(shop.Shop.offers)


def test_without_the_hook_it_says_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file is plain Python, where nothing is cached."""
    monkeypatch.setattr(runtime, "role", None)

    def label(tea: str) -> str:
        return tea

    warm(label, "sencha")
