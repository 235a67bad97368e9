"""CodexAgent in LangGraph: as a node, in all stream modes, with a checkpointer, and as a sub-agent."""

from __future__ import annotations

import gc
import weakref
from typing import Annotated, Any, TypedDict

import psutil
import pytest
from codex_app_server import SharedCodex
from codex_app_server.testing import Reply, call, text
from langchain_codex import CodexAgent
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig  # noqa: TC002 - read from the annotations of tools
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.types import Command

pytestmark = pytest.mark.anyio

_WORK = [
    Reply(text("I look.", phase="commentary"), call("exec_command", cmd="echo hi")),
    text(deltas=["Do", "ne."]),
]


class State(TypedDict):
    messages: Annotated[list[Any], add_messages]


@pytest.fixture
def agent(scripted_codex):
    def make(script, **fields):
        sc = scripted_codex(script)
        return CodexAgent(env=sc.env, cwd=sc.workspace, **fields), sc

    return make


def _graph(codex, checkpointer=None):
    builder = StateGraph(State)
    builder.add_node("codex", codex)
    builder.add_edge(START, "codex")
    builder.add_edge("codex", END)
    return builder.compile(checkpointer=checkpointer)


def _user_texts(sc):
    return [entry for entry in sc.model.requests[-1].user_texts if not entry.startswith("<")]


async def _collect(graph, modes, *, is_async):
    value = {"messages": [HumanMessage("Hi", id="asked")]}
    if is_async:
        return [entry async for entry in graph.astream(value, stream_mode=modes)]
    return list(graph.stream(value, stream_mode=modes))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_all_stream_modes_agree_and_nothing_comes_twice(agent, is_async):
    codex, _ = agent(_WORK)
    seen = await _collect(_graph(codex), ["messages", "updates", "custom", "values"], is_async=is_async)
    chunks = [part[0] for mode, part in seen if mode == "messages"]
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    assert "".join(chunk.content for chunk in chunks) == "Done."
    ((update,),) = [part.values() for mode, part in seen if mode == "updates"]
    (answer,) = update["messages"]
    assert (answer.content, answer.id) == ("Done.", chunks[-1].id)
    assert len({chunk.id for chunk in chunks}) == 2
    customs = [part["type"] for mode, part in seen if mode == "custom"]
    assert "codex.warning" in customs
    values = [part for mode, part in seen if mode == "values"]
    assert [message.content for message in values[-1]["messages"]] == ["Hi", "Done."]


@pytest.mark.filterwarnings("ignore:The v3 streaming protocol")
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_events_of_version_3_have_the_tokens_of_the_answer(agent, is_async):
    codex, _ = agent(_WORK)
    graph: Any = _graph(codex)
    value = {"messages": [HumanMessage("Hi")]}
    texts: list[list[str]] = []
    if is_async:
        run = await graph.astream_events(value, version="v3")
        texts += [[part async for part in message.text] async for message in run.messages]
        output = await run.output()
    else:
        run = graph.stream_events(value, version="v3")
        texts = [list(message.text) for message in run.messages]
        output = run.output
    assert texts == [[], ["Do", "ne."]]
    assert [message.content for message in output["messages"]] == ["Hi", "Done."]


async def test_a_checkpointed_graph_goes_on_in_the_same_codex_thread(agent):
    codex, sc = agent("Hello.")
    graph = _graph(codex, InMemorySaver())
    # LangGraph's id, which is no id of Codex.
    config: RunnableConfig = {"configurable": {"thread_id": "customer-7"}}
    graph.invoke({"messages": [("user", "One")]}, config)
    state = await graph.ainvoke({"messages": [("user", "Two")]}, config)
    assert _user_texts(sc) == ["One", "Two"]
    answers = [message for message in state["messages"] if message.type == "ai"]
    assert len({answer.response_metadata["thread_id"] for answer in answers}) == 1


