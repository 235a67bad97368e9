"""The same cases with `CodexAgent` and `FunctionAgent`: what a user sees, and what the model is told, is the same."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.
# No `from __future__ import annotations`: LlamaIndex would not find the `Context` parameter of a tool.

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

import anyio
import pytest
from codex_app_server.testing import call, calls
from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentStream,
    AgentWorkflow,
    FunctionAgent,
    ToolCall,
    ToolCallResult,
)
from llama_index.core.base.llms.types import ToolCallBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.objects import ObjectRetriever, SimpleObjectNodeMapping
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool, QueryEngineTool, RetrieverTool
from llama_index.core.workflow import Context
from workflows.events import HumanResponseEvent, InputRequiredEvent, StopEvent

pytestmark = pytest.mark.anyio

KINDS = ["CodexAgent", "FunctionAgent"]
TOOLS = (ToolCall, ToolCallResult)
# A text, or calls of tools as name and arguments.
Reply: TypeAlias = "str | list[tuple[str, dict[str, Any]]]"


@dataclass
class Told:
    """What a model is told: in a request of Codex, or in the messages of LlamaIndex."""

    instructions: str
    user_texts: list[str]
    outputs: list[str]
    tools: list[str]
    step: int


Say: TypeAlias = Callable[[Told], Reply]


def steps(*replies: Reply) -> Say:
    """Say one after the other in each turn."""
    return lambda told: replies[told.step]


class Given(list[ChatMessage]):
    """The messages of a request, with the tools that go with it: not every version tells a mock model of them."""

    tools: tuple[str, ...] = ()


class Mock(MockFunctionCallingLLM):
    def _prepare_chat_with_tools(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        tools = args[0] if args else kwargs["tools"]
        messages = Given(kwargs["chat_history"])
        messages.tools = tuple(sorted(tool.metadata.name for tool in tools))
        return {"messages": messages}


@dataclass
class World:
    """Agents of either class whose model says the same."""

    say: Say
    make_agent: Any
    scripted_codex: Any
    told: dict[str, list[Told]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    _codex: Any = None

    def agent(self, kind: str, **options: Any) -> Any:
        if kind == "FunctionAgent":
            llm = Mock()
            llm.response_generator = self._message
            return FunctionAgent(llm=llm, **options)
        if self._codex is None:
            self._codex = self.scripted_codex(self._response)
        return self.make_agent(self._codex, **options)

    def _response(self, request: Any) -> Any:
        told = Told(
            request.instructions,
            request.user_texts,
            [_text(output) for output in request.tool_outputs.values()],
            sorted(tool["name"] for tool in request.tools if tool.get("name") in OWN_TOOLS),
            request.step,
        )
        self.told["CodexAgent"].append(told)
        reply = self.say(told)
        return reply if isinstance(reply, str) else calls(*(call(name, arguments=a) for name, a in reply))

    def _message(self, messages: Any, **_: Any) -> ChatMessage:
        users = [index for index, message in enumerate(messages) if message.role == "user"]
        turn = messages[users[-1] + 1 :]
        told = Told(
            "\n".join(message.content for message in messages if message.role == "system"),
            [messages[index].content for index in users],
            [message.content for message in turn if message.role == "tool"],
            list(getattr(messages, "tools", ())),
            len([message for message in turn if message.role == "assistant"]),
        )
        self.told["FunctionAgent"].append(told)
        reply = self.say(told)
        if isinstance(reply, str):
            return ChatMessage(role="assistant", content=reply)
        blocks: list[Any] = [
            ToolCallBlock(tool_call_id=f"f{told.step}-{place}", tool_name=name, tool_kwargs=arguments)
            for place, (name, arguments) in enumerate(reply)
        ]
        return ChatMessage(role="assistant", blocks=blocks)


def _text(output: Any) -> str:
    return output if isinstance(output, str) else "".join(part.get("text", "") for part in output)


@pytest.fixture
def world(scripted_codex: Any, make_agent: Any) -> Callable[[Say], World]:
    return lambda say: World(say, make_agent, scripted_codex)


def roles(messages: Any) -> list[Any]:
    return [(message.role.value, message.content) for message in messages]


async def story(handler: Any, memory: ChatMemoryBuffer) -> dict[str, Any]:
    """Play a run, and return what its user gets to see, without the ids."""
    with anyio.fail_after(60):
        events = [event async for event in handler.stream_events()]
        try:
            result = await handler
        except Exception as exc:
            return {"events": _shape(events), "error": (type(exc), str(exc))}
    return {
        "events": _shape(events),
        "answer": str(result),
        "agent": result.current_agent_name,
        # Tools that are called at once end in any order.
        "tool calls": sorted(
            (
                (found.tool_name, found.tool_kwargs, output and output.content, output and output.is_error)
                for found in result.tool_calls
                # What ended the run is listed without its output.
                for output in [getattr(found, "tool_output", None)]
            ),
            key=str,
        ),
        "structured": result.structured_response,
        "memory": [
            line
            for _, group in groupby(roles(memory.get_all()), key=lambda line: line[0])
            for line in sorted(group, key=str)
        ],
    }


def _shape(events: list[Any]) -> list[Any]:
    """Return the kinds of events: deltas in any number, and the last whole text of each step."""
    shape: list[Any] = []
    for _, group in groupby(events, key=lambda event: "tools" if isinstance(event, TOOLS) else type(event)):
        members = sorted(
            group, key=lambda event: event.__class__.__name__ if isinstance(event, TOOLS) else ""
        )
        kind = type(members[0])
        if kind is AgentStream:
            shape.append((kind, members[-1].response, [found.tool_name for found in members[-1].tool_calls]))
        elif kind is AgentOutput:
            shape += [
                (kind, member.response.content, sorted(found.tool_name for found in member.tool_calls))
                for member in members
                if not isinstance(member, StopEvent)
            ]
        else:
            shape += [type(member) for member in members]
    return shape


# --- the tools ---


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


def broken(reason: str) -> str:
    """Fail."""
    raise RuntimeError(reason)


async def rename(ctx: Context, name: str) -> str:
    """Change the name in the state."""
    async with ctx.store.edit_state() as state:
        state["state"]["name"] = name
    return f"renamed to {name}"


class Notes(BaseRetriever):
    def _retrieve(self, query_bundle: Any) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(text=f"a note on {query_bundle.query_str}"), score=1.0)]


class Oracle(CustomQueryEngine):
    def custom_query(self, query_str: str) -> str:
        return f"the oracle knows {query_str}"


def tool_retriever() -> ObjectRetriever[Any]:
    """Find the tools whose name stands in the message."""
    tools = [FunctionTool.from_defaults(function) for function in (add, multiply)]
    mapping = SimpleObjectNodeMapping.from_objects(tools)
    nodes = dict(zip(("add", "multiply"), mapping.to_nodes(tools), strict=True))

    class ByName(BaseRetriever):
        def _retrieve(self, query_bundle: Any) -> list[NodeWithScore]:
            query = query_bundle.query_str
            return [NodeWithScore(node=node, score=1.0) for name, node in nodes.items() if name in query]

    return ObjectRetriever(retriever=ByName(), object_node_mapping=mapping)


OWN_TOOLS = {"add", "multiply", "broken", "rename", "notes", "oracle", "handoff", "ask"}
ADD: tuple[str, dict[str, Any]] = ("add", {"a": 2, "b": 3})


def roles_of(messages: list[ChatMessage]) -> dict[str, Any]:
    return {"roles": [message.role.value for message in messages]}


CASES: dict[str, tuple[Say, dict[str, Any], dict[str, Any]]] = {
    "an answer": (steps("Hello."), {"system_prompt": "Be kind."}, {}),
    "without streaming": (steps([ADD], "Five."), {"tools": [add], "streaming": False}, {}),
    "a function as a tool": (steps([ADD], "Five."), {"tools": [add]}, {}),
    "an async function": (steps([("multiply", {"a": 2, "b": 3})], "Six."), {"tools": [multiply]}, {}),
    "several calls in one response": (
        steps([ADD, ("multiply", {"a": 2, "b": 3})], "Both."),
        {"tools": [add, multiply]},
        {},
    ),
    "one round after another": (steps([ADD], [("add", {"a": 5, "b": 5})], "Ten."), {"tools": [add]}, {}),
    "a tool that raises": (steps([("broken", {"reason": "no power"})], "Oh."), {"tools": [broken]}, {}),
    "an argument that is missing": (steps([("add", {"a": 2})], "Oh."), {"tools": [add]}, {}),
    "partial parameters": (
        steps([("add", {"a": 2})], "Five."),
        {"tools": [FunctionTool.from_defaults(add, partial_params={"b": 3})]},
        {},
    ),
    "return direct": (
        steps([ADD], "never said"),
        {"tools": [FunctionTool.from_defaults(add, return_direct=True)]},
        {},
    ),
    "state": (
        steps([("rename", {"name": "Rose"})], "Done."),
        {
            "tools": [rename],
            "initial_state": {"name": "nobody"},
            "state_prompt": "State: {state}\nMessage: {msg}",
        },
        {},
    ),
    "a retriever as a tool": (
        steps([("notes", {"input": "roses"})], "Noted."),
        {"tools": [RetrieverTool.from_defaults(Notes(), name="notes", description="Notes.")]},
        {},
    ),
    "a query engine as a tool": (
        steps([("oracle", {"input": "all"})], "Known."),
        {"tools": [QueryEngineTool.from_defaults(Oracle(), name="oracle", description="Knows.")]},
        {},
    ),
    "tools that are retrieved": (steps([ADD], "Five."), {"tool_retriever": tool_retriever()}, {}),
    "a function for structured output": (
        steps([ADD], "Five."),
        {"tools": [add], "structured_output_fn": roles_of},
        {},
    ),
    "history": (
        steps("Rose."),
        {},
        {
            "chat_history": [
                ChatMessage(role="user", content="I am Rose."),
                ChatMessage(role="assistant", content="Hello Rose."),
            ]
        },
    ),
    "too many iterations": (lambda _: [ADD], {"tools": [add]}, {"max_iterations": 3}),
    "as many iterations as there may be": (
        steps([ADD], [ADD], "Five."),
        {"tools": [add]},
        {"max_iterations": 4},
    ),
    "neither message nor history": (steps("never said"), {}, {"user_msg": None}),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_run_is_that_of_a_function_agent(world, case):
    say, options, run_options = CASES[case]
    model = world(say)
    stories: dict[str, Any] = {}
    for kind in KINDS:
        memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
        agent = model.agent(kind, **options)
        handler = agent.run(**{"user_msg": "Now add!", "memory": memory, **run_options})
        stories[kind] = await story(handler, memory)

    assert stories["CodexAgent"] == stories["FunctionAgent"]
    ours, theirs = model.told["CodexAgent"], model.told["FunctionAgent"]
    assert [(told.user_texts, sorted(told.outputs), told.tools) for told in ours] == [
        (told.user_texts, sorted(told.outputs), told.tools) for told in theirs
    ]
    assert all(told.instructions in ours[0].instructions for told in theirs[:1])


async def test_a_tool_that_raises_does_not_end_the_run_though_it_returns_directly(world):
    # `FunctionAgent` of 0.14.25 puts the error into the conversation as an answer of the model besides.
    model = world(steps([("broken", {"reason": "no power"})], "Oh."))
    tool = FunctionTool.from_defaults(broken, return_direct=True)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    told = await story(model.agent("CodexAgent", tools=[tool]).run("Go!", memory=memory), memory)

    assert told["answer"] == "Oh."
    assert told["tool calls"] == [("broken", {"reason": "no power"}, "no power", True)]
    assert told["memory"] == [
        ("user", "Go!"),
        ("assistant", None),
        ("tool", "no power"),
        ("assistant", "Oh."),
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_early_stopping_asks_the_model_once_more(world, kind):
    model = world(lambda told: [ADD] if told.tools else "Enough.")
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    agent = model.agent(kind, tools=[add], early_stopping_method="generate")
    told = await story(agent.run("Loop!", max_iterations=3, memory=memory), memory)

    assert told["answer"] == "Enough."
    assert [found[2] for found in told["tool calls"]] == ["5", "5"]
    if kind == "CodexAgent":
        # `FunctionAgent` of 0.14.25 asks without the results of its tools.
        assert model.told[kind][-1].outputs == ["5", "5"]
        assert [role for role, _ in told["memory"]] == ["user", *["assistant", "tool"] * 2, "assistant"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_context_goes_on_with_the_conversation(world, kind):
    model = world(lambda told: f"heard {len(told.user_texts)}")
    agent = model.agent(kind)
    ctx: Context[Any] = Context(agent)

    answers = [str(await agent.run(message, ctx=ctx)) for message in ("one", "two")]

    # With pydantic 2.14 `FunctionAgent` forgets: LlamaIndex cannot write its default memory down.
    assert answers[0] == "heard 1"
    if kind == "CodexAgent":
        assert answers[1] == "heard 2"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_tool_may_wait_for_a_person(world, kind):
    async def ask(ctx: Context, question: str) -> str:
        """Ask a person."""
        asking = InputRequiredEvent(prefix=question)  # type: ignore[call-arg]
        answer = await ctx.wait_for_event(HumanResponseEvent, waiter_event=asking)
        return str(answer.response)

    model = world(steps([("ask", {"question": "Well?"})], "Thanks."))
    handler = model.agent(kind, tools=[ask]).run("Ask!")
    asked: list[str] = []
    with anyio.fail_after(60):
        async for event in handler.stream_events():
            if isinstance(event, InputRequiredEvent):
                asked.append(event.prefix)
                handler.ctx.send_event(HumanResponseEvent(response="blue"))  # type: ignore[call-arg]
        result = await handler

    assert asked == ["Well?"]
    assert str(result) == "Thanks."
    assert [found.tool_output.content for found in result.tool_calls] == ["blue"]


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
async def test_a_conversation_is_handed_over_and_back(world, first, second):
    def say(told: Told) -> Reply:
        if "You work." in told.instructions:
            return [("handoff", {"to_agent": "greeter", "reason": "the hedge is cut"})]
        if any("the hedge is cut" in output for output in told.outputs):
            return "All done."
        return [("handoff", {"to_agent": "worker", "reason": "work"})]

    model = world(say)
    greeter = model.agent(first, name="greeter", description="greets", system_prompt="You greet.")
    worker = model.agent(second, name="worker", description="works", system_prompt="You work.")
    workflow = AgentWorkflow(agents=[greeter, worker], root_agent="greeter")
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    handler = workflow.run(user_msg="the garden", memory=memory)
    with anyio.fail_after(60):
        outputs = [event async for event in handler.stream_events() if isinstance(event, AgentOutput)]
        result = await handler

    assert str(result) == "All done."
    assert [output.current_agent_name for output in outputs][:3] == ["greeter", "worker", "greeter"]
    assert [found.tool_kwargs["to_agent"] for found in result.tool_calls] == ["worker", "greeter"]
    assert [message.role.value for message in memory.get_all()] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
        "assistant",
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_state_of_a_workflow_is_told_to_its_agents(world, kind):
    model = world(steps([("rename", {"name": "Rose"})], "Done."))
    agent = model.agent(kind, tools=[rename])
    workflow = AgentWorkflow(
        agents=[agent], initial_state={"name": "nobody"}, state_prompt="State: {state}. {msg}"
    )

    handler = workflow.run(user_msg="Rename!")
    with anyio.fail_after(60):
        result = await handler

    assert str(result) == "Done."
    assert model.told[kind][0].user_texts == ["State: {'name': 'nobody'}. Rename!"]
    assert await handler.ctx.store.get("state") == {"name": "Rose"}
