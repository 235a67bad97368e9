"""What is broken in OpenTelemetry never disturbs a turn, and is told once."""

from __future__ import annotations

import builtins
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import Codex, otel
from codex_app_server.testing import FakeServer, steps
from opentelemetry import metrics, propagate
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Traces


def broken(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("broken")


class BrokenProcessor(SpanProcessor):
    on_start = on_end = broken


class BrokenAtEnd(SpanProcessor):
    on_end = broken


class BrokenSampler(Sampler):
    should_sample = broken

    def get_description(self) -> str:
        return "broken"


def with_processor(processor: SpanProcessor) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(processor)
    return provider


class BrokenMeters(metrics.NoOpMeterProvider):
    get_meter = broken


class BrokenInstrument(metrics.NoOpHistogram):
    record = broken


class BrokenMeter(metrics.NoOpMeter):
    def create_histogram(self, name: str, *args: Any, **kwargs: Any) -> metrics.Histogram:
        return BrokenInstrument(name)


class BrokenMeasurements(metrics.NoOpMeterProvider):
    def get_meter(self, name: str, *args: Any, **kwargs: Any) -> metrics.Meter:
        return BrokenMeter(name)


@pytest.fixture
def _off_at_the_end() -> Iterator[None]:
    yield
    otel.uninstrument()


BROKEN: dict[str, dict[str, Any]] = {
    "processor": {"tracer_provider": with_processor(BrokenProcessor())},
    "exporter": {"tracer_provider": with_processor(BrokenAtEnd())},
    "sampler": {"tracer_provider": TracerProvider(sampler=BrokenSampler())},
    "provider": {"tracer_provider": object()},
    "meter": {"meter_provider": BrokenMeters()},
    "measurement": {"meter_provider": BrokenMeasurements()},
}


def turns(count: int) -> FakeServer:
    scenario = [*steps.handshake(), *steps.thread_start()]
    for number in range(count):
        turn_id = f"turn-{number}"
        told = {"threadId": "thread-1", "turnId": turn_id}
        item = {
            "type": "commandExecution",
            "id": "call-1",
            "command": "ls",
            "cwd": "/",
            "status": "completed",
        }
        scenario += [
            *steps.turn_begin(turn_id),
            steps.notify("item/started", {**told, "item": item}),
            steps.notify("item/completed", {**told, "item": item}),
            *steps.turn_message("Hello.", turn_id=turn_id),
            *steps.turn_end(turn_id=turn_id),
        ]
    return FakeServer(scenario)


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.usefixtures("_off_at_the_end")
def test_what_is_broken_disturbs_no_turn_and_is_told_once(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "codex_app_server")
    otel.instrument(**BROKEN[what])
    with turns(3) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        results = [thread.run("Go.").text for _ in range(3)]
    assert results == ["Hello."] * 3
    told = [record.getMessage() for record in caplog.records if record.name == "codex_app_server.otel"]
    assert len(told) == len(set(told))
    assert told


def test_a_broken_propagator_costs_the_context_and_not_the_turn(
    traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propagate, "inject", broken)
    with turns(1) as server, Codex(server.config) as codex:
        assert codex.thread_start().run("Go.").text == "Hello."
        sent = [message for message in server.received if message.get("method") == "turn/start"]
    assert "trace" not in sent[0]
    assert traces.tree()[0] == "invoke_agent codex"


@pytest.mark.usefixtures("_off_at_the_end")
def test_what_is_not_sampled_makes_no_span_and_its_context_says_so() -> None:
    otel.instrument(tracer_provider=TracerProvider(sampler=ALWAYS_OFF))
    with turns(1) as server, Codex(server.config) as codex:
        assert codex.thread_start().run("Go.").text == "Hello."
        (sent,) = [message for message in server.received if message.get("method") == "turn/start"]
    assert sent["trace"]["traceparent"].endswith("-00")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return find(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"codex-app-server-sdk\[otel\]"):
        otel.instrument()


def test_nothing_of_it_is_imported_before_it_is_switched_on() -> None:
    code = (
        "import sys, codex_app_server\n"
        "codex_app_server.Codex, codex_app_server.AsyncCodex\n"
        "from codex_app_server import otel\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'codex_app_server.otel.'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
