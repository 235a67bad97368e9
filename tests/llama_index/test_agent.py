"""Runs of a CodexAgent: text, events, reasoning, threads, failures."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

import asyncio
import pickle
from typing import Any

import anyio
import psutil
import pytest
from codex_app_server import TurnFailedError
from codex_app_server.testing import Gate, Script, call, calls, fail, hold, reasoning, text, usage
from llama_index.agent.codex import CodexAgent
from llama_index.core.agent.workflow import (
    AgentInput,
    AgentOutput,
    AgentStream,
    FunctionAgent,
    ToolCall,
    ToolCallResult,
)
from llama_index.core.agent.workflow.agent_context import SimpleAgentContext
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import ToolSelection
from llama_index.core.workflow import Context, StopEvent
from llama_index.llms.codex import CodexLLM
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def get_weather(city: str) -> str:
    """Tell the weather."""
    return f"sunny in {city}"


async def events_of(handler: Any) -> list[Any]:
    return [event async for event in handler.stream_events()]


async def test_a_run_answers_and_its_raw_is_plain_json(scripted_codex, make_agent):
    sc = scripted_codex([["Hello there.", usage(input=10, cached=4, output=5, reasoning=2)]])
    agent = make_agent(sc, system_prompt="Speak like a pirate.", model="gpt-5-codex")

    result = await agent.run("Hi!")

    request = sc.model.requests[0]
    assert str(result) == "Hello there."
    assert result.current_agent_name == "Agent"
    assert result.tool_calls == []
    assert result.raw == {
        "thread_id": request.thread_id,
        "turn_id": request.turn_id,
        "status": "completed",
        "usage": {
            "input_tokens": 10,
            "output_tokens": 5,
            "total_tokens": 15,
            "cached_input_tokens": 4,
            "reasoning_output_tokens": 2,
        },
    }
    assert request.user_texts == ["Hi!"]
    assert request.model == "gpt-5-codex"
    assert "Speak like a pirate." in request.instructions


def test_it_is_a_workflow_agent_and_construction_starts_nothing(tmp_path):
    agent = CodexAgent(codex_bin=str(tmp_path / "no-such-binary"), env={"SECRET": "s3cret"})

    assert "BaseWorkflowAgent" in [cls.__name__ for cls in CodexAgent.__mro__]
    assert isinstance(agent.llm, CodexLLM)
    assert "s3cret" not in repr(agent)
    assert "s3cret" not in str(agent.model_dump(exclude={"llm"}))


async def test_the_stream_has_the_events_of_a_function_agent_in_its_order(scripted_codex, make_agent):
    def mock_answer(messages: Any, **kwargs: Any) -> ChatMessage:
        if messages[-1].role == "tool":
            return ChatMessage(role="assistant", content="It is sunny.")
        from llama_index.core.base.llms.types import ToolCallBlock

        block = ToolCallBlock(tool_call_id="c1", tool_name="get_weather", tool_kwargs={"city": "Paris"})
        return ChatMessage(role="assistant", blocks=[block])

    peer = FunctionAgent(tools=[get_weather], llm=MockFunctionCallingLLM(response_generator=mock_answer))
    sc = scripted_codex([call("get_weather", city="Paris", call_id="c1"), text("It is sunny.", chunks=1)])
    agent = make_agent(sc, tools=[get_weather])

    def shape(events: list[Any]) -> list[Any]:
        return [
            (type(event), getattr(event, "tool_calls", None) if isinstance(event, AgentOutput) else None)
            for event in events
        ]

    expected = shape(await events_of(peer.run("Weather?")))
    assert shape(await events_of(agent.run("Weather?"))) == expected


async def test_deltas_come_with_the_text_so_far(scripted_codex, make_agent):
    agent = make_agent(scripted_codex(text(deltas=["One", " two", " three."])))

    events = await events_of(agent.run("Count."))

    pieces = [(event.delta, event.response) for event in events if isinstance(event, AgentStream)]
    assert pieces == [("One", "One"), (" two", "One two"), (" three.", "One two three.")]
    assert [type(event) for event in events] == [
        AgentInput,
        AgentStream,
        AgentStream,
        AgentStream,
        AgentOutput,
        StopEvent,
    ]


async def test_without_streaming_there_is_one_output_and_no_deltas(scripted_codex, make_agent):
    agent = make_agent(scripted_codex("All at once."), streaming=False)

    events = await events_of(agent.run("Hi!"))

    assert [type(event) for event in events] == [AgentInput, AgentOutput, StopEvent]


async def test_the_first_delta_comes_before_the_model_has_finished(scripted_codex, make_agent):
    gate = Gate()
    agent = make_agent(scripted_codex(text(deltas=["Now", hold(gate), " then."])))

    handler = agent.run("When?")
    seen: list[str] = []
    with anyio.fail_after(30):
        async for event in handler.stream_events():
            if isinstance(event, AgentStream):
                if not seen:
                    assert not gate.is_open
                    gate.open()
                seen.append(event.delta)
        result = await handler

    assert seen == ["Now", " then."]
    assert str(result) == "Now then."


async def test_reasoning_comes_as_thinking(scripted_codex, make_agent):
    agent = make_agent(
        scripted_codex([[reasoning(deltas=["Let me", " think."]), "Done."]]), summary="detailed"
    )

    events = await events_of(agent.run("Think!"))

    thoughts = [event for event in events if isinstance(event, AgentStream) and event.thinking_delta]
    assert [(event.thinking_delta, event.delta) for event in thoughts] == [("Let me", ""), (" think.", "")]


async def test_commentary_is_streamed_and_the_last_message_is_the_answer(scripted_codex, make_agent):
    script = [[text("Looking.", phase="commentary"), text("Found.", phase="final_answer")]]
    agent = make_agent(scripted_codex(script))

    handler = agent.run("Look!")
    events = await events_of(handler)

    pieces = [event for event in events if isinstance(event, AgentStream)]
    assert "".join(piece.delta for piece in pieces) == pieces[-1].response == "Looking.Found."
    assert str(await handler) == "Found."


async def test_commands_of_codex_are_tool_events_and_not_run_by_the_workflow(scripted_codex, make_agent):
    sc = scripted_codex([call("exec_command", cmd="echo from-codex", call_id="c9"), "Ran it."])
    agent = make_agent(sc, sandbox="danger-full-access")

    handler = agent.run("Run it!")
    events = await events_of(handler)

    started, finished = [event for event in events if isinstance(event, (ToolCall, ToolCallResult))]
    assert (started.tool_name, started.tool_id) == ("command_execution", "c9")
    assert (finished.tool_name, finished.tool_id) == ("command_execution", "c9")
    assert finished.tool_output.content.strip() == "from-codex"
    assert not finished.tool_output.is_error
    assert len([event for event in events if isinstance(event, AgentOutput)]) == 1
    assert (await handler).tool_calls == []


async def test_a_message_with_an_image_reaches_the_model(scripted_codex, make_agent):
    sc = scripted_codex("A pixel.")
    agent = make_agent(sc)

    await agent.run(ChatMessage(role="user", blocks=[TextBlock(text="What is it?"), ImageBlock(url=PNG)]))

    content = [part for item in sc.model.requests[0].input for part in item.get("content", [])]
    assert [part["image_url"] for part in content if part["type"] == "input_image"] == [PNG]


async def test_two_runs_on_one_context_share_a_thread_and_nothing_is_sent_twice(scripted_codex, make_agent):
    sc = scripted_codex(lambda request: f"echo {request.last_user_text}")
    agent = make_agent(sc, system_prompt="Be short.")
    ctx: Context[Any] = Context(agent)

    await agent.run("yes", ctx=ctx)
    result = await agent.run("yes", ctx=ctx)

    first, second = sc.model.requests
    assert str(result) == "echo yes"
    assert first.thread_id == second.thread_id
    assert second.user_texts == ["yes", "yes"]
    assert second.input[: len(first.input)] == first.input
    assert [item.get("role") for item in second.input[len(first.input) :]] == ["assistant", "user"]


async def test_a_context_that_was_written_down_goes_on_in_its_thread(scripted_codex, make_agent):
    sc = scripted_codex(lambda request: f"echo {request.last_user_text}")
    agent = make_agent(sc)
    ctx: Context[Any] = Context(agent)
    await agent.run("one", ctx=ctx)
    written = ctx.to_dict()
    await agent.aclose()

    other = make_agent(sc)
    await other.run("two", ctx=Context.from_dict(other, written))

    first, second = sc.model.requests
    assert first.thread_id == second.thread_id
    assert second.user_texts == ["one", "two"]


async def test_a_server_that_died_between_two_runs_is_replaced(scripted_codex, make_agent):
    sc = scripted_codex(lambda request: f"echo {request.last_user_text}")
    agent = make_agent(sc)
    ctx: Context[Any] = Context(agent)
    before = set(psutil.Process().children(recursive=True))
    await agent.run("one", ctx=ctx)
    for process in set(psutil.Process().children(recursive=True)) - before:
        process.kill()

    result = await agent.run("two", ctx=ctx)

    assert str(result) == "echo two"
    assert sc.model.requests[-1].user_texts == ["one", "two"]


async def test_history_and_memory_are_put_into_a_new_thread(scripted_codex, make_agent):
    sc = scripted_codex("Rose.")
    agent = make_agent(sc)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    history = [
        ChatMessage(role="user", content="My name is Rose."),
        ChatMessage(role="assistant", content="Hello Rose."),
    ]

    await agent.run("What is my name?", chat_history=history, memory=memory)

    request = sc.model.requests[0]
    assert request.user_texts == ["My name is Rose.", "What is my name?"]
    assert [item["role"] for item in request.input if item.get("type") == "message"][-3:] == [
        "user",
        "assistant",
        "user",
    ]
    assert [(message.role.value, message.content) for message in memory.get_all()] == [
        ("user", "My name is Rose."),
        ("assistant", "Hello Rose."),
        ("user", "What is my name?"),
        ("assistant", "Rose."),
    ]


async def test_other_tools_mean_a_new_thread_with_the_same_conversation(scripted_codex, make_agent):
    sc = scripted_codex(lambda request: f"echo {request.last_user_text}")
    agent = make_agent(sc)
    ctx: Context[Any] = Context(agent)
    await agent.run("one", ctx=ctx)

    other = make_agent(sc, tools=[get_weather])
    await other.run("two", ctx=Context.from_dict(other, ctx.to_dict()))

    first, second = sc.model.requests
    assert first.thread_id != second.thread_id
    assert second.user_texts == ["one", "two"]
    assert "get_weather" in [tool.get("name") for tool in second.tools]


async def test_the_state_prompt_is_sent_once(scripted_codex, make_agent):
    sc = scripted_codex("Noted.")
    agent = make_agent(sc, initial_state={"mood": "calm"}, state_prompt="State: {state}\nMessage: {msg}")
    ctx: Context[Any] = Context(agent)

    await agent.run("one", ctx=ctx)
    await agent.run("two", ctx=ctx)

    told = [f"State: {{'mood': 'calm'}}\nMessage: {word}" for word in ("one", "two")]
    assert sc.model.requests[-1].user_texts == told


class Place(BaseModel):
    """Where it is."""

    city: str


async def test_structured_output_comes_from_a_further_question(scripted_codex, make_agent):
    # A provider that does not heed the schema of the turn.
    sc = scripted_codex(
        lambda request: '{"city": "Paris"}' if "current_conversation" in str(request.input[-1]) else "Paris."
    )
    agent = make_agent(sc, output_cls=Place)

    result = await agent.run("Where?")

    assert str(result) == "Paris."
    assert result.get_pydantic_model(Place) == Place(city="Paris")


async def test_several_runs_of_one_agent_have_their_own_threads(scripted_codex, make_agent):
    gate = Gate()
    sc = scripted_codex(lambda request: [hold(gate), f"echo {request.last_user_text}"])
    agent = make_agent(sc)

    handlers = [agent.run(f"run {number}") for number in range(4)]
    with anyio.fail_after(60):
        await gate.reached_async(30, count=4)
        gate.open()
        results = [str(await handler) for handler in handlers]

    assert results == [f"echo run {number}" for number in range(4)]
    assert len({request.thread_id for request in sc.model.requests}) == 4


async def test_a_failed_turn_raises(scripted_codex, make_agent):
    agent = make_agent(scripted_codex(fail(400, message="the model is unwell")))

    with pytest.raises(TurnFailedError, match="the model is unwell") as caught:
        await agent.run("Hi!")

    assert caught.value.result is not None
    assert caught.value.result.status == "failed"


async def test_a_context_goes_on_after_a_failed_run(scripted_codex, make_agent):
    sc = scripted_codex(Script().when("one", fail(400, message="no")).otherwise("Better now."))
    agent = make_agent(sc)
    ctx: Context[Any] = Context(agent)
    with pytest.raises(TurnFailedError):
        await agent.run("one", ctx=ctx)

    assert str(await agent.run("two", ctx=ctx)) == "Better now."
    assert sc.model.requests[-1].user_texts == ["one", "two"]


async def test_equal_agents_share_one_server(scripted_codex, make_agent):
    sc = scripted_codex("Hello!")
    before = set(psutil.Process().children())

    await make_agent(sc).run("one")
    started = set(psutil.Process().children()) - before
    await make_agent(sc, name="other", model="gpt-5-codex").run("two")

    assert set(psutil.Process().children()) - before == started


async def test_a_step_can_be_taken_outside_of_a_workflow(scripted_codex, make_agent):
    agent = make_agent(scripted_codex("Hello!"))
    messages = [ChatMessage(role="user", content="Hi!")]

    output = await agent.take_step(SimpleAgentContext(), messages, [], ChatMemoryBuffer.from_defaults())

    assert str(output) == "Hello!"


async def test_a_copy_of_an_agent_runs_by_itself(scripted_codex, make_agent):
    sc = scripted_codex("Hello!")
    agent = make_agent(sc)
    copy = agent.model_copy(deep=True)
    assert pickle.loads(pickle.dumps(agent.llm)).metadata == agent.llm.metadata

    try:
        assert str(await copy.run("Hi!")) == "Hello!"
    finally:
        await copy.aclose()


def test_an_agent_works_in_one_event_loop_after_another(scripted_codex):
    sc = scripted_codex(
        Script()
        .when("Weather", [call("get_weather", city="Paris"), "It is sunny."])
        .otherwise(lambda request: f"echo {request.last_user_text}")
    )
    agent = CodexAgent(tools=[get_weather], env=sc.env)

    async def use(message: str) -> str:
        return str(await agent.run(message))

    assert asyncio.run(use("one")) == "echo one"
    assert asyncio.run(use("Weather?")) == "It is sunny."
    asyncio.run(agent.aclose())


async def test_several_calls_of_one_response_are_all_answered(scripted_codex, make_agent):
    sc = scripted_codex(
        [calls(call("get_weather", city="Paris"), call("get_weather", city="Rome")), "Sunny in both."]
    )
    agent = make_agent(sc, tools=[get_weather])

    handler = agent.run("Weather?")
    events = await events_of(handler)
    result = await handler

    outputs = [event.tool_calls for event in events if isinstance(event, AgentOutput)]
    assert [[call.tool_kwargs["city"] for call in calls] for calls in outputs[:1]] == [["Paris", "Rome"]]
    assert len(outputs) == 2
    # The workflow runs them side by side and gathers the results as they come.
    assert sorted((found.tool_kwargs["city"], found.tool_output.content) for found in result.tool_calls) == [
        ("Paris", "sunny in Paris"),
        ("Rome", "sunny in Rome"),
    ]
    assert sorted(sc.model.requests[-1].tool_outputs.values()) == ["sunny in Paris", "sunny in Rome"]


async def test_a_tool_round_is_told_as_it_happens(scripted_codex, make_agent):
    sc = scripted_codex([call("get_weather", city="Paris", call_id="c1"), "It is sunny."])
    agent = make_agent(sc, tools=[get_weather])
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    handler = agent.run("Weather?", memory=memory)
    events = await events_of(handler)

    selection = ToolSelection(tool_id="c1", tool_name="get_weather", tool_kwargs={"city": "Paris"})
    asked, done = [event for event in events if isinstance(event, AgentOutput)]
    assert asked.tool_calls == [selection]
    assert [output.raw and output.raw["status"] for output in (asked, done)] == ["inProgress", "completed"]
    assert [found.tool_id for found in (await handler).tool_calls] == ["c1"]
    assert [(message.role.value, message.content) for message in memory.get_all()] == [
        ("user", "Weather?"),
        ("assistant", None),
        ("tool", "sunny in Paris"),
        ("assistant", "It is sunny."),
    ]
