"""Addresses of pages, and the listing of their parameters."""

from __future__ import annotations

from typing import Any

import pytest

from directives.errors import SettingsError
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell import static_params
from directives.shell.listing import filled
from directives.shell.listing import listed
from directives.shell.target import Target
from tests.loading import settings

__all__ = ["settings"]


@pytest.mark.parametrize(
    ("address", "target", "written"),
    [
        ("/", Target("/"), "/"),
        ("/caf%C3%A9", Target("/café"), "/caf%C3%A9"),
        (
            "https://Shop.Example:8443/a",
            Target("/a", "shop.example:8443", "https"),
            "https://shop.example:8443/a",
        ),
        ("http://shop.example", Target("/", "shop.example"), "http://shop.example/"),
    ],
)
def test_an_address(address: str, target: Target, written: str) -> None:
    """A path for all hosts, or an address for one; written again as a browser asks for it."""
    assert Target.parse(address) == target
    assert str(target) == written


@pytest.mark.parametrize(
    "address",
    [
        "",
        "about",
        "/a?b=1",
        "/a#b",
        "//evil.example/a",
        "ftp://a/b",
        "https:///a",
        "/a b",
        "/a\\b",
        "http://a@b/",
    ],
)
def test_what_is_no_address(address: str) -> None:
    """Anything else is refused, and told what to write."""
    with pytest.raises(SettingsError, match="give a path such as /about"):
        Target.parse(address)


@pytest.mark.parametrize(
    ("pattern", "given", "path"),
    [
        ("/product/<id>", 7, "/product/7"),
        ("/product/<int:id>/", {"id": 7}, "/product/7/"),
        ("/{lang}/{page:path}", {"lang": "de", "page": "a/b"}, "/de/a/b"),
        ("/tag/<name>", "a b?c", "/tag/a%20b%3Fc"),
    ],
)
def test_a_pattern_is_filled(pattern: str, given: Any, path: str) -> None:
    """Patterns as Flask, Django and Starlette write them; values are quoted."""
    assert filled(pattern, given) == path


@pytest.mark.parametrize("given", [{}, {"id": 1, "other": 2}, {"other": 1}])
def test_parameters_that_do_not_fit(given: dict[str, int]) -> None:
    """What a listing gives has to be what the pattern asks for."""
    with pytest.raises(SettingsError, match="its parameters are id"):
        filled("/product/<id>", given)


def test_a_listing_is_beside_its_page(settings: Settings) -> None:
    """The pages of the settings come first, then those that are listed, each once; a listing may be a coroutine."""
    before = dict(runtime.listings)
    runtime.listings.clear()
    try:

        @static_params("/product/<sku>")
        async def products() -> list[str]:
            return ["tea", "salt", "tea"]

        runtime.configure(prerender=["/", "/product/salt"])
        assert [str(target) for target in listed(runtime)] == ["/", "/product/salt", "/product/tea"]
    finally:
        runtime.listings.clear()
        runtime.listings.update(before)


def test_a_pattern_without_a_parameter() -> None:
    """A path that needs no listing belongs into the setting."""
    with pytest.raises(SettingsError, match="takes a path with a parameter"):
        static_params("/about")
