"""What tracers see of a run: instrumentation events and spans, and the callbacks of the older manager."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import TurnFailedError
from codex_app_server.testing import call, calls, fail, reasoning, text, usage
from llama_index.agent.codex import CodexAgent, CodexApprovalRequest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.base.llms.types import ToolCallBlock
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler, TokenCountingHandler
from llama_index.core.instrumentation.events.agent import (
    AgentRunStepEndEvent,
    AgentRunStepStartEvent,
    AgentToolCallEvent,
)
from llama_index.core.instrumentation.events.exception import ExceptionEvent
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatInProgressEvent,
    LLMChatStartEvent,
)
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.settings import Settings
from llama_index.core.workflow import Context
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span import SimpleSpan
from llama_index_instrumentation.span_handlers import BaseSpanHandler, SimpleSpanHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

AGENT_EVENTS = (AgentRunStepStartEvent, AgentRunStepEndEvent, AgentToolCallEvent)
LLM_EVENTS = (LLMChatStartEvent, LLMChatInProgressEvent, LLMChatEndEvent, ExceptionEvent)


def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


class Events(BaseEventHandler):
    seen: list[Any] = []  # noqa: RUF012 - a pydantic field

    @classmethod
    def class_name(cls) -> str:
        return "Events"

    def handle(self, event: Any, **_: Any) -> None:
        self.seen.append(event)


@pytest.fixture
def traced() -> Iterator[tuple[Events, SimpleSpanHandler]]:
    root = get_dispatcher("root")
    events, spans = Events(seen=[]), SimpleSpanHandler()
    former = list(root.event_handlers), list(root.span_handlers)
    root.event_handlers, root.span_handlers = [*former[0], events], [*former[1], spans]
    yield events, spans
    root.event_handlers, root.span_handlers = former


async def run(agent: Any, message: str = "Weather?") -> Any:
    with anyio.fail_after(60):
        return await agent.run(message)


def names(events: list[Any], kinds: tuple[type, ...]) -> list[str]:
    return [type(event).__name__ for event in events if isinstance(event, kinds)]


def _run_id(event: Any) -> str:
    # The tag was called `run_id` at first.
    return event.tags.get("llamaindex.run_id") or event.tags["run_id"]


async def test_a_run_is_told_as_agent_steps_chats_and_tool_calls(scripted_codex, make_agent, traced):
    events, _ = traced
    sc = scripted_codex(
        [
            [call("get_weather", city="Paris"), usage(input=10, output=5)],
            [reasoning("Hm."), text(deltas=["It is", " sunny."]), usage(input=20, output=7)],
        ]
    )
    agent = make_agent(sc, tools=[get_weather], summary="detailed", model="gpt-5-codex")

    result = await run(agent)

    assert names(events.seen, AGENT_EVENTS + LLM_EVENTS) == [
        "AgentRunStepStartEvent",
        "LLMChatStartEvent",
        "AgentToolCallEvent",
        "LLMChatEndEvent",
        "AgentRunStepEndEvent",
        "AgentRunStepStartEvent",
        "LLMChatStartEvent",
        "LLMChatInProgressEvent",
        "LLMChatInProgressEvent",
        "LLMChatInProgressEvent",
        "LLMChatEndEvent",
        "AgentRunStepEndEvent",
    ]
    own = [event for event in events.seen if isinstance(event, AGENT_EVENTS + LLM_EVENTS)]
    # They belong to one run of the workflow.
    assert len({_run_id(event) for event in own}) == 1
    assert [(event.tool.name, event.arguments) for event in own if isinstance(event, AgentToolCallEvent)] == [
        ("get_weather", '{"city": "Paris"}')
    ]
    pieces = [event.response for event in own if isinstance(event, LLMChatInProgressEvent)]
    assert [(piece.delta, piece.message.content) for piece in pieces[1:]] == [
        ("It is", "It is"),
        (" sunny.", "It is sunny."),
    ]
    ends = [event.response for event in own if isinstance(event, LLMChatEndEvent)]
    used: list[Any] = [end.raw for end in ends if end is not None]
    assert [raw["usage"]["input_tokens"] for raw in used] == [10, 20]
    assert result.raw["usage"]["input_tokens"] == 30
    (first, _) = [event for event in own if isinstance(event, LLMChatStartEvent)]
    assert first.model_dict["model"] == "gpt-5-codex"
    assert [message.content for message in first.messages] == ["Weather?"]


async def test_the_llm_events_are_those_of_a_function_agent(scripted_codex, make_agent, traced):
    events, _ = traced

    def answer(messages: Any, **_: Any) -> ChatMessage:
        if messages[-1].role == "tool":
            return ChatMessage(role="assistant", content="It is sunny.")
        block = ToolCallBlock(tool_call_id="c1", tool_name="get_weather", tool_kwargs={"city": "Paris"})
        return ChatMessage(role="assistant", blocks=[block])

    await run(
        FunctionAgent(
            tools=[get_weather], llm=MockFunctionCallingLLM(response_generator=answer), streaming=False
        )
    )
    # One method of the mock model calls another, and both tell.
    control = [name for name, _ in groupby(names(events.seen, LLM_EVENTS))]
    events.seen.clear()
    sc = scripted_codex([call("get_weather", city="Paris"), "It is sunny."])
    await run(make_agent(sc, tools=[get_weather], streaming=False))

    assert names(events.seen, LLM_EVENTS) == control


async def test_spans_nest_and_end_tools_of_codex_included(scripted_codex, make_agent, traced):
    _, spans = traced
    sc = scripted_codex(
        [call("exec_command", cmd="echo hi"), call("get_weather", city="Paris"), "It is sunny."]
    )
    await run(make_agent(sc, tools=[get_weather], sandbox="danger-full-access"))

    done = {span.id_: span for span in spans.completed_spans}
    kinds = Counter(id_.split("-")[0] for id_ in done)
    assert kinds["CodexAgent.take_step"] == 2
    assert kinds["CodexAgent._chat"] == 2
    assert kinds["command_execution"] == 1
    assert kinds["FunctionTool.acall"] == 1
    assert spans.open_spans == {}
    assert spans.dropped_spans == []
    chat = next(span for id_, span in done.items() if id_.startswith("CodexAgent._chat"))
    assert done[chat.parent_id or ""].id_.startswith("CodexAgent.take_step")


async def test_a_failed_turn_is_told_as_an_exception(scripted_codex, make_agent, traced):
    events, spans = traced
    debug = LlamaDebugHandler(print_trace_on_end=False)
    agent = make_agent(scripted_codex(fail(400, message="unwell")), callback_manager=CallbackManager([debug]))

    with pytest.raises(TurnFailedError):
        await run(agent)

    (told,) = [event for event in events.seen if isinstance(event, ExceptionEvent)]
    assert isinstance(told.exception, TurnFailedError)
    assert [span.id_.split("-")[0] for span in spans.dropped_spans][:2] == [
        "CodexAgent._chat",
        "CodexAgent.take_step",
    ]
    pairs = debug.get_event_pairs(CBEventType.LLM)
    assert [len(pair) for pair in pairs] == [2]


async def test_tokens_are_counted_as_the_server_reports_them(scripted_codex, make_agent):
    counter = TokenCountingHandler(tokenizer=str.split)
    sc = scripted_codex(
        [
            [
                calls(call("get_weather", city="Paris"), call("get_weather", city="Rome")),
                usage(input=10, output=5),
            ],
            [call("exec_command", cmd="true"), usage(input=20, output=6)],
            ["It is sunny.", usage(input=40, output=7)],
        ]
    )
    agent = make_agent(
        sc,
        tools=[get_weather],
        callback_manager=CallbackManager([counter]),
        sandbox="danger-full-access",
    )

    result = await run(agent)

    counted = [(entry.prompt_token_count, entry.completion_token_count) for entry in counter.llm_token_counts]
    # One for each step: the second step made two requests, with a command between them.
    assert counted == [(10, 5), (60, 13)]
    assert (result.raw["usage"]["input_tokens"], result.raw["usage"]["output_tokens"]) == (70, 18)
    assert counter.total_llm_token_count == result.raw["usage"]["total_tokens"]


async def test_the_tokens_of_a_run_are_those_of_all_its_agents(scripted_codex, make_agent):
    def say(request: Any) -> Any:
        if "You work." in request.instructions:
            return ["Worked.", usage(input=20, output=7)]
        return [call("handoff", to_agent="worker", reason="work"), usage(input=10, output=5)]

    sc = scripted_codex(say)
    greeter = make_agent(sc, name="greeter", description="greets")
    worker = make_agent(sc, name="worker", description="works", system_prompt="You work.")
    workflow = AgentWorkflow(agents=[greeter, worker], root_agent="greeter")

    ctx: Context[Any] = Context(workflow)
    with anyio.fail_after(60):
        first: Any = await workflow.run(user_msg="one", ctx=ctx)
        # The worker goes on: this run counts for itself.
        second: Any = await workflow.run(user_msg="two", ctx=ctx)

    used = [
        (result.raw["usage"]["input_tokens"], result.raw["usage"]["output_tokens"])
        for result in (first, second)
    ]
    assert used == [(30, 12), (20, 7)]


async def test_the_older_callbacks_come_in_pairs(scripted_codex, make_agent):
    debug = LlamaDebugHandler(print_trace_on_end=False)
    sc = scripted_codex(
        [call("exec_command", cmd="echo hi"), call("get_weather", city="Paris"), "It is sunny."]
    )
    agent = make_agent(
        sc, tools=[get_weather], callback_manager=CallbackManager([debug]), sandbox="danger-full-access"
    )

    await run(agent)

    def payloads(kind: CBEventType) -> list[list[Any]]:
        return [[event.payload for event in pair] for pair in debug.get_event_pairs(kind)]

    assert [len(pair) for pair in payloads(CBEventType.AGENT_STEP)] == [2, 2]
    assert [len(pair) for pair in payloads(CBEventType.LLM)] == [2, 2]
    functions = payloads(CBEventType.FUNCTION_CALL)
    assert [[start["tool"].name, end["function_call_response"].strip()] for start, end in functions] == [
        ["command_execution", "hi"],
        ["get_weather", "sunny in Paris"],
    ]


async def test_a_step_that_asks_a_person_ends_with_the_question(scripted_codex, make_agent, traced):
    events, spans = traced
    debug = LlamaDebugHandler(print_trace_on_end=False)
    agent = make_agent(
        scripted_codex([call("exec_command", cmd="touch x"), "Done."]),
        callback_manager=CallbackManager([debug]),
        human_input=True,
        approval_policy="untrusted",
    )

    handler = agent.run("Go!")
    asked: list[Any] = []
    with anyio.fail_after(60):
        async for event in handler.stream_events():
            if isinstance(event, CodexApprovalRequest):
                asked.append(event)
                handler.ctx.send_event(event.answer(True))
        result = await handler

    ends = [event.step_output for event in events.seen if isinstance(event, AgentRunStepEndEvent)]
    assert ends == [*asked, result]
    payloads: list[Any] = [pair[1].payload for pair in debug.get_event_pairs(CBEventType.AGENT_STEP)]
    assert [payload["response"] for payload in payloads] == ends
    assert spans.open_spans == {}


def test_the_manager_of_the_settings_is_taken_where_none_is_given():
    former = Settings._callback_manager
    Settings.callback_manager = manager = CallbackManager([])
    try:
        agent = CodexAgent()
        own = CodexAgent(callback_manager=CallbackManager([]))
    finally:
        Settings._callback_manager = former
    assert agent.callback_manager is manager
    assert own.callback_manager is not manager
    assert agent.llm.callback_manager is manager


class Broken(BaseSpanHandler[SimpleSpan]):
    def new_span(self, *args: Any, **kwargs: Any) -> SimpleSpan:
        raise RuntimeError("no spans")

    def prepare_to_exit_span(self, *args: Any, **kwargs: Any) -> SimpleSpan:
        raise RuntimeError("no spans")

    def prepare_to_drop_span(self, *args: Any, **kwargs: Any) -> SimpleSpan:
        raise RuntimeError("no spans")


async def test_a01_a_tracer_that_fails_does_not_harm_the_run(scripted_codex, make_agent):
    class Raises(Events):
        def handle(self, event: Any, **_: Any) -> None:
            raise RuntimeError("no events")

    root = get_dispatcher("root")
    former = list(root.event_handlers), list(root.span_handlers)
    root.event_handlers, root.span_handlers = [*former[0], Raises()], [*former[1], Broken()]
    try:
        sc = scripted_codex(
            [call("exec_command", cmd="echo hi"), call("get_weather", city="Paris"), "It is sunny."]
        )
        result = await run(make_agent(sc, tools=[get_weather], sandbox="danger-full-access"))
    finally:
        root.event_handlers, root.span_handlers = former

    assert str(result) == "It is sunny."
