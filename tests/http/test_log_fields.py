"""What records of the log hold besides their message."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    'use server'
    from directives.errors import ExpectedError

    class SoldOut(ExpectedError):
        tea: str

    async def order(tea: str):
        raise SoldOut(tea) if tea == "sencha" else ValueError(tea)
"""


def fields(record: logging.LogRecord) -> dict[str, Any]:
    prefix = "directives_"
    return {name[len(prefix) :]: value for name, value in vars(record).items() if name.startswith(prefix)}


def test_records_of_calls(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """They name the function and the kind; the digest is the one that the caller was told."""
    caplog.set_level(logging.INFO, "directives")
    shop = load(SHOP)
    client = Client(DirectivesMiddleware(Response("a page")))
    path = f"/_directives/{shop.order.id}"
    told = client.post(path, json={"args": ["assam"]}).json["error"]
    client.post(path, json={"args": ["sencha"]})
    client.post(path, json={"args": [1]})
    client.post("/_directives/made-up", json={})
    client.post(f"/page{shop.order}", data={"tea": "assam"})
    function = "shop_of_a_test.order"
    failed, expected, unfit, unknown, form = map(fields, caplog.records)
    assert failed == {"function": function, "kind": "internal", "digest": told["digest"]}
    assert expected == {"function": function, "kind": "expected", "type": "shop_of_a_test.SoldOut"}
    assert unfit == {"function": function, "kind": "arguments"}
    assert unknown == {"kind": "unknown-function"}
    assert form["function"] == function


def test_records_of_caches(
    load: Load, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hit and miss names the function, and why."""
    monkeypatch.setenv("DIRECTIVES_DEBUG_CACHE", "1")
    shop = load(
        """
        def stock(tea: str):
            'use cache'
            return 1
        """
    )
    caplog.set_level(logging.DEBUG, "directives.cache")
    shop.stock("sencha"), shop.stock("sencha")
    miss, fill, hit = map(fields, caplog.records)
    assert miss == {"function": "shop_of_a_test.stock", "event": "miss", "reason": "never seen"}
    assert (fill.pop("seconds") >= 0, fill["event"]) == (True, "fill")
    assert hit == {"function": "shop_of_a_test.stock", "event": "hit"}
