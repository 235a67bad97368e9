"""Draws the picture of docs/tracing.md from the spans of a true turn: `python docs/trace_picture.py`.

The turn runs on the true app-server with a scripted model; the picture has the names, the nesting and the times of its
spans, and nothing else.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from codex_app_server import ApprovalRequest
    from opentelemetry.sdk.trace import ReadableSpan

PICTURE = Path(__file__).with_name("trace.svg")

_WIDTH, _ROW, _TOP, _LEFT, _RIGHT = 900, 26, 34, 300, 90
_COLOURS = {"invoke_agent": "#5c6bc0", "chat": "#26a69a", "execute_tool": "#ef6c00", "wait_for": "#ab47bc"}
_OTHER = "#78909c"


class Bar(NamedTuple):
    """A span in the picture."""

    name: str
    depth: int
    start_ms: float
    length_ms: float


def traced_turn() -> list[ReadableSpan]:
    """Return the spans of a turn with a command that is asked for, a Python tool and an answer."""
    from codex_app_server import Codex, otel  # noqa: PLC0415 - the drawing itself needs none of it
    from codex_app_server.testing import call, scripted_codex, text  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: PLC0415

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("my.app")
    pause = threading.Event()

    def look_up(customer: str) -> str:
        """Look up a customer."""
        with tracer.start_as_current_span("SELECT customers"):
            pause.wait(0.08)
        return f"{customer} pays monthly"

    def ask(request: ApprovalRequest) -> bool:
        """Play somebody who thinks before saying yes."""
        del request
        pause.wait(0.25)
        return True

    answer = ["The ", "report ", "is ", "written, ", "and ", "Rose ", "knows ", "of ", "it."]
    script = [
        [text(deltas=["I ", "make ", "it."], phase="commentary", pace_s=0.02), call("exec_command", cmd="touch report.txt; sleep 0.15")],
        call("look_up", customer="Rose"),
        text(deltas=answer, pace_s=0.02),
    ]  # fmt: skip
    otel.instrument(tracer_provider=provider)
    try:
        with scripted_codex(script) as scripted, Codex(scripted.config) as codex:
            thread = codex.thread_start(tools=[look_up], approval_policy="untrusted", approval_handler=ask)
            with tracer.start_as_current_span("POST /reports"):
                thread.run("Write a report and tell Rose.")
    finally:
        otel.uninstrument()
    return list(exporter.get_finished_spans())


def bars(spans: list[ReadableSpan]) -> list[Bar]:
    """Return the spans as a tree, in order, with times from the beginning of the first."""
    begin_ns = min(span.start_time or 0 for span in spans)
    found: list[Bar] = []

    def add(parent_id: int | None, depth: int) -> None:
        for span in sorted(spans, key=lambda span: span.start_time or 0):
            if (span.parent.span_id if span.parent else None) == parent_id and span.context is not None:
                start_ns, end_ns = span.start_time or 0, span.end_time or 0
                found.append(Bar(span.name, depth, (start_ns - begin_ns) / 1e6, (end_ns - start_ns) / 1e6))
                add(span.context.span_id, depth + 1)

    add(None, 0)
    return found


def drawn(rows: list[Bar]) -> str:
    """Return the picture."""
    whole_ms = max(row.start_ms + row.length_ms for row in rows)
    scale = (_WIDTH - _LEFT - _RIGHT) / whole_ms
    height = _TOP + _ROW * len(rows) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        '<g font-family="ui-monospace, monospace" font-size="12">',
        "<title>The spans of a turn, with their times</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for part in range(5):
        at_ms = whole_ms * part / 4
        x = _LEFT + at_ms * scale
        lines += [
            f'<line x1="{x:.0f}" y1="{_TOP - 8}" x2="{x:.0f}" y2="{height - 4}" stroke="#e0e0e0"/>',
            f'<text x="{x:.0f}" y="{_TOP - 14}" fill="#757575" text-anchor="middle">{at_ms:.0f} ms</text>',
        ]
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        x, width = _LEFT + row.start_ms * scale, max(2.0, row.length_ms * scale)
        colour = next((value for name, value in _COLOURS.items() if row.name.startswith(name)), _OTHER)
        lines += [
            f'<text x="{8 + 16 * row.depth}" y="{y + 15}" fill="#212121">{escape(row.name)}</text>',
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="16" rx="3" fill="{colour}"/>',
            f'<text x="{x + width + 5:.1f}" y="{y + 15}" fill="#616161">{row.length_ms:.0f} ms</text>',
        ]
    return "\n".join([*lines, "</g></svg>\n"])


if __name__ == "__main__":
    PICTURE.write_text(drawn(bars(traced_turn())), encoding="utf-8")
    sys.stdout.write(f"{PICTURE}\n")
