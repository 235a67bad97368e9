"""Tools of CodexAgent that are made for LangGraph: injected store, state and runtime, and Commands that update the state."""

from __future__ import annotations

import operator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import pytest
from codex_app_server import Codex
from codex_app_server.testing import call, calls
from langchain.tools import ToolRuntime  # noqa: TC002 - read from the annotations of tools
from langchain_codex import CodexAgent, StateUpdateError
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import InjectedState, InjectedStore
from langgraph.store.base import BaseStore  # noqa: TC002 - as above
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

pytestmark = pytest.mark.anyio

CONFIG: RunnableConfig = {"configurable": {"thread_id": "customer-7", "shop": "north"}}


class State(TypedDict, total=False):
    messages: Annotated[list[Any], add_messages]
    customer: str
    found: Annotated[list[str], operator.add]
    total: Annotated[int, operator.add]


@dataclass
class Shop:
    name: str


@pytest.fixture
def agent(scripted_codex):
    with ExitStack() as clients:

        def make(script, tools):
            sc = scripted_codex(script)
            client = clients.enter_context(Codex(sc.config))
            return CodexAgent(codex=client, cwd=sc.workspace, tools=tools), sc

        yield make


def graph_of(codex: Any, **options: Any) -> Any:
    builder = StateGraph(cast("Any", State), context_schema=Shop)
    builder.add_node("codex", codex)
    builder.add_edge(START, "codex")
    return builder.compile(**options)


def outputs(sc: Any) -> list[Any]:
    return list(sc.model.requests[-1].tool_outputs.values())


async def run(graph: Any, value: Any, *, is_async: bool, **options: Any) -> Any:
    if is_async:
        return await graph.ainvoke(value, CONFIG, **options)
    return graph.invoke(value, CONFIG, **options)


BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
ASKED: Any = {"messages": [("user", "Go.")], "customer": "Ada"}


