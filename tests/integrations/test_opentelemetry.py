"""Spans and metrics of OpenTelemetry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any

import httpx
import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

if TYPE_CHECKING:
    from tests.integrations.telemetry import Watched

__all__ = ["load", "settings"]

pytestmark = pytest.mark.slow

SHOP = """
    'use server'
    from directives.errors import ExpectedError
    from directives.request import redirect

    class SoldOut(ExpectedError, status=409):
        tea: str

    async def order(tea: str, quantity: int = 1):
        return stock(tea) - quantity

    async def fail(secret: str):
        raise ValueError(secret)

    async def sold_out():
        raise SoldOut("no sencha")

    async def away():
        redirect("/elsewhere")

    async def names():
        for name in ("a", "b"):
            yield stock(name)

    def stock(tea: str):
        'use cache'
        return len(tea)
"""
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP, "observed_shop")


@pytest.fixture
def uninstrumented() -> Iterator[None]:
    """A process that is not instrumented, neither before nor after."""
    surroundings = runtime.caches.surroundings
    yield
    runtime.observer = None
    runtime.caches.surroundings = surroundings


@pytest.fixture
def watched(uninstrumented: None) -> Watched:
    from tests.integrations.telemetry import Watched

    return Watched()


def test_a_call_is_a_span_with_its_steps(watched: Watched, shop: ModuleType) -> None:
    """Named after the function; in it the steps, and the cached function that it had computed."""
    assert watched.call(shop.order.id, "sencha", 2).json == {"ok": 4}
    call, validate, run, fill = watched.spans()
    assert (call.name, call.kind.name) == ("observed_shop.order", "SERVER")
    assert call.attributes == {
        "directives.function": "observed_shop.order",
        "directives.outcome": "ok",
        "http.response.status_code": 200,
    }
    assert [span.name for span in (validate, run, fill)] == ["validate", "run", "fill observed_shop.stock"]
    parents = [span.parent.span_id if span.parent else None for span in (call, validate, run, fill)]
    assert parents == [None, call.context.span_id, call.context.span_id, run.context.span_id]


def test_a_hit_has_no_span(watched: Watched, shop: ModuleType) -> None:
    """Only what is computed has one."""
    for _ in range(3):
        watched.call(shop.order.id, "sencha")
    assert [span.name for span in watched.spans()].count("fill observed_shop.stock") == 1


def test_the_callers_trace_goes_on(watched: Watched, shop: ModuleType) -> None:
    """By ``traceparent``; what is none begins a trace of its own."""
    watched.call(shop.order.id, "sencha", traceparent=TRACEPARENT)
    assert {f"{span.context.trace_id:032x}" for span in watched.spans()} == {TRACE}
    watched.exporter.clear()
    watched.call(shop.order.id, "assam", traceparent="00-nonsense")
    assert watched.spans()[0].parent is None


def test_a_call_within_the_span_of_its_framework(watched: Watched, shop: ModuleType) -> None:
    """It is a part of that, and no second server's span beside it."""
    framework = watched.tracers.get_tracer("framework")
    with framework.start_as_current_span("POST /_directives") as around:
        watched.call(shop.order.id, "sencha", traceparent=TRACEPARENT)
    call = next(span for span in watched.spans() if span.name == "observed_shop.order")
    assert call.kind.name == "INTERNAL"
    assert call.parent is not None
    assert call.parent.span_id == around.get_span_context().span_id


def test_what_failed_says_so_and_no_more(watched: Watched, shop: ModuleType) -> None:
    """The class of the exception; its text, which may hold anything, is in no span."""
    watched.call(shop.fail.id, "hunter2")
    call, _, run = watched.spans()
    assert (call.status.status_code.name, call.attributes["directives.outcome"]) == ("ERROR", "internal")
    assert run.attributes == {"error.type": "builtins.ValueError"}
    assert "hunter2" not in "".join(span.to_json() for span in watched.spans())


@pytest.mark.parametrize(
    ("function", "outcome", "status"), [("sold_out", "expected", 409), ("away", "ok", 200)]
)
def test_what_callers_are_told_is_no_failure(
    watched: Watched, shop: ModuleType, function: str, outcome: str, status: int
) -> None:
    """Expected errors and redirects are outcomes."""
    watched.call(getattr(shop, function).id)
    spans = watched.spans()
    assert spans[0].attributes["directives.outcome"] == outcome
    assert spans[0].attributes["http.response.status_code"] == status
    assert {span.status.status_code.name for span in spans} == {"UNSET"}


def test_names_are_those_of_functions(watched: Watched, shop: ModuleType) -> None:
    """What callers make up is no name; arguments that do not fit are those of a function that is there."""
    watched.call("made-up")
    watched.call(shop.order.id, 1, 2, 3, 4)
    named = [
        (span.name, span.attributes["directives.outcome"])
        for span in watched.spans()
        if span.kind.name == "SERVER"
    ]
    assert named == [("unknown", "unknown-function"), ("observed_shop.order", "arguments")]