def test_time_travel_goes_on_from_the_earlier_point(agent):
    codex, sc = agent("Hello.")
    graph = _graph(codex, InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": "customer-7"}}
    for word in ("One", "Two"):
        graph.invoke({"messages": [("user", word)]}, config)
    past = next(state for state in graph.get_state_history(config) if len(state.values["messages"]) == 2)
    graph.invoke({"messages": [("user", "Other")]}, past.config)
    assert _user_texts(sc) == ["One", "Other"]


def test_codex_thread_id_stands_beside_the_id_of_the_graph(agent):
    codex, sc = agent("Hello.")
    thread_id = codex.invoke("One")["thread_id"]
    graph = _graph(codex, InMemorySaver())
    graph.invoke(
        {"messages": [("user", "Two")]},
        {"configurable": {"thread_id": "customer-7", "codex_thread_id": thread_id}},
    )
    assert _user_texts(sc) == ["One", "Two"]


def test_agents_with_names_keep_threads_of_their_own(agent):
    codex, _ = agent("Hello.", name="first")
    other = codex.model_copy(update={"name": "second"})
    builder = StateGraph(State)
    builder.add_node("one", codex)
    builder.add_node("two", other)
    builder.add_edge(START, "one")
    builder.add_edge("one", "two")
    state = builder.compile().invoke({"messages": [("user", "Hi")]})
    first, second = state["messages"][-2:]
    assert (first.name, second.name) == ("first", "second")
    assert first.response_metadata["thread_id"] != second.response_metadata["thread_id"]


@tool
def count(word: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Count the messages."""
    return f"{word}: {len(state['messages'])}"


def test_tools_get_the_state_of_the_graph(agent):
    codex, sc = agent([call("count", word="all"), "Done."], tools=[count])
    _graph(codex).invoke({"messages": [("user", "Hi"), ("ai", "Yes?"), ("user", "Count.")]})
    assert list(sc.model.requests[-1].tool_outputs.values()) == ["all: 3"]


class DeepState(State, total=False):
    files: dict[str, str]
    todos: list[str]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_it_fits_the_slot_of_a_sub_agent(agent, is_async):
    """As in a CompiledSubAgent of deepagents: its tool runs it on the state, and updates that with what it returns."""
    codex, sc = agent(_WORK)
    kept = {"messages", "todos", "structured_response"}

    def update(result: dict[str, Any], tool_call_id: str) -> Command[Any]:
        answer = ToolMessage(result["messages"][-1].text, tool_call_id=tool_call_id)
        rest = {name: value for name, value in result.items() if name not in kept}
        return Command(update={**rest, "messages": [answer]})

    @tool
    def task(
        description: str,
        state: Annotated[dict[str, Any], InjectedState],
        tool_call_id: Annotated[str, InjectedToolCallId],
        config: RunnableConfig,
    ) -> Command[Any]:
        """Give a task to a sub-agent."""
        value = {name: entry for name, entry in state.items() if name not in kept}
        return update(codex.invoke({**value, "messages": [HumanMessage(description)]}, config), tool_call_id)

    @tool("task")
    async def atask(
        description: str,
        state: Annotated[dict[str, Any], InjectedState],
        tool_call_id: Annotated[str, InjectedToolCallId],
        config: RunnableConfig,
    ) -> Command[Any]:
        """Give a task to a sub-agent."""
        value = {name: entry for name, entry in state.items() if name not in kept}
        result = await codex.ainvoke({**value, "messages": [HumanMessage(description)]}, config)
        return update(result, tool_call_id)

    builder = StateGraph(DeepState)
    builder.add_node("tools", ToolNode([atask if is_async else task]))
    builder.add_edge(START, "tools")
    graph: Any = builder.compile(checkpointer=InMemorySaver())
    calls = [{"name": "task", "args": {"description": "Look."}, "id": "c1"}]
    value = {"messages": [("user", "Hi"), AIMessage("", tool_calls=calls)], "files": {"a": "b"}}
    config: Any = {"configurable": {"thread_id": "customer-7"}}
    state = await graph.ainvoke(value, config) if is_async else graph.invoke(value, config)
    assert [message.content for message in state["messages"]] == ["Hi", "", "Done."]
    assert state["files"] == {"a": "b"}
    # The id of the graph is none of Codex, and the sub-agent is told its task alone.
    assert _user_texts(sc) == ["Look."]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("is_waiting", [False, True], ids=["over", "waiting"])
async def test_a_graph_that_is_dropped_keeps_no_agent_and_no_server(scripted_codex, is_async, is_waiting):
    ask = call("exec_command", cmd="true", sandbox_permissions="require_escalated", justification="why")
    sc = scripted_codex([ask, "Done."] if is_waiting else "Hello.")
    codex = CodexAgent(
        env=sc.env,
        cwd=sc.workspace,
        tools=[count],
        approval_policy="on-request",
        approvals="interrupt" if is_waiting else "handler",
    )
    kept = weakref.ref(codex)
    graph: Any = _graph(codex, InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": "customer-7"}}
    value = {"messages": [HumanMessage("Hi")]}
    modes = ["messages", "updates", "custom"]
    if is_async:
        async for _ in graph.astream(value, config, stream_mode=modes):
            pass
    else:
        for _ in graph.stream(value, config, stream_mode=modes):
            pass
    assert bool(graph.get_state(config).interrupts) == is_waiting
    del codex, graph
    gc.collect()
    assert kept() is None
    # And nobody has the app-server any more: it ends now instead of some seconds later.
    SharedCodex.close_idle()
    assert not psutil.Process().children()
