"""Tools of the user, and turns that wait for them."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from typing import Any

import anyio
import pytest
from anyio import to_thread
from codex_app_server import AsyncCodex
from codex_app_server.testing import Gate, Script, call, hold
from llama_index.agent.codex import CodexAgent
from llama_index.core.agent.workflow import AgentOutput, AgentStream, AgentWorkflow
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context
from workflows.context.serializers import PickleSerializer
from workflows.errors import WorkflowCancelledByUser, WorkflowRuntimeError, WorkflowTimeoutError
from workflows.events import HumanResponseEvent, InputRequiredEvent

pytestmark = pytest.mark.anyio


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


async def remember(ctx: Context, word: str) -> str:
    """Remember a word."""
    await ctx.store.set("word", word)
    return f"{word} is remembered"


def broken(reason: str) -> str:
    """Fail."""
    raise RuntimeError(reason)


@pytest.mark.parametrize(
    ("tool", "arguments", "output"),
    [
        (add, {"a": 2, "b": 3}, "5"),
        (multiply, {"a": 2, "b": 3}, "6"),
        (remember, {"word": "tulip"}, "tulip is remembered"),
        (FunctionTool.from_defaults(add, name="math.add two"), {"a": 1, "b": 1}, "2"),
    ],
    ids=["sync", "async", "context", "odd name"],
)
async def test_a_tool_is_run_and_the_model_sees_its_output(
    scripted_codex, make_agent, tool, arguments, output
):
    name = "math_add_two" if isinstance(tool, FunctionTool) else tool.__name__
    sc = scripted_codex([call(name, arguments=arguments), "Done."])
    agent = make_agent(sc, tools=[tool])

    handler = agent.run("Go!")
    result = await handler

    assert str(result) == "Done."
    assert list(sc.model.requests[-1].tool_outputs.values()) == [output]
    (found,) = result.tool_calls
    assert found.tool_kwargs == arguments
    assert found.tool_name == ("math.add two" if isinstance(tool, FunctionTool) else name)
    if tool is remember:
        assert await handler.ctx.store.get("word") == "tulip"


async def test_a_tool_that_raises_tells_the_model_why(scripted_codex, make_agent):
    sc = scripted_codex([call("broken", reason="no power"), "It failed."])
    agent = make_agent(sc, tools=[broken])

    result = await agent.run("Go!")

    assert str(result) == "It failed."
    assert list(sc.model.requests[-1].tool_outputs.values()) == ["no power"]
    assert result.tool_calls[0].tool_output.is_error


async def test_arguments_that_are_no_object_are_refused_without_running_the_tool(scripted_codex, make_agent):
    sc = scripted_codex([call("add", arguments="[1, 2]"), "Sorry."])
    agent = make_agent(sc, tools=[add])

    result = await agent.run("Go!")

    (output,) = sc.model.requests[-1].tool_outputs.values()
    assert "must be a JSON object" in str(output)
    assert str(result) == "Sorry."
    assert result.tool_calls == []


@pytest.mark.parametrize("name", ["exec_command", "apply_patch", "view_image"])
def test_a_name_that_codex_would_shadow_is_refused_at_construction(name):
    with pytest.raises(ValueError, match=f"'{name}' belongs to a tool of Codex itself"):
        CodexAgent(tools=[FunctionTool.from_defaults(add, name=name)])


def test_two_names_that_become_one_are_refused():
    tools = [FunctionTool.from_defaults(add, name=name) for name in ("a.b", "a b")]
    with pytest.raises(ValueError, match=r"both called 'a_b'"):
        CodexAgent(tools=tools)


async def test_return_direct_ends_the_run_and_the_thread_knows_the_answer(scripted_codex, make_agent):
    script = Script().when("Add", [call("add", a=20, b=22), "never asked for"]).otherwise("Forty-two.")
    sc = scripted_codex(script)
    agent = make_agent(sc, tools=[FunctionTool.from_defaults(add, return_direct=True)])
    ctx: Context[Any] = Context(agent)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    with anyio.fail_after(30):
        first = await agent.run("Add!", ctx=ctx, memory=memory)
        second = await agent.run("What was it?", ctx=ctx, memory=memory)

    assert str(first) == "42"
    assert str(second) == "Forty-two."
    request = sc.model.requests[-1]
    assert request.thread_id == sc.model.requests[0].thread_id
    assert request.user_texts == ["Add!", "What was it?"]
    answers = [item["content"][0]["text"] for item in request.input if item.get("role") == "assistant"]
    assert answers[-1] == "42"
    # Once, and after the result; the model was not asked in between.
    texts = [[part["text"] for part in item.get("content", [])] for item in request.input]
    told = [text for text in texts if "42" in text]
    assert told == [["Result of a tool call:", "42"], ["42"]]
    assert len(sc.model.requests) == 2


async def test_cancelling_a_run_ends_the_stream_of_the_model(scripted_codex, make_agent):
    gate = Gate()
    sc = scripted_codex([["Some words", hold(gate), " never said"]])
    agent = make_agent(sc)

    handler = agent.run("Talk!")
    with anyio.fail_after(30):
        async for event in handler.stream_events():
            if isinstance(event, AgentStream):
                await handler.cancel_run()
                break
        with pytest.raises(WorkflowCancelledByUser):
            await handler
        (request,) = sc.model.requests
        await to_thread.run_sync(request.wait_ended)

    assert request.disconnected


async def test_a_timeout_ends_the_stream_of_the_model(scripted_codex, make_agent):
    gate = Gate()
    sc = scripted_codex([["Some words", hold(gate), " never said"]])
    agent = make_agent(sc, timeout=1.0)

    with anyio.fail_after(30):
        with pytest.raises(WorkflowTimeoutError):
            await agent.run("Talk!")
        (request,) = sc.model.requests
        await to_thread.run_sync(request.wait_ended)

    assert request.disconnected


async def goes_on(client: AsyncCodex, ctx: Context[Any]) -> str:
    """Run one more turn in the thread of a context, which begins when the one before has ended."""
    record = await ctx.store.get("codex:Agent")
    thread = await client.thread_resume(record["thread_id"])
    with anyio.fail_after(30):
        return (await thread.run("Still there?")).text


async def test_max_iterations_interrupts_the_turn_that_waits(scripted_codex):
    sc = scripted_codex(Script().when("Loop", lambda _: call("add", a=1, b=1)).otherwise("Yes."))
    async with AsyncCodex(sc.config) as client:
        agent = CodexAgent(tools=[add], codex=client)

        handler = agent.run("Loop!", max_iterations=3)
        with pytest.raises(WorkflowRuntimeError, match="Max iterations of 3"):
            await handler

        assert await goes_on(client, handler.ctx) == "Yes."
    assert len(sc.model.requests) == 4


async def test_a06_cancelling_while_a_tool_runs_interrupts_the_turn(scripted_codex):
    sc = scripted_codex(Script().when("Wait", [call("forever"), "never said"]).otherwise("Yes."))
    started = anyio.Event()

    async def forever() -> str:
        """Never end."""
        started.set()
        await anyio.Event().wait()
        return "never"

    async with AsyncCodex(sc.config) as client:
        agent = CodexAgent(tools=[forever], codex=client)
        handler = agent.run("Wait!")
        with anyio.fail_after(30):
            await started.wait()
            await handler.cancel_run()
            with pytest.raises(WorkflowCancelledByUser):
                await handler

        assert await goes_on(client, handler.ctx) == "Yes."


async def test_a_tool_may_wait_for_a_person(scripted_codex, make_agent):
    async def ask(ctx: Context) -> str:
        """Ask a person."""
        answer = await ctx.wait_for_event(HumanResponseEvent, waiter_event=InputRequiredEvent(prefix="Well?"))  # type: ignore[call-arg]
        return str(answer.response)

    sc = scripted_codex([call("ask"), "Thanks."])
    agent = make_agent(sc, tools=[ask])

    handler = agent.run("Ask!")
    with anyio.fail_after(30):
        async for event in handler.stream_events():
            if isinstance(event, InputRequiredEvent):
                handler.ctx.send_event(HumanResponseEvent(response="blue"))  # type: ignore[call-arg]
        result = await handler

    assert str(result) == "Thanks."
    assert list(sc.model.requests[-1].tool_outputs.values()) == ["blue"]


async def test_a_context_restored_while_a_tool_waits_for_a_person_goes_on(scripted_codex, make_agent):
    async def ask(ctx: Context) -> str:
        """Ask a person."""
        answer = await ctx.wait_for_event(HumanResponseEvent, waiter_event=InputRequiredEvent(prefix="Well?"))  # type: ignore[call-arg]
        return str(answer.response)

    sc = scripted_codex(lambda request: "Thanks." if "blue" in str(request.input) else call("ask"))
    agent = make_agent(sc, tools=[ask])

    handler = agent.run("Ask!")
    with anyio.fail_after(30):
        async for event in handler.stream_events():
            if isinstance(event, InputRequiredEvent):
                break
        # As JSON, pydantic 2.14 loses the memory, and with it every agent class; pickle keeps it.
        written = handler.ctx.to_dict(serializer=PickleSerializer())
        await handler.cancel_run()
        handler = agent.run(ctx=Context.from_dict(agent, written, serializer=PickleSerializer()))
        handler.ctx.send_event(HumanResponseEvent(response="blue"))  # type: ignore[call-arg]
        result = await handler

    assert str(result) == "Thanks."
    request = sc.model.requests[-1]
    assert request.thread_id == sc.model.requests[0].thread_id
    assert request.user_texts == ["Ask!"]


async def test_early_stopping_asks_the_model_once_more(scripted_codex, make_agent):
    sc = scripted_codex(
        lambda request: (
            call("add", a=1, b=1) if any(tool.get("name") == "add" for tool in request.tools) else "Enough."
        )
    )
    agent = make_agent(sc, tools=[add], early_stopping_method="generate")

    assert str(await agent.run("Loop!", max_iterations=2)) == "Enough."


async def test_a_handoff_goes_to_the_other_agent_which_knows_the_conversation(scripted_codex, make_agent):
    def say(request: Any) -> Any:
        if "You greet." in request.instructions:
            return call("handoff", to_agent="worker", reason="work")
        return f"worked on {request.last_user_text}"

    sc = scripted_codex(say)
    greeter = make_agent(sc, name="greeter", description="greets", system_prompt="You greet.")
    worker = make_agent(sc, name="worker", description="works", system_prompt="You work.")
    workflow = AgentWorkflow(agents=[greeter, worker], root_agent="greeter")
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    handler = workflow.run(user_msg="the garden", memory=memory)
    with anyio.fail_after(60):
        outputs = [event async for event in handler.stream_events() if isinstance(event, AgentOutput)]
        result = await handler

    assert [output.current_agent_name for output in outputs] == ["greeter", "worker"]
    assert str(result) == "worked on the garden"
    assert sc.model.requests[-1].thread_id != sc.model.requests[0].thread_id
    assert sc.model.requests[-1].user_texts == ["the garden"]
    assert [message.role.value for message in memory.get_all()] == ["user", "assistant", "tool", "assistant"]


async def test_a_handoff_that_is_refused_goes_on_with_the_same_turn(scripted_codex, make_agent):
    sc = scripted_codex([call("handoff", to_agent="nobody", reason="why not"), "Then I do it."])
    one = make_agent(sc, name="one", description="first")
    two = make_agent(sc, name="two", description="second")
    workflow = AgentWorkflow(agents=[one, two], root_agent="one")

    with anyio.fail_after(60):
        result = await workflow.run(user_msg="Go!")

    assert str(result) == "Then I do it."
    assert "Agent nobody not found" in str(list(sc.model.requests[-1].tool_outputs.values()))


async def test_a_handoff_back_brings_only_what_the_first_agent_has_not_seen(scripted_codex, make_agent):
    def say(request: Any) -> Any:
        if "You work." in request.instructions:
            return call("handoff", to_agent="greeter", reason="done with the hedge")
        if "done with the hedge" in str(request.input):
            return "All done."
        return call("handoff", to_agent="worker", reason="work")

    sc = scripted_codex(say)
    greeter = make_agent(sc, name="greeter", description="greets", system_prompt="You greet.")
    worker = make_agent(sc, name="worker", description="works", system_prompt="You work.")
    workflow = AgentWorkflow(agents=[greeter, worker], root_agent="greeter")

    with anyio.fail_after(60):
        result = await workflow.run(user_msg="the garden")

    first, *_, last = sc.model.requests
    assert str(result) == "All done."
    assert last.thread_id == first.thread_id
    assert last.user_texts == ["the garden"]
