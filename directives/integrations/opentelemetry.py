"""Spans and metrics of OpenTelemetry.

```python
from directives.integrations.opentelemetry import instrument

instrument()
```
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import metrics
from opentelemetry import propagate
from opentelemetry import trace
from opentelemetry.metrics import CallbackOptions
from opentelemetry.metrics import Histogram
from opentelemetry.metrics import MeterProvider
from opentelemetry.metrics import Observation
from opentelemetry.trace import Span
from opentelemetry.trace import SpanKind
from opentelemetry.trace import StatusCode
from opentelemetry.trace import Tracer
from opentelemetry.trace import TracerProvider
from opentelemetry.trace import use_span

from directives.cache.scope import current_scope
from directives.cache.statistics import FunctionStatistics
from directives.errors import DirectivesError
from directives.http.foreign import ForeignResponse

if TYPE_CHECKING:
    from directives.runtime import Runtime

__all__ = ["instrument"]

SCOPE: Final = "directives"
UNKNOWN: Final = "unknown"
FUNCTION: Final = "directives.function"
OUTCOME: Final = "directives.outcome"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""The bounds of the histogram: those that OpenTelemetry advises for HTTP, and two below them."""

COUNTERS: Final[Mapping[str, tuple[str, str, Callable[[FunctionStatistics], float]]]] = {
    "directives.cache.hits": (
        "{call}",
        "Calls served from the store, stale ones included.",
        lambda of: of.hits,
    ),
    "directives.cache.stale": (
        "{call}",
        "Calls given an old result while it was computed anew.",
        lambda of: of.stale,
    ),
    "directives.cache.waits": (
        "{call}",
        "Calls that waited for another one's computation.",
        lambda of: of.waited,
    ),
    "directives.cache.fills": ("{result}", "Results computed.", lambda of: of.fills),
    "directives.cache.errors": ("{result}", "Computations that raised.", lambda of: of.errors),
    "directives.cache.fill.time": ("s", "How long the computations took together.", lambda of: of.seconds),
}


def instrument(
    runtime: Runtime | None = None,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Tell OpenTelemetry of calls and cached functions; to be called once, when the process begins.

    Each call that is answered is a span named after the function, with the steps ``validate`` and ``run`` in it; computing
    what a cached function keeps is a span, too. A call that came with a ``traceparent`` belongs to that trace, and calls of
    other servers carry the current one on (W3C Trace Context). Metrics are a histogram of the durations of calls, and
    counters of the caches that are read when they are collected.

    Args:
        runtime: Whose calls and caches; the process's own if left out.
        tracer_provider: Where spans go; the process's own if left out.
        meter_provider: Where metrics go; the process's own if left out.

    Raises:
        RuntimeError: The runtime is instrumented already.
    """
    if runtime is None:
        from directives.runtime import runtime as runtime_of_process

        runtime = runtime_of_process
    if runtime.observer is not None:
        raise RuntimeError("this process is instrumented already: call instrument() once, when it begins")
    tracer = trace.get_tracer(SCOPE, tracer_provider=tracer_provider)
    meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
    durations = meter.create_histogram(
        "directives.server.call.duration",
        unit="s",
        description="How long calls of server functions took, streams to their end.",
        explicit_bucket_boundaries_advisory=SECONDS,
    )
    runtime.observer = Calls(tracer, durations)
    runtime.caches.surround(lambda: filling(tracer, contexts.get_current()))
    statistics = runtime.caches.statistics
    for name, (unit, description, count) in COUNTERS.items():
        meter.create_observable_counter(name, [counted(statistics, count)], unit, description)
    meter.create_observable_counter(
        "directives.cache.misses", [misses(statistics)], "{call}", "Calls that found nothing to serve."
    )


class Calls:
    """Watches the calls of a process; see ``directives.observing.Observer``.

    Args:
        tracer: Makes spans.
        durations: Where the durations of calls are recorded.
    """

    def __init__(self, tracer: Tracer, durations: Histogram) -> None:
        self._tracer = tracer
        self._durations = durations

    def begin(self, header: Callable[[str], str | None]) -> AnsweredCall:
        """A call has come in."""
        if trace.get_current_span().get_span_context().is_valid:
            # The framework around is instrumented, and has gone on with the caller's trace itself.
            return AnsweredCall(self._tracer.start_span("call"), self._durations)
        names = propagate.get_global_textmap().fields
        told = {name: value for name in names if (value := header(name)) is not None}
        parent = propagate.extract(told) if told else None
        return AnsweredCall(self._tracer.start_span("call", parent, SpanKind.SERVER), self._durations)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What a part of the current call is done in."""
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except (DirectivesError, ForeignResponse):
                raise  # what a caller is told, or sent elsewhere by: the outcome of the call says which
            except Exception as error:
                tell(span, error)
                raise

    def outgoing(self) -> Mapping[str, str]:
        """Headers for a call of another server."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return carrier


class AnsweredCall:
    """One call; see ``directives.observing.Observed``.

    Args:
        span: Its span.
        durations: Where its duration is recorded.
    """

    __slots__ = ("_began", "_durations", "_ended", "_span")

    def __init__(self, span: Span, durations: Histogram) -> None:
        self._span = span
        self._durations = durations
        self._began = time.perf_counter()
        self._ended = False

    def during(self) -> AbstractContextManager[object]:
        """What the answer is computed in."""
        current: AbstractContextManager[object]
        current = use_span(self._span, record_exception=False, set_status_on_exception=False)
        return current

    def end(self, function: str | None, status: int, outcome: str) -> None:
        """The call is over; a stream that is closed after its end says so twice."""
        if self._ended:
            return
        self._ended = True
        name = function or UNKNOWN
        attributes = {FUNCTION: name, OUTCOME: outcome}
        with self.during():  # so that an exemplar finds the trace
            self._durations.record(time.perf_counter() - self._began, attributes)
        self._span.update_name(name)
        self._span.set_attributes({**attributes, "http.response.status_code": status})
        if status >= 500:
            self._span.set_status(StatusCode.ERROR, outcome)
        self._span.end()


@contextmanager
def filling(tracer: Tracer, parent: contexts.Context) -> Iterator[None]:
    """What a cached function is computed in: a span of the trace that wanted its result first."""
    scope = current_scope()
    cached = scope.function if scope is not None else None
    name = cached.name if cached is not None else UNKNOWN
    with tracer.start_as_current_span(
        f"fill {name}",
        parent,
        attributes={FUNCTION: name},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            tell(span, error)
            raise


def tell(span: Span, error: Exception) -> None:
    """Say that it failed, and by which class of error; what the error says may be nobody's business but the log's."""
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")


Collect = Callable[[CallbackOptions], Iterable[Observation]]


def counted(
    statistics: Callable[[], Iterable[FunctionStatistics]], count: Callable[[FunctionStatistics], float]
) -> Collect:
    """What gives one count of each cached function when metrics are collected."""

    def collect(_: CallbackOptions) -> Iterator[Observation]:
        for of in statistics():
            yield Observation(count(of), {FUNCTION: of.name})

    return collect


def misses(statistics: Callable[[], Iterable[FunctionStatistics]]) -> Collect:
    """What gives the misses of each cached function, by reason."""

    def collect(_: CallbackOptions) -> Iterator[Observation]:
        for of in statistics():
            for reason, count in of.misses.items():
                yield Observation(count, {FUNCTION: of.name, "directives.cache.reason": reason})

    return collect
