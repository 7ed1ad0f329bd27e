"""The origin check, rule by rule."""

from __future__ import annotations

import pytest

from directives.errors import SettingsError
from directives.http.origin import OriginPolicy

HOST = "shop.example"


@pytest.mark.parametrize(
    ("site", "origin", "host", "permitted"),
    [
        (None, None, HOST, True),
        ("same-origin", None, HOST, True),
        ("none", None, HOST, True),
        ("same-origin", "https://shop.example", HOST, True),
        (None, "https://shop.example", HOST, True),
        (None, "http://shop.example", HOST, True),
        (None, "https://SHOP.example", "Shop.Example", True),
        (None, "https://shop.example", "shop.example:443", True),
        (None, "http://127.0.0.1:8000", "127.0.0.1:8000", True),
        (None, "http://[::1]:8000", "[::1]:8000", True),
        (None, "null", HOST, False),
        ("same-origin", "null", HOST, False),
        (None, "", HOST, False),
        (None, "https://evil.example", HOST, False),
        (None, "https://shop.example.evil.example", HOST, False),
        (None, "https://evilshop.example", HOST, False),
        (None, "https://shop.example:8443", HOST, False),
        (None, "http://shop.example", "shop.example:443", False),
        (None, "shop.example", HOST, False),
        (None, "ftp://shop.example", HOST, False),
        (None, "https://shop.example@evil.example", HOST, False),
        (None, "https://", "", False),
        ("cross-site", None, HOST, False),
        ("cross-site", "https://shop.example", HOST, False),
        ("cross-site", "null", HOST, False),
        ("same-site", "https://other.shop.example", HOST, False),
    ],
)
def test_without_allowed_origins(site: str | None, origin: str | None, host: str, permitted: bool) -> None:
    """Programs and the server's own pages may call; everybody else, ``null`` included, may not."""
    assert OriginPolicy(()).permits(site, origin, host) is permitted


@pytest.mark.parametrize(
    ("entry", "origin", "permitted"),
    [
        ("partner.example", "https://partner.example", True),
        ("partner.example", "http://partner.example", True),
        ("PARTNER.example", "https://partner.EXAMPLE", True),
        ("partner.example", "https://a.partner.example", False),
        ("partner.example", "https://partner.example:8443", False),
        ("partner.example:8443", "https://partner.example:8443", True),
        ("partner.example", "https://partnerXexample", False),
        ("https://partner.example", "https://partner.example", True),
        ("https://partner.example", "http://partner.example", False),
        ("https://partner.example:443", "https://partner.example", True),
        ("*.partner.example", "https://a.partner.example", True),
        ("*.partner.example", "https://a.b.partner.example", False),
        ("*.partner.example", "https://partner.example", False),
        ("*.partner.example", "https://.partner.example", False),
        ("*.partner.example", "https://evilpartner.example", False),
        ("*.partner.example", "https://x:y@a.partner.example", False),
        ("**.partner.example", "https://a.partner.example", True),
        ("**.partner.example", "https://a.b.c.partner.example", True),
        ("**.partner.example", "https://partner.example", False),
        ("**.partner.example", "https://evil.example/.partner.example", False),
        ("https://*.partner.example:8443", "https://a.partner.example:8443", True),
        ("partner.example", "null", False),
    ],
)
@pytest.mark.parametrize("site", [None, "cross-site", "same-site"])
def test_with_an_allowed_origin(site: str | None, entry: str, origin: str, permitted: bool) -> None:
    """One star is one label, two are any number, and neither is the host itself."""
    assert OriginPolicy([entry]).permits(site, origin, HOST) is permitted


def test_an_allowed_origin_helps_only_who_sends_it() -> None:
    """A cross-site request without an origin stays foreign."""
    assert not OriginPolicy(["**.example"]).permits("cross-site", None, HOST)


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "**",
        "*.",
        "https://*",
        "a.*.example",
        "*a.example",
        "***.example",
        "null",
        "a b",
        "a/b",
        "ftp://a.example",
        "",
    ],
)
def test_entries_that_mean_too_much_or_nothing(entry: str) -> None:
    """A bare star, stars elsewhere and things that are no host are errors of the setting."""
    if entry == "null":
        assert not OriginPolicy([entry]).permits(None, "null", HOST)
        return
    with pytest.raises(SettingsError, match="allowed_origins"):
        OriginPolicy([entry])
