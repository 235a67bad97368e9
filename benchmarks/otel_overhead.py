"""What tracing costs: turns and deltas without it, with it switched on, and with content, as ratios.

    python benchmarks/otel_overhead.py [--rounds 5]

The CPU time of the whole process, on the stand-in server. Each figure is taken in a process of its own; all modes take
their turn in each round, and a ratio is formed within its round. Medians are shown.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TURNS = 500
DELTAS = 50_000
# Without it; with the API alone, which makes no spans; with the SDK and an exporter that throws everything away.
MODES = ("off", "no provider", "spans", "spans with content")


def switch_on(mode: str) -> None:
    """Trace as a service would: spans are ended on the engine's OS thread, and exported on another one."""
    from codex_app_server import otel

    if mode == "no provider":
        otel.instrument()
    elif mode != "off":
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

        class Nowhere(SpanExporter):
            def export(self, spans: object) -> SpanExportResult:
                del spans
                return SpanExportResult.SUCCESS

        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(Nowhere()))
        otel.instrument(
            content=mode == "spans with content",
            tracer_provider=provider,
            meter_provider=MeterProvider(metric_readers=[InMemoryMetricReader()]),
        )


def measure(mode: str, templates: str) -> dict[str, float]:
    """Return the CPU time of a turn and of a delta, in microseconds."""
    from codex_app_server import AppServerConfig, Codex

    # On a busy machine the reader falls behind, and that is told.
    logging.getLogger("codex_app_server").setLevel(logging.ERROR)
    switch_on(mode)
    server = (sys.executable, "-I", "-S", str(HERE / "standin.py"), templates)
    with Codex(AppServerConfig(launch_args_override=server)) as codex:
        thread = codex.thread_start()
        figures: dict[str, float] = {}
        for name, prompt, turns, per in (
            ("turn", {"deltas": 1}, TURNS, TURNS),
            ("delta", {"deltas": DELTAS}, 1, DELTAS),
        ):
            # The first turn of a kind imports what it needs.
            list(thread.turn(json.dumps({"deltas": 1})).events())
            used = time.process_time()
            for _ in range(turns):
                list(thread.turn(json.dumps(prompt)).events())
            figures[name] = (time.process_time() - used) / per * 1e6
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mode", help=argparse.SUPPRESS)
    parser.add_argument("--templates", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.mode:
        print(json.dumps(measure(asked.mode, asked.templates)))
        return
    taken: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory() as folder:
        templates = Path(folder) / "templates.json"
        templates.write_text(child(str(HERE / "standin.py")))
        for _ in range(asked.rounds):
            for mode in MODES:
                told = child(__file__, "--mode", mode, "--templates", str(templates))
                taken[mode].append(json.loads(told))
    print(f"{'':20}{'us/turn':>10}{'ratio':>8}{'us/delta':>10}{'ratio':>8}")
    for mode in MODES:
        cells = ""
        for name in ("turn", "delta"):
            figure = statistics.median(round_[name] for round_ in taken[mode])
            ratio = statistics.median(
                one[name] / off[name] for one, off in zip(taken[mode], taken["off"], strict=True)
            )
            cells += f"{figure:10.2f}{ratio:8.2f}"
        print(f"{mode:20}{cells}")


def child(*argv: str) -> str:
    """Run one figure."""
    done = subprocess.run([sys.executable, *argv], stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
