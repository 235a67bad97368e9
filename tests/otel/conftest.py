"""Fixtures of the tests of tracing: in-memory exporters, and what they got as a tree of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import otel
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span


class Unended(SpanProcessor):
    """Knows the spans that have begun and not ended."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.names[span.get_span_context().span_id] = span.name

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None:
            del self.names[span.context.span_id]


class Traces:
    """What the spans and the measurements of a test came to."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._unended = Unended()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(self._unended)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider(metric_readers=[self._reader])
        self.tracer = self.tracer_provider.get_tracer("test")

    def instrument(self, **options: Any) -> None:
        """Switch it on, with these providers."""
        otel.instrument(tracer_provider=self.tracer_provider, meter_provider=self.meter_provider, **options)

    @property
    def spans(self) -> list[ReadableSpan]:
        """All spans that have ended, by their start."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def named(self, name: str) -> list[dict[str, Any]]:
        """The attributes of the spans of that name."""
        return [dict(span.attributes or {}) for span in self.spans if span.name == name]

    def tree(self) -> list[str]:
        """Each span on a line, below its parent and indented; with its error, if it has one."""
        return self._below(None, 0)

    def _below(self, parent_id: int | None, depth: int) -> list[str]:
        lines: list[str] = []
        for span in self.spans:
            if (span.parent.span_id if span.parent else None) == parent_id and span.context is not None:
                error = (span.attributes or {}).get("error.type")
                assert (error is not None) == (span.status.status_code.name == "ERROR"), span.to_json()
                lines.append("  " * depth + span.name + (f" !{error}" if error else ""))
                lines += self._below(span.context.span_id, depth + 1)
        return lines

    def points(self, name: str) -> list[tuple[dict[str, Any], int, float]]:
        """Attributes, count and sum of a histogram."""
        data: Any = self._reader.get_metrics_data()
        return [
            (dict(point.attributes), point.count, point.sum)
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def close(self) -> None:
        """End it."""
        otel.uninstrument()
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()
        # However a turn ends, nothing of it stays open.
        assert self._unended.names == {}


@pytest.fixture
def traces() -> Iterator[Traces]:
    """Switch tracing on for the test, with exporters that keep everything in memory."""
    made = Traces()
    made.instrument()
    yield made
    made.close()
