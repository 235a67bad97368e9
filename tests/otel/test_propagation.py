"""Trace context: to the server with its requests, in its environment, and to the functions that a turn calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from codex_app_server import AsyncCodex, Codex
from codex_app_server.testing import call
from opentelemetry import baggage, context, trace

if TYPE_CHECKING:
    from codex_app_server import ApprovalRequest
    from codex_app_server.testing import ScriptedCodexFactory

    from .conftest import Traces


def name_of_current() -> str:
    return str(getattr(trace.get_current_span(), "name", None))


@pytest.mark.anyio
async def test_functions_of_a_turn_run_in_the_context_of_their_span(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    seen: list[tuple[str, object]] = []

    def note() -> None:
        seen.append((name_of_current(), baggage.get_baggage("customer")))

    def add(left: int, right: int) -> int:
        """Add, in a worker thread."""
        note()
        return left + right

    async def subtract(left: int, right: int) -> int:
        """Subtract, in the loop of the caller."""
        note()
        return left - right

    async def decide(request: ApprovalRequest) -> bool:
        note()
        return True

    script = [
        [call("add", left=1, right=2), call("subtract", left=1, right=2)],
        call("exec_command", cmd="touch made"),
        "Done.",
    ]
    async with AsyncCodex(scripted_codex(script).config) as codex:
        thread = await codex.thread_start(tools=[add, subtract], approval_policy="untrusted")
        token = context.attach(baggage.set_baggage("customer", "c-1"))
        try:
            await thread.run("Go.", approval_handler=decide)
        finally:
            context.detach(token)
        assert name_of_current() == "None"
    assert sorted(seen) == [
        ("execute_tool add", "c-1"),
        ("execute_tool subtract", "c-1"),
        ("wait_for_approval", "c-1"),
    ]


@pytest.mark.anyio
async def test_the_true_server_gets_the_context_in_its_environment_and_with_the_turn(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    # A trace exporter that goes nowhere: without one, Codex makes no spans and forwards no context.
    exporter = {"otlp-http": {"endpoint": "http://127.0.0.1:9/v1/traces", "protocol": "json"}}
    setup = scripted_codex(
        [call("exec_command", cmd="echo at $TRACEPARENT"), "Done."],
        extra_config={"otel": {"trace_exporter": exporter}},
    )
    with traces.tracer.start_as_current_span("launch") as launch:
        async with AsyncCodex(setup.config) as codex:
            with trace.use_span(trace.INVALID_SPAN):
                await (await codex.thread_start()).run("Go.")
    (agent,) = [span for span in traces.spans if span.name == "invoke_agent codex"]
    assert agent.context is not None
    ids = {request.headers["traceparent"].split("-")[1] for request in setup.model.requests}
    assert ids == {trace.format_trace_id(agent.context.trace_id)}
    (output,) = setup.model.requests[1].tool_outputs.values()
    launched = launch.get_span_context()
    expected = f"00-{trace.format_trace_id(launched.trace_id)}-{trace.format_span_id(launched.span_id)}-01"
    assert f"at {expected}" in str(output)


def test_a_context_in_the_configuration_is_left_as_it_is(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    given = f"00-{'a' * 32}-{'b' * 16}-01"
    setup = scripted_codex(
        [call("exec_command", cmd="echo at $TRACEPARENT"), "Done."], env={"TRACEPARENT": given}
    )
    with traces.tracer.start_as_current_span("launch"), Codex(setup.config) as codex:
        codex.thread_start().run("Go.")
    (output,) = setup.model.requests[1].tool_outputs.values()
    assert f"at {given}" in str(output)
