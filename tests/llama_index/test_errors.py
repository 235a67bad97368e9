"""Bad input and bad surroundings: what is raised names the cause and the remedy."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

from typing import Any

import anyio
import pytest
from codex_app_server import AppServerRpcError, CodexNotFoundError, LaunchError, TurnFailedError
from codex_app_server.testing import fail
from llama_index.agent.codex import CodexAgent
from llama_index.core.agent.workflow import AgentOutput, ToolCallResult
from llama_index.core.agent.workflow.agent_context import SimpleAgentContext
from llama_index.core.base.llms.types import DocumentBlock
from llama_index.core.llms import ChatMessage, TextBlock
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool, ToolOutput
from llama_index.core.workflow import Context

pytestmark = pytest.mark.anyio


async def failure(agent: CodexAgent, message: Any = "Hi!", **options: Any) -> Exception:
    with anyio.fail_after(60):
        try:
            await agent.run(message, **options)
        except Exception as exc:
            return exc
    raise AssertionError("it did not fail")


async def test_a_missing_binary_is_named_with_the_remedy():
    found = await failure(CodexAgent(codex_bin="/does/not/exist/codex"))

    assert isinstance(found, CodexNotFoundError)
    assert isinstance(found, (LaunchError, FileNotFoundError))
    assert "/does/not/exist/codex" in str(found)
    assert "codex_bin" in str(found) or "install" in str(found)


async def test_a_missing_login_is_named_with_the_remedy(scripted_codex, make_agent):
    found = await failure(make_agent(scripted_codex(fail(401, message="Missing bearer authentication"))))

    assert isinstance(found, TurnFailedError)
    assert "401" in str(found)
    assert "log in (python -m codex_app_server codex login)" in str(found)


async def test_content_that_codex_does_not_take_is_refused_and_the_context_goes_on(
    scripted_codex, make_agent
):
    sc = scripted_codex("Fine.")
    agent = make_agent(sc)
    blocks: list[Any] = [TextBlock(text="Read!"), DocumentBlock(data=b"text", title="note")]

    found = await failure(agent, ChatMessage(role="user", blocks=blocks))

    assert isinstance(found, ValueError)
    assert str(found) == (
        "Codex takes text and images, not a block of type 'document': give its text instead"
    )
    assert list(sc.model.requests) == []
    assert str(await agent.run("Hi!")) == "Fine."


async def test_a_retrieved_tool_whose_name_codex_keeps_is_refused_when_it_comes(scripted_codex, make_agent):
    class Everything:
        async def aretrieve(self, _: str) -> list[Any]:
            return [FunctionTool.from_defaults(lambda: "x", name="apply_patch", description="x")]

    agent = make_agent(scripted_codex("never said"))
    object.__setattr__(agent, "tool_retriever", Everything())

    found = await failure(agent)

    assert isinstance(found, ValueError)
    assert "'apply_patch' belongs to a tool of Codex itself" in str(found)
    assert "give your tool another name" in str(found)


async def test_history_is_not_sent_again_after_a_turn_that_could_not_start(scripted_codex, make_agent):
    sc = scripted_codex("Fine.")
    agent = make_agent(sc)
    ctx: Context[Any] = Context(agent)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    await agent.run("one", ctx=ctx, memory=memory)
    memory.put(ChatMessage(role="user", content="said elsewhere"))

    agent.summary = "no such word"
    found = await failure(agent, "two", ctx=ctx, memory=memory)
    agent.summary = None
    assert isinstance(found, AppServerRpcError)
    with anyio.fail_after(60):
        await agent.run("three", ctx=ctx, memory=memory)

    assert sc.model.requests[-1].user_texts == ["one", "said elsewhere", "two", "three"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sandboxx": "read-only"}, "CodexAgent has no option 'sandboxx'; did you mean 'sandbox'?"),
        ({"zzzzzz": 1}, "CodexAgent has no option 'zzzzzz'"),
        ({"user_input_handler": 3}, "user_input_handler must be a function, not 'int'"),
        ({"codex": "codex"}, "codex must be a Codex or an AsyncCodex, not 'str'"),
    ],
)
def test_options_that_there_are_not_are_refused(options, message):
    with pytest.raises(TypeError) as caught:
        CodexAgent(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize("is_error", [False, True])
@pytest.mark.parametrize("name", ["add", "handoff"])
@pytest.mark.parametrize("is_direct", [False, True])
async def test_results_without_a_turn_go_to_memory(is_direct, name, is_error):
    agent = CodexAgent()
    ctx: Any = SimpleAgentContext()
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    output = ToolOutput(tool_name=name, content="5", raw_input={}, raw_output=5, is_error=is_error)
    result = ToolCallResult(
        tool_name=name, tool_kwargs={}, tool_id="c1", tool_output=output, return_direct=is_direct
    )

    await agent.handle_tool_call_results(ctx, [result], memory)
    answer = AgentOutput(response=ChatMessage(role="assistant", content="5"), current_agent_name="Agent")
    assert await agent.finalize(ctx, answer, memory) is answer

    told = [(message.role.value, message.content) for message in memory.get_all()]
    # An answer that is the result of a tool stands in memory as one of the model, as with `FunctionAgent`.
    is_answer = is_direct and name != "handoff" and not is_error
    assert told == [("tool", "5"), *([("assistant", "5")] if is_answer else [])]
