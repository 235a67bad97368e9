"""Spans of turns: whole trees, on the true binary with the scripted model, and what the true one cannot be made to do."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import AsyncCodex, Codex, InvalidRequestError, ProcessExitedError, ToolError, otel
from codex_app_server.testing import FakeServer, Gate, Reply, call, custom_call, fail, hold, steps, usage
from opentelemetry.trace import SpanKind, use_span

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest, ScriptedCodexFactory
    from codex_app_server.testing.steps import Step

    from .conftest import Traces

CANARY = "canary-51c7"


# --- trees ---


@pytest.mark.anyio
async def test_a_plain_turn_is_an_agent_span_with_a_response(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    counts = usage(input=30, cached=20, output=12, reasoning=4)
    async with AsyncCodex(scripted_codex([Reply("Hello!", counts)]).config) as codex:
        thread = await codex.thread_start()
        with traces.tracer.start_as_current_span("caller"):
            result = await thread.run("Hi.")
    assert traces.tree() == ["caller", "  invoke_agent codex", "    chat mock-model"]
    (agent,), (chat,) = traces.named("invoke_agent codex"), traces.named("chat mock-model")
    tokens = {
        "gen_ai.usage.input_tokens": 30,
        "gen_ai.usage.output_tokens": 12,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 4,
    }
    shared = {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "mock-model",
        "gen_ai.response.model": "mock-model",
        "gen_ai.conversation.id": thread.id,
        "gen_ai.response.finish_reasons": ("stop",),
        **tokens,
    }
    assert (
        0
        <= chat.pop("gen_ai.response.time_to_first_chunk")
        <= agent.pop("gen_ai.response.time_to_first_chunk")
    )
    assert chat == {"gen_ai.operation.name": "chat", **shared}
    assert agent == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "codex",
        "codex.turn.id": result.turn_id,
        **shared,
    }
    kinds = {span.name: span.kind for span in traces.spans}
    assert kinds["invoke_agent codex"] is kinds["chat mock-model"] is SpanKind.CLIENT


def test_a_command_is_a_tool_below_the_turn_and_its_failure_an_error_of_its_own(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    script = [call("exec_command", cmd="exit 3"), "It failed."]
    with Codex(scripted_codex(script).config) as codex:
        codex.thread_start().run("Run it.")
    assert traces.tree() == [
        "invoke_agent codex",
        "  chat mock-model",
        "  execute_tool command_execution !failed",
        "  chat mock-model",
    ]
    (tool,) = traces.named("execute_tool command_execution")
    assert tool.pop("gen_ai.tool.call.id").startswith("call_")
    assert tool == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "command_execution",
        "gen_ai.tool.type": "extension",
        "codex.tool.kind": "command",
        "codex.tool.status": "failed",
        "process.exit.code": 3,
        "error.type": "failed",
    }
    assert [chat["gen_ai.response.finish_reasons"] for chat in traces.named("chat mock-model")] == [
        ("tool_call",),
        ("stop",),
    ]


def test_an_approval_is_a_span_below_the_tool_that_waits_for_it(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    script = [
        call("exec_command", cmd="touch made"),
        custom_call("apply_patch", "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n"),
        "Done.",
    ]
    setup = scripted_codex(script, model_name="gpt-5.5")
    decisions = iter([True, False])
    with Codex(setup.config) as codex:
        codex.thread_start(approval_policy="untrusted").run(
            "Make it.", approval_handler=lambda _: next(decisions)
        )
    assert traces.tree() == [
        "invoke_agent codex",
        "  chat gpt-5.5",
        "  execute_tool command_execution",
        "    wait_for_approval",
        "  chat gpt-5.5",
        "  execute_tool file_change !declined",
        "    wait_for_approval",
        "  chat gpt-5.5",
    ]
    assert traces.named("wait_for_approval") == [
        {"codex.approval.kind": "command", "codex.approval.decision": "accept"},
        {"codex.approval.kind": "file_change", "codex.approval.decision": "decline"},
    ]


@pytest.mark.anyio
async def test_a_python_tool_is_a_function_and_what_it_does_is_below_it(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    async def look_up(city: str) -> str:
        """Look up a city."""
        with traces.tracer.start_as_current_span("query"):
            return city

    def refuse() -> str:
        """Refuse."""
        traces.tracer.start_span("in a worker thread").end()
        raise ToolError("no")

    script = [call("look_up", city="Paris"), call("refuse"), "Done."]
    async with AsyncCodex(scripted_codex(script).config) as codex:
        thread = await codex.thread_start(tools=[look_up, refuse])
        await thread.run("Look.")
    assert traces.tree() == [
        "invoke_agent codex",
        "  chat mock-model",
        "  execute_tool look_up",
        "    query",
        "  chat mock-model",
        "  execute_tool refuse !failed",
        "    in a worker thread",
        "  chat mock-model",
    ]
    (tool,) = traces.named("execute_tool look_up")
    assert (tool["gen_ai.tool.type"], tool["codex.tool.kind"]) == ("function", "function")


def test_the_turn_of_a_sub_agent_is_nested(traces: Traces, scripted_codex: ScriptedCodexFactory) -> None:
    def reply(request: ModelRequest) -> Any:
        if any("CHILD" in text for text in request.user_texts):
            if request.step == 0:
                return Reply(call("exec_command", cmd="echo child"), usage(input=3, output=1))
            return Reply("Child done.", usage(input=4, output=2))
        if request.step == 0:
            return [call("spawn_agent", namespace="multi_agent_v1", message="CHILD: look.")]
        if request.step == 1:
            (output,) = request.tool_outputs.values()
            targets = [json.loads(str(output))["agent_id"]]
            return [call("wait_agent", namespace="multi_agent_v1", targets=targets, timeout_ms=20_000)]
        return "done"

    with Codex(scripted_codex(reply, extra_config={"features": {"multi_agent": True}}).config) as codex:
        thread = codex.thread_start()
        thread.run("Go.")
    tree = traces.tree()
    at = tree.index("  invoke_agent sub_agent")
    assert tree[at : at + 4] == [
        "  invoke_agent sub_agent",
        "    chat",
        "    execute_tool command_execution",
        "    chat",
    ]
    (child,), (agent,) = traces.named("invoke_agent sub_agent"), traces.named("invoke_agent codex")
    assert child["gen_ai.conversation.id"] != agent["gen_ai.conversation.id"] == thread.id
    assert (child["gen_ai.usage.input_tokens"], child["gen_ai.usage.output_tokens"]) == (7, 3)


def test_questions_to_the_user_are_spans_and_what_the_server_leaves_open_ends_with_the_turn(
    traces: Traces,
) -> None:
    told = {"threadId": "thread-1", "turnId": "turn-1"}
    called = {"type": "mcpToolCall", "id": "call-1", "server": "files", "tool": "read", "arguments": {}}
    question = {"id": "q", "header": "H", "question": CANARY, "options": []}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.notify("item/started", {**told, "item": {**called, "status": "inProgress"}}),
        steps.ask(
            "mcpServer/elicitation/request",
            {**told, "serverName": "files", "mode": "form", "message": CANARY, "requestedSchema": {}},
            id=1,
        ),
        steps.expect_answer(1),
        steps.notify("serverRequest/resolved", {"threadId": "thread-1", "requestId": 1}),
        steps.notify("item/completed", {**told, "item": {**called, "status": "completed"}}),
        steps.ask("item/tool/requestUserInput", {**told, "itemId": "call-2", "questions": [question]}, id=2),
        steps.expect_answer(2),
        steps.notify(
            "item/started", {**told, "item": {"type": "webSearch", "id": "call-3", "query": CANARY}}
        ),
        child_turn("turn/started"),
        *steps.turn_message("Done."),
        *steps.turn_end(),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        codex.thread_start(
            elicitation_handler=lambda _: "decline", user_input_handler=lambda _: {"q": "yes"}
        ).run("Go.")
    assert traces.tree() == [
        "invoke_agent codex",
        "  chat fake-model",
        "  execute_tool files.read",
        "  wait_for_user",
        "  wait_for_user",
        "  execute_tool web_search",
        "  invoke_agent sub_agent",
    ]
    assert [wait["codex.approval.kind"] for wait in traces.named("wait_for_user")] == [
        "elicitation",
        "user_input",
    ]
    (search,) = traces.named("execute_tool web_search")
    assert search["codex.tool.status"] == "inProgress"
    assert CANARY not in str([span.to_json() for span in traces.spans])


def child_turn(method: str) -> Step:
    turn = {"id": "turn-2", "rootTurnId": "turn-1", "items": [], "status": "inProgress", "error": None}
    return steps.notify(method, {"threadId": "thread-2", "turn": turn})


def test_the_servers_own_turns_say_what_they_are(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    with Codex(scripted_codex(lambda _: "fine").config) as codex:
        thread = codex.thread_start()
        thread.run("Hi.")
        thread.compact().run()
    assert traces.tree() == ["invoke_agent codex", "  chat mock-model"] * 2
    assert [turn.get("codex.turn.method") for turn in traces.named("invoke_agent codex")] == [
        None,
        "thread/compact/start",
    ]


# --- ends ---


def test_a_turn_that_fails_is_an_error_with_the_code_of_the_server(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    script = [fail(429, code="insufficient_quota", message=CANARY)]
    with Codex(scripted_codex(script).config) as codex:
        assert codex.thread_start().run("Go.").status == "failed"
    assert traces.tree() == [
        "invoke_agent codex !usageLimitExceeded",
        "  chat mock-model !usageLimitExceeded",
    ]
    assert [chat["gen_ai.response.finish_reasons"] for chat in traces.named("chat mock-model")] == [
        ("error",)
    ]
    assert CANARY not in str([span.to_json() for span in traces.spans])


@pytest.mark.anyio
async def test_a_cancelled_turn_is_interrupted_and_so_is_its_response(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    async with AsyncCodex(scripted_codex([["begun", hold(Gate()), "never"]]).config) as codex:
        turn = await (await codex.thread_start()).turn("Go.")
        with anyio.CancelScope() as scope:
            async for event in turn.events():
                if event.kind == "text_delta":
                    scope.cancel()
        await turn.interrupt()
    assert traces.tree() == ["invoke_agent codex !interrupted", "  chat mock-model !interrupted"]


def test_a_turn_that_is_lost_with_its_server_ends_with_everything_in_it(traces: Traces) -> None:
    started = {
        "type": "commandExecution",
        "id": "call-1",
        "command": "sleep 9",
        "cwd": "/",
        "status": "inProgress",
    }
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.notify("item/started", {"threadId": "thread-1", "turnId": "turn-1", "item": started}),
        steps.ask(
            "item/commandExecution/requestApproval",
            {"threadId": "thread-1", "turnId": "turn-1", "itemId": "call-1", "startedAtMs": 0},
        ),
        steps.expect_answer(0),
        steps.exit_with(7),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        with pytest.raises(ProcessExitedError):
            codex.thread_start(approval_handler=lambda _: True).run("Go.")
    assert traces.tree() == [
        "invoke_agent codex !ProcessExitedError",
        "  chat fake-model",
        "  execute_tool command_execution !ProcessExitedError",
        "    wait_for_approval",
    ]


def test_a_turn_that_the_server_refuses_has_a_span_too(traces: Traces) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("turn/start", save_as="turn"),
        steps.reply_error(-32600, "no", to="turn"),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        with pytest.raises(InvalidRequestError):
            codex.thread_start().run("Go.")
    assert traces.tree() == ["invoke_agent codex !InvalidRequestError"]


@pytest.mark.anyio
async def test_a_turn_that_is_given_up_before_it_was_sent_has_ended(traces: Traces) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.barrier("first"),
        *steps.turn_message("Hello."),
        *steps.turn_end(),
    ]
    with FakeServer(scenario) as server:
        async with AsyncCodex(server.config) as codex:
            thread = await codex.thread_start()
            first = await thread.turn("First.")
            with anyio.move_on_after(0):
                await thread.turn("Second.")
            server.release("first")
            await first.run()
    assert traces.tree() == [
        "invoke_agent codex",
        "  chat fake-model",
        "invoke_agent codex !interrupted",
    ]


@pytest.mark.anyio
async def test_turns_at_once_are_not_mixed(traces: Traces, scripted_codex: ScriptedCodexFactory) -> None:
    count = 50

    def note(number: int) -> str:
        """Note a number."""
        with traces.tracer.start_as_current_span(f"noted {number}"):
            return str(number)

    def reply(request: ModelRequest) -> Any:
        number = int(request.last_user_text)
        return [call("note", number=number)] if request.step == 0 else f"answer {number}"

    async with AsyncCodex(scripted_codex(reply).config) as codex:

        async def one(number: int) -> None:
            with traces.tracer.start_as_current_span(f"caller {number}"):
                thread = await codex.thread_start(tools=[note], ephemeral=True)
                assert (await thread.run(str(number))).text == f"answer {number}"

        async with anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(one, number)
    tree = traces.tree()
    for number in range(count):
        at = tree.index(f"caller {number}")
        assert tree[at + 1 : at + 6] == [
            "  invoke_agent codex",
            "    chat mock-model",
            "    execute_tool note",
            f"      noted {number}",
            "    chat mock-model",
        ]
    assert len(tree) == 6 * count
    assert (
        len({attributes["gen_ai.conversation.id"] for attributes in traces.named("invoke_agent codex")}) == 50
    )


# --- on and off ---


def test_it_is_switched_on_and_off_for_clients_that_exist(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    otel.uninstrument()
    with Codex(scripted_codex(lambda _: "fine").config) as codex:
        thread = codex.thread_start()
        thread.run("Untold.")
        assert traces.tree() == []
        traces.instrument()
        thread.run("Told.")
        otel.uninstrument()
        thread.run("Untold.")
    assert traces.tree() == ["invoke_agent codex", "  chat mock-model"]


def test_automatic_instrumentation_switches_it_on(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    otel.uninstrument()
    instrumentor = otel.CodexInstrumentor()
    with FakeServer(plain()) as server, Codex(server.config) as codex:
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
        instrumentor.instrument(skip_dep_check=True, tracer_provider=traces.tracer_provider)
        codex.thread_start().run("Hi.")
        instrumentor.uninstrument()
    assert "Hello." in traces.named("invoke_agent codex")[0]["gen_ai.output.messages"]


def test_content_is_in_the_spans_only_where_it_was_asked_for(
    traces: Traces, scripted_codex: ScriptedCodexFactory
) -> None:
    def tell(secret: str) -> str:
        """Tell it."""
        return f"{CANARY}-result {secret}"

    def reply(request: ModelRequest) -> Any:
        if request.step == 0:
            return [
                call("tell", secret=f"{CANARY}-argument"),
                call("exec_command", cmd=f"echo {CANARY}-command"),
            ]
        return f"{CANARY}-answer"

    with Codex(scripted_codex(reply).config) as codex:
        codex.thread_start(tools=[tell]).run(f"{CANARY}-prompt")
        assert CANARY not in str([span.to_json() for span in traces.spans])
        traces.instrument(content=True)
        codex.thread_start(tools=[tell]).run(f"{CANARY}-prompt")
    told = str([span.to_json() for span in traces.spans])
    assert set(re.findall(f"{CANARY}-([a-z]+)", told)) == {
        "prompt",
        "answer",
        "argument",
        "result",
        "command",
    }
    agent = traces.named("invoke_agent codex")[-1]
    assert agent["gen_ai.input.messages"] == (
        f'[{{"role": "user", "parts": [{{"type": "text", "content": "{CANARY}-prompt"}}]}}]'
    )
    assert agent["gen_ai.output.messages"] == (
        f'[{{"role": "assistant", "parts": [{{"type": "text", "content": "{CANARY}-answer"}}], '
        '"finish_reason": "stop"}]'
    )
    tool = traces.named("execute_tool tell")[-1]
    assert tool["gen_ai.tool.call.arguments"] == f'{{"secret": "{CANARY}-argument"}}'
    assert tool["gen_ai.tool.call.result"] == f"{CANARY}-result {CANARY}-argument"


def test_the_attributes_of_openinference_come_on_request(traces: Traces) -> None:
    traces.instrument(openinference=True, content=True)
    with FakeServer(plain()) as server, Codex(server.config) as codex:
        codex.thread_start().run("Hi.")
    (agent,), (chat,) = traces.named("invoke_agent codex"), traces.named("chat fake-model")
    foreign = re.compile(r"^(gen_ai|codex|error)\.")
    assert {key: value for key, value in agent.items() if not foreign.match(key)} == {
        "openinference.span.kind": "AGENT",
        "session.id": "thread-1",
        "agent.name": "codex",
        "input.value": "Hi.",
        "output.value": "Hello.",
    }
    assert {key: value for key, value in chat.items() if not foreign.match(key)} == {
        "openinference.span.kind": "LLM",
        "session.id": "thread-1",
        "llm.model_name": "fake-model",
        "llm.finish_reason": "stop",
        "llm.token_count.prompt": 8,
        "llm.token_count.completion": 4,
        "llm.token_count.total": 12,
        "llm.token_count.prompt_details.cache_read": 0,
        "llm.token_count.prompt_details.cache_write": 0,
        "llm.token_count.completion_details.reasoning": 0,
        "output.value": "Hello.",
    }


def plain() -> list[Step]:
    return [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        *steps.turn_message("Hello."),
        *steps.turn_end(),
    ]


def test_the_span_of_a_caller_in_another_os_thread_is_the_parent(traces: Traces) -> None:
    with FakeServer(plain()) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        caller = traces.tracer.start_span("caller")

        def run() -> None:
            with use_span(caller, end_on_exit=True):
                thread.run("Hi.")

        worker = threading.Thread(target=run)
        worker.start()
        worker.join()
    assert traces.tree() == ["caller", "  invoke_agent codex", "    chat fake-model"]