def test_a_form_is_named_too(watched: Watched, shop: ModuleType) -> None:
    """By the function that its address names."""
    assert watched.client.post(f"/page{shop.away}", data={"a": "b"}).status_code == 303
    assert watched.spans()[0].name == "observed_shop.away"


def test_a_stream_lasts_until_its_end(watched: Watched, shop: ModuleType) -> None:
    """What its items need is computed within the call."""
    reply = watched.call(shop.names.id, Accept="application/jsonl")
    assert not [span for span in watched.spans() if span.kind.name == "SERVER"]
    assert reply.text == '{"ok":1}\n{"ok":1}\n'
    (call,) = [span for span in watched.spans() if span.kind.name == "SERVER"]
    fills = [span for span in watched.spans() if span.name.startswith("fill")]
    assert [span.parent.span_id for span in fills if span.parent] == [call.context.span_id] * 2


def test_metrics(watched: Watched, shop: ModuleType) -> None:
    """Durations by function and outcome, and what the caches count, read when it is asked for."""
    for _ in range(3):
        watched.call(shop.order.id, "sencha")
    watched.call(shop.fail.id, "x")
    metrics = watched.metrics()
    assert metrics["directives.server.call.duration"] == [
        ({"directives.function": "observed_shop.order", "directives.outcome": "ok"}, 3),
        ({"directives.function": "observed_shop.fail", "directives.outcome": "internal"}, 1),
    ]
    of_stock = {"directives.function": "observed_shop.stock"}
    assert (of_stock, 2) in metrics["directives.cache.hits"]
    assert (of_stock, 1) in metrics["directives.cache.fills"]
    assert (of_stock | {"directives.cache.reason": "never seen"}, 1) in metrics["directives.cache.misses"]


def test_prometheus(uninstrumented: None, shop: ModuleType) -> None:
    """OpenTelemetry's exporter has the same, under the names that the documentation gives."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from opentelemetry.sdk.metrics import MeterProvider
    from prometheus_client import REGISTRY
    from prometheus_client import generate_latest

    from directives.integrations.opentelemetry import instrument

    reader = PrometheusMetricReader()
    instrument(meter_provider=MeterProvider([reader], shutdown_on_exit=False))
    try:
        client = Client(DirectivesMiddleware(Response("a page")))
        client.post(f"/_directives/{shop.order.id}", json={"args": ["sencha"]})
        written = generate_latest(REGISTRY).decode()
    finally:
        reader.shutdown()
    assert "directives_server_call_duration_seconds_bucket{" in written
    assert 'directives_cache_fills_total{directives_function="observed_shop.stock"' in written


def test_a_client_tells_the_server_of_its_trace(watched: Watched, settings: Settings) -> None:
    """If it is instrumented."""
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("traceparent"))
        return httpx.Response(500, content=b"", headers={"content-type": "text/plain"})

    async def call(**options: Any) -> None:
        where = Settings(settings.root, url="http://shop.test")
        client = Connections(lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        with pytest.raises(Exception, match="no endpoint of directives"):
            await Transport(lambda: where, client, **options).call("f" * 40, (), {})

    assert runtime.observer is not None
    with watched.tracers.get_tracer("test").start_as_current_span("page") as page:
        asyncio.run(call(told=runtime.observer.outgoing))
        asyncio.run(call())
    context = page.get_span_context()
    told, untold = seen
    assert told is not None
    assert told.startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-")
    assert untold is None


def test_instrumenting_twice(watched: Watched) -> None:
    """It is an error: each call would be counted twice."""
    from directives.integrations.opentelemetry import instrument

    with pytest.raises(RuntimeError, match="instrumented already"):
        instrument()


def test_an_endpoint_that_stands(uninstrumented: None, shop: ModuleType) -> None:
    """Calls are watched from then on."""
    from tests.integrations.telemetry import Watched

    client = Client(DirectivesMiddleware(Response("a page")))
    path = f"/_directives/{shop.order.id}"
    assert client.post(path, json={"args": ["sencha"]}).status_code == 200
    watched = Watched()
    assert json.loads(client.post(path, json={"args": ["sencha"]}).data) == {"ok": 5}
    assert watched.spans()[0].name == "observed_shop.order"


def test_logs_as_json(shop: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    """python-json-logger writes the fields of a record without being told of them."""
    from pythonjsonlogger.json import JsonFormatter

    client = Client(DirectivesMiddleware(Response("a page")))
    told = client.post(f"/_directives/{shop.fail.id}", json={"args": ["hunter2"]}).json["error"]
    written = json.loads(JsonFormatter("%(levelname)s %(name)s %(message)s").format(caplog.records[-1]))
    assert written["directives_function"] == "observed_shop.fail"
    assert written["directives_digest"] == told["digest"]
