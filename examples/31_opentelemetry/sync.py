"""What the agent does, as spans of OpenTelemetry: the turn, the responses of the model, a command, an approval, a tool.

python examples/31_opentelemetry/sync.py [--live]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codex_app_server import AppServerConfig, Codex, accept_all, otel
from codex_app_server.testing import call, scripted_codex
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

# What the scripted model says.
SCRIPT = [
    call("exec_command", cmd="touch report.txt"),
    call("tell", whom="Rose"),
    "Rose knows of the report.",
]


# In a service: a BatchSpanProcessor with the exporter of where your traces go, and `trace.set_tracer_provider`.
EXPORTER = InMemorySpanExporter()
PROVIDER = TracerProvider()
PROVIDER.add_span_processor(SimpleSpanProcessor(EXPORTER))
TRACER = PROVIDER.get_tracer("my.app")


def tell(whom: str) -> str:
    """Tell somebody."""
    # What the function does is below the span of the tool.
    with TRACER.start_as_current_span("send mail"):
        return f"{whom} was told"


def show(spans: list[ReadableSpan], parent_id: int | None = None, depth: int = 0) -> None:
    """Print the spans as a tree."""
    for span in sorted(spans, key=lambda span: span.start_time or 0):
        if (span.parent.span_id if span.parent else None) == parent_id:
            print("  " * depth + span.name)
            if span.context is not None:
                show(spans, span.context.span_id, depth + 1)


def main(config: AppServerConfig) -> None:
    """Run the example."""
    otel.instrument(tracer_provider=PROVIDER)
    with TRACER.start_as_current_span("report"), Codex(config) as codex:
        thread = codex.thread_start(tools=[tell], approval_policy="untrusted", approval_handler=accept_all)
        print(thread.run("Write a report and tell Rose.").text)
    otel.uninstrument()
    show(list(EXPORTER.get_finished_spans()))


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT) as scripted:
            main(scripted.config)
