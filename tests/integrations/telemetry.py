"""A process that OpenTelemetry watches; what it imports takes a while, so only the tests that need it do."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from werkzeug.test import Client
from werkzeug.wrappers import Response

from directives.integrations.opentelemetry import instrument
from directives.wsgi import DirectivesMiddleware


class Watched:
    """A process that is instrumented, and what it tells."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        meters = MeterProvider([self.reader], shutdown_on_exit=False)
        instrument(tracer_provider=self.tracers, meter_provider=meters)
        self.client = Client(DirectivesMiddleware(Response("a page")))

    def call(self, function_id: str, *args: Any, **headers: str) -> Any:
        options = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/_directives/{function_id}", json={"args": args}, headers=options)

    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, the first one to begin first."""
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def metrics(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """The points of each instrument: attributes, and a count or a value."""
        data = self.reader.get_metrics_data()
        assert data is not None
        instruments = [
            each for of in data.resource_metrics for scope in of.scope_metrics for each in scope.metrics
        ]
        return {
            each.name: [
                (dict(point.attributes or {}), getattr(point, "count", getattr(point, "value", None)))
                for point in each.data.data_points
            ]
            for each in instruments
        }