@tool
def remember(word: str, store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Keep a word."""
    before = store.get(("words",), "last")
    store.put(("words",), "last", {"word": word})
    return "nothing" if before is None else before.value["word"]


@tool
def look(word: str, runtime: ToolRuntime[Shop, State]) -> str:
    """Look at everything that a tool is given."""
    runtime.stream_writer({"seen": word})
    assert runtime.store is not None
    runtime.store.put(("calls",), "last", {"id": runtime.tool_call_id})
    shop = runtime.config.get("configurable", {})["shop"]
    return f"{word} {runtime.state.get('customer')} {shop} {runtime.context.name} {runtime.tool_call_id}"


@tool
async def greet(customer: Annotated[str, InjectedState("customer")], word: str) -> str:
    """Greet the customer."""
    return f"{word} {customer}"


@BOTH
async def test_tools_get_store_state_and_runtime_of_the_graph(agent, is_async):
    script = [
        calls(call("remember", word="a"), call("look", call_id="c7", word="b"), call("greet", word="Hi")),
        call("remember", word="c"),
        "Done.",
    ]
    codex, sc = agent(script, [remember, look, greet])
    store = InMemoryStore()
    graph = graph_of(codex, store=store, checkpointer=InMemorySaver())
    state = await run(graph, ASKED, is_async=is_async, context=Shop("South"))
    assert state["messages"][-1].content == "Done."
    assert outputs(sc) == ["nothing", "b Ada north South c7", "Hi Ada", "a"]
    assert [entry.value for entry in store.search(("calls",))] == [{"id": "c7"}]


def test_the_stream_writer_of_a_tool_writes_to_the_stream_of_the_graph(agent):
    codex, _ = agent([call("look", word="b"), "Done."], [look])
    graph = graph_of(codex, store=InMemoryStore())
    seen = list(graph.stream(ASKED, CONFIG, stream_mode="custom", context=Shop("South")))
    assert {"seen": "b"} in seen


def test_the_model_cannot_give_what_is_injected(agent):
    codex, sc = agent([call("greet", word="Hi", customer="Eve"), "Done."], [greet])
    graph_of(codex).invoke(ASKED, CONFIG)
    offered = next(spec for spec in sc.model.requests[0].tools if spec.get("name") == "greet")
    assert list(offered["parameters"]["properties"]) == ["word"]
    assert "Eve" not in str(outputs(sc))


def test_outside_of_a_graph_there_is_a_runtime_without_store_or_context(agent):
    @tool
    def where(runtime: ToolRuntime) -> str:
        """Say where you are."""
        runtime.stream_writer("nobody reads this")
        return f"{runtime.store} {runtime.context} {runtime.state['customer']} {runtime.tool_call_id}"

    codex, sc = agent([call("where", call_id="c1"), "Done."], [where])
    codex.invoke(ASKED)
    assert outputs(sc) == ["None None Ada c1"]


@pytest.mark.parametrize(
    ("used", "value", "words"),
    [(remember, ASKED, "needs a store"), (greet, {"messages": [("user", "Hi")]}, "needs 'customer'")],
    ids=["store", "state"],
)
@BOTH
async def test_what_a_tool_needs_and_is_not_there_is_an_error_before_the_turn(
    agent, used, value, words, is_async
):
    codex, sc = agent("Done.", [used])
    with pytest.raises(ValueError, match=words):
        await run(graph_of(codex), value, is_async=is_async)
    assert not sc.model.requests


# --- Commands -----------------------------------------------------------------------------------------


@tool
def find(word: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Find a word."""
    return Command(
        update={
            "found": [word],
            "messages": [
                HumanMessage(f"note: {word}"),
                ToolMessage(f"found {word}", tool_call_id=tool_call_id),
            ],
        }
    )


@tool
def rename(name: str) -> Command[Any]:
    """Rename the customer."""
    return Command(update={"customer": name})


@tool
def leave() -> Command[Any]:
    """Leave."""
    return Command(goto="elsewhere")


@tool
def add(count: int) -> Command[Any]:
    """Add to the total."""
    return Command(update={"total": count})


@tool
def rewrite() -> Command[Any]:
    """Rewrite the plan."""
    return Command(update={"plan": "mine"})


@BOTH
async def test_a_command_updates_the_state_and_answers_the_model(agent, is_async):
    script = [calls(call("find", word="a"), call("rename", name="Eve")), call("find", word="b"), "Done."]
    codex, sc = agent(script, [find, rename])
    graph = graph_of(codex, checkpointer=InMemorySaver())
    state = await run(graph, {**ASKED, "found": ["z"]}, is_async=is_async)
    assert outputs(sc) == ["found a", "Done.", "found b"]
    assert (state["found"], state["customer"]) == (["z", "a", "b"], "Eve")
    # No message of a tool: the call of it is none of the graph's.
    assert [message.content for message in state["messages"]] == ["Go.", "note: a", "note: b", "Done."]


def test_the_updates_are_in_the_output_and_in_the_parts_of_a_stream(agent):
    codex, _ = agent([call("find", word="a"), "Done."], [find])
    parts = list(codex.stream("Go."))
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    assert whole["found"] == codex.invoke("Go.")["found"] == ["a"]
    assert [message.content for message in whole["messages"]] == ["note: a", "Done."]


@pytest.mark.parametrize(
    ("script", "used", "words"),
    [
        (call("leave"), leave, "cannot leave its node"),
        (calls(call("add", count=1), call("add", count=2)), add, "updated in this turn before"),
        (call("rewrite"), rewrite, "which the agent returns itself"),
    ],
    ids=["goto", "twice", "own"],
)
def test_what_a_turn_cannot_do_for_a_command_is_an_error_that_says_so(agent, script, used, words):
    codex, sc = agent([script, "Done."], [used])
    with pytest.raises(StateUpdateError, match=words):
        codex.invoke("Go.")
    # The model was told, and could go on.
    assert words in str(outputs(sc)[-1])


def test_updates_of_tools_outlast_an_interrupt(scripted_codex):
    ask = call("exec_command", cmd="true", sandbox_permissions="require_escalated", justification="why")
    sc = scripted_codex([call("find", word="a"), ask, call("find", word="b"), "Done."])
    with Codex(sc.config) as client:
        codex = CodexAgent(
            codex=client,
            cwd=sc.workspace,
            tools=[find],
            approval_policy="on-request",
            approvals="interrupt",
        )
        graph = graph_of(codex, checkpointer=InMemorySaver())
        graph.invoke(ASKED, CONFIG)
        state = graph.invoke(Command(resume="accept"), CONFIG)
    assert state["found"] == ["a", "b"]
    assert [message.content for message in state["messages"]] == ["Go.", "note: a", "note: b", "Done."]
