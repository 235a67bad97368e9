"""ChatCodex in agents of LangChain and graphs of LangGraph, with a checkpointer and a person in the loop."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import Codex
from codex_app_server.testing import Reply, call, calls, usage
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_codex import ChatCodex
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory

pytestmark = pytest.mark.anyio

TWO = Reply(
    calls(call("get_weather", call_id="c1", city="Paris"), call("get_weather", call_id="c2", city="Oslo")),
    usage(input=10, output=2),
)
QUESTION: Any = {"messages": [("user", "Weather?")]}
CONFIG: Any = {"configurable": {"thread_id": "t"}}


class City(BaseModel):
    """A city."""

    name: str


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def script(request):
    outputs = [item for item in request.input if item["type"] == "function_call_output"]
    if not outputs:
        return TWO
    if any(spec["name"] == "City" for spec in request.tools):
        return call("City", name="Paris")
    return json.dumps({"name": "Paris"}) if request.json_schema else "All sunny."


@pytest.fixture
def sc(scripted_codex: ScriptedCodexFactory) -> ScriptedCodex:
    return scripted_codex(script)


# pytest keeps what a fixture gives beyond the end of a test, and with it the app-server: an open client ends with it.
@pytest.fixture
def model(sc: ScriptedCodex) -> Iterator[ChatCodex]:
    with Codex(sc.config) as codex:
        yield ChatCodex(codex=codex)


def test_an_agent_that_is_dropped_keeps_no_model_and_no_server(sc: ScriptedCodex) -> None:
    model = ChatCodex(env=sc.env, cwd=str(sc.workspace))
    kept = weakref.ref(model)
    agent: Any = create_agent(model, [get_weather], checkpointer=InMemorySaver())
    agent.invoke(QUESTION, CONFIG)
    asyncio.run(agent.ainvoke(QUESTION, CONFIG))
    del model, agent
    gc.collect()
    assert kept() is None


def threads(sc) -> list[str]:
    return [request.thread_id for request in sc.model.requests]


def outputs(request) -> list[Any]:
    return [item["output"] for item in request.input if item["type"] == "function_call_output"]


async def test_an_agent_works_on_one_turn(model, sc):
    agent = create_agent(model, [get_weather], system_prompt="Be brief.")
    for state in (agent.invoke(QUESTION), await agent.ainvoke(QUESTION)):
        assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "tool", "ai"]
        assert state["messages"][-1].content == "All sunny."
        assert state["messages"][1].usage_metadata["input_tokens"] == 10
    first, second, third, fourth = threads(sc)
    assert first == second != third == fourth
    assert sc.model.requests[0].instructions == "Be brief."


def test_an_agent_streams_each_message_once(model):
    agent: Any = create_agent(model, [get_weather])
    seen: dict[str, str] = {}
    for chunk, _ in agent.stream(QUESTION, stream_mode="messages"):
        seen[chunk.id] = seen.get(chunk.id, "") + chunk.text
    planned, *outcomes, answer = seen.values()
    assert (planned, sorted(outcomes), answer) == ("", ["sunny in Oslo", "sunny in Paris"], "All sunny.")


def _structured_response(agent: Any) -> object:
    return agent.invoke(QUESTION)["structured_response"]


def test_an_agent_gets_structured_output_from_the_provider_or_by_a_tool(model, sc):
    by_schema = create_agent(model, [get_weather], response_format=City)
    assert _structured_response(by_schema) == City(name="Paris")
    assert sc.model.requests[0].json_schema is not None
    assert len(set(threads(sc))) == 1
    by_tool = create_agent(model, [get_weather], response_format=ToolStrategy(City))
    assert _structured_response(by_tool) == City(name="Paris")
    assert "must call" in sc.model.requests[-1].instructions


def test_a_graph_with_a_tool_node_and_a_checkpointer(model, sc):
    bound = model.bind_tools([get_weather])
    graph = StateGraph(MessagesState)

    def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [bound.invoke(state["messages"])]}

    graph.add_node("model", ask)
    graph.add_node("tools", ToolNode([get_weather]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    app: Any = graph.compile(checkpointer=InMemorySaver())
    assert app.invoke(QUESTION, CONFIG)["messages"][-1].content == "All sunny."
    # The conversation goes on in the same thread of Codex.
    app.invoke({"messages": [("user", "And now?")]}, CONFIG)
    assert len(set(threads(sc))) == 1
    # Time travel: the calls are answered a second time, in a thread of its own.
    before_tools = [state for state in app.get_state_history(CONFIG) if state.next == ("tools",)][-1]
    again = app.invoke(None, before_tools.config)
    assert again["messages"][-1].content == "All sunny."
    assert len(set(threads(sc))) == 2
    assert (
        outputs(sc.model.requests[-1]) == outputs(sc.model.requests[1]) == ["sunny in Paris", "sunny in Oslo"]
    )


def _agent(model: ChatCodex, saver: InMemorySaver) -> Any:
    return create_agent(
        model,
        [get_weather],
        middleware=[HumanInTheLoopMiddleware(interrupt_on={"get_weather": True})],
        checkpointer=saver,
    )


def _decide(*decisions: dict[str, Any]) -> Command[Any]:
    return Command(resume={"decisions": list(decisions)})


def test_a_person_approves_while_the_turn_waits(model, sc):
    agent = _agent(model, InMemorySaver())
    assert "__interrupt__" in agent.invoke(QUESTION, CONFIG)
    state = agent.invoke(_decide({"type": "approve"}, {"type": "approve"}), CONFIG)
    assert state["messages"][-1].content == "All sunny."
    assert len(set(threads(sc))) == 1


@pytest.mark.parametrize("answer", ["approve", "edit", "reject"])
def test_a_person_answers_in_another_process(model, sc, scripted_codex, answer):
    saver = InMemorySaver()
    _agent(model, saver).invoke(QUESTION, CONFIG)
    other = scripted_codex(script)
    decisions: dict[str, dict[str, Any]] = {
        "approve": {"type": "approve"},
        "edit": {"type": "edit", "edited_action": {"name": "get_weather", "args": {"city": "Bern"}}},
        "reject": {"type": "reject", "message": "not there"},
    }
    with Codex(other.config) as codex:
        agent = _agent(ChatCodex(codex=codex), saver)
        state = agent.invoke(_decide(decisions[answer], {"type": "approve"}), CONFIG)
    assert state["messages"][-1].content == "All sunny."
    (request,) = other.model.requests
    expected = {"approve": "sunny in Paris", "edit": "sunny in Bern", "reject": "not there"}
    first, second = outputs(request)
    told = str([first, second])
    assert expected[answer] in told
    assert "sunny in Oslo" in told
    assert ("sunny in Paris" in told) == (answer == "approve")
