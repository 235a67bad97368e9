"""Codex's own sub-agents below a run of CodexAgent: their runs, what LangGraph shows of them, and what they ask."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

import pytest
from codex_app_server import Codex
from codex_app_server.testing import FakeServer, Gate, Reply, call, hold, steps, text, usage
from langchain_codex import CodexAgent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from langchain_core.runnables import RunnableConfig

pytestmark = pytest.mark.anyio

CONFIG: RunnableConfig = {"configurable": {"thread_id": "customer-7"}}
QUESTION: Any = {"messages": [("user", "Go.")]}
TOGETHER = {"extra_config": {"features": {"multi_agent": True}}}
LOOK = Reply(call("exec_command", cmd="echo child"), usage(input=3, output=1))
DONE = Reply(text(deltas=["Child ", "done."]), usage(input=4, output=2))


def spawning(*child: Any) -> Any:
    """Return the script of a model that has a sub-agent do something, and waits for it."""

    def reply(request: Any) -> Any:
        if any("CHILD" in text for text in request.user_texts):
            return child[request.step]
        if request.step == 0:
            return [call("spawn_agent", namespace="multi_agent_v1", message="CHILD: look.")]
        if request.step == 1:
            (output,) = request.tool_outputs.values()
            targets = [json.loads(str(output))["agent_id"]]
            return [call("wait_agent", namespace="multi_agent_v1", targets=targets, timeout_ms=20_000)]
        return text(deltas=["Do", "ne."])

    return reply


class Watcher(BaseCallbackHandler):
    """Writes down the path of each run, and checks that what begins ends once, and not before what is below."""

    raise_error = True
    run_inline = True

    def __init__(self) -> None:
        self.paths: dict[Any, str] = {}
        self.parents: dict[Any, Any] = {}
        self.open: set[Any] = set()
        self.begun: list[str] = []
        self.ended: dict[str, list[Any]] = {}
        self.tokens: dict[str, str] = {}
        self.customs: list[tuple[str, Any]] = []
        self.on_begun: Any = None

    def _start(self, name: str, run_id: Any, parent_run_id: Any) -> None:
        assert parent_run_id is None or parent_run_id in self.open
        self.paths[run_id] = path = f"{self.paths.get(parent_run_id, '')}/{name}"
        self.parents[run_id] = parent_run_id
        self.open.add(run_id)
        self.begun.append(path)
        if self.on_begun is not None:
            self.on_begun(path)

    def _end(self, run_id: Any, result: Any) -> None:
        assert not [run for run in self.open if self.parents[run] == run_id]
        self.open.remove(run_id)
        self.ended.setdefault(self.paths[run_id], []).append(result)

    def on_chain_start(
        self, serialized: Any, inputs: Any, *, run_id: Any, parent_run_id: Any = None, **kw: Any
    ):
        self._start(kw["name"], run_id, parent_run_id)
        if kw["name"] == "CodexSubAgent":
            self.asked = inputs["messages"]

    def on_chat_model_start(
        self, serialized: Any, messages: Any, *, run_id: Any, parent_run_id: Any = None, **kw: Any
    ):
        self._start("model", run_id, parent_run_id)

    def on_tool_start(
        self, serialized: Any, input_str: Any, *, run_id: Any, parent_run_id: Any = None, **kw: Any
    ):
        self._start(serialized["name"], run_id, parent_run_id)

    def on_llm_new_token(self, token: Any, *, run_id: Any, **kw: Any) -> None:
        assert run_id in self.open
        path = self.paths[run_id]
        self.tokens[path] = self.tokens.get(path, "") + token

    def on_custom_event(self, name: str, data: Any, *, run_id: Any, **kw: Any) -> None:
        assert run_id in self.open
        self.customs.append((self.paths[run_id], data))

    def on_chain_end(self, outputs: Any, *, run_id: Any, **kw: Any) -> None:
        self._end(run_id, outputs)

    def on_llm_end(self, response: Any, *, run_id: Any, **kw: Any) -> None:
        self._end(run_id, response.generations[0][0].message)

    def on_tool_end(self, output: Any, *, run_id: Any, **kw: Any) -> None:
        self._end(run_id, output)

    def on_chain_error(self, error: BaseException, *, run_id: Any, **kw: Any) -> None:
        self._end(run_id, type(error).__name__)

    on_llm_error = on_tool_error = on_chain_error


AGENT = "/CodexAgent"
CHILD = "/CodexAgent/CodexSubAgent"


async def test_a_sub_agent_is_a_tree_of_runs_below_that_of_the_agent(scripted_codex):
    sc = scripted_codex(spawning(LOOK, DONE), **TOGETHER)
    codex = CodexAgent(env=sc.env, cwd=sc.workspace)
    outputs: list[Any] = []
    for is_async in (False, True):
        seen = Watcher()
        config: Any = {"callbacks": [seen]}
        outputs.append(await codex.ainvoke("Go.", config) if is_async else codex.invoke("Go.", config))
        assert not seen.open
        assert [path for path in seen.begun if path.startswith(CHILD)] == [
            CHILD,
            f"{CHILD}/model",
            f"{CHILD}/command_execution",
            f"{CHILD}/model",
        ]
        assert [message.content for message in seen.asked] == ["CHILD: look."]
        (output,) = seen.ended[CHILD]
        assert [message.content for message in output["messages"]] == ["Child done."]
        assert (output["usage"]["input_tokens"], output["usage"]["output_tokens"]) == (7, 3)
        assert [message.usage_metadata["total_tokens"] for message in seen.ended[f"{CHILD}/model"]] == [4, 6]
        assert seen.ended[f"{CHILD}/command_execution"][0].content == "child\n"
        assert seen.tokens == {f"{AGENT}/model": "Done.", f"{CHILD}/model": "Child done."}
        # What the sub-agent says is for the model of the agent, and no answer of the agent.
        assert [message.content for message in outputs[-1]["messages"]] == ["Done."]
        own = [message.usage_metadata["total_tokens"] for message in seen.ended[f"{AGENT}/model"]]
        assert outputs[-1]["usage"]["total_tokens"] == sum(own)
        # Apart from it, so that nothing is counted twice; where there are none there is no entry.
        assert outputs[-1]["sub_agent_usage"] == output["usage"]
    assert outputs[0]["usage"].keys() == outputs[1]["usage"].keys()


async def test_leaving_the_run_closes_the_runs_of_its_sub_agents(scripted_codex):
    gate = Gate()
    sc = scripted_codex(spawning(LOOK, text(deltas=["Child ", hold(gate), "done."])), **TOGETHER)
    with Codex(sc.config) as client:
        codex = CodexAgent(codex=client, cwd=sc.workspace)
        seen = Watcher()
        events = cast("AsyncGenerator[Any]", codex.astream_events("Go.", {"callbacks": [seen]}, version="v2"))
        async with aclosing(events) as stream:
            async for event in stream:
                if event["event"] == "on_chat_model_stream" and event["data"]["chunk"].content == "Child ":
                    break
        assert not seen.open
        assert seen.ended[CHILD] == ["TurnInterruptedError"]
        (request,) = [request for request in sc.model.requests if "CHILD: look." in request.user_texts][1:]
        await asyncio.to_thread(request.wait_ended)


# --- in LangGraph ---------------------------------------------------------------------------------------


class State(TypedDict):
    messages: Annotated[list[Any], add_messages]


def graph_of(agent: Any, saver: Any = None) -> Any:
    builder = StateGraph(cast("Any", State))
    builder.add_node("codex", agent)
    builder.add_edge(START, "codex")
    return builder.compile(checkpointer=saver)


def test_graphs_show_the_messages_of_sub_agents_to_who_asks_for_subgraphs(scripted_codex):
    sc = scripted_codex(spawning(LOOK, DONE), **TOGETHER)
    with Codex(sc.config) as client:
        graph = graph_of(CodexAgent(codex=client, cwd=sc.workspace))
        plain = [part[0].content for part in graph.stream(QUESTION, stream_mode="messages")]
        assert "".join(plain) == "Done."
        texts: dict[str, str] = {}
        for place, (chunk, _) in graph.stream(QUESTION, stream_mode="messages", subgraphs=True):
            name = place[0].partition(":")[0] if place else ""
            texts[name] = texts.get(name, "") + chunk.content
        assert texts == {"": "Done.", "codex": "Child done."}


def _asking() -> Any:
    return call(
        "exec_command", cmd="echo x >> a", sandbox_permissions="require_escalated", justification="why"
    )


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_what_a_sub_agent_asks_is_an_interrupt(scripted_codex, is_async):
    sc = scripted_codex(spawning(_asking(), DONE), **TOGETHER)
    with Codex(sc.config) as client:
        codex = CodexAgent(
            codex=client, cwd=sc.workspace, approval_policy="on-request", approvals="interrupt"
        )
        graph = graph_of(codex, InMemorySaver())
        seen: list[Watcher] = []
        states: list[Any] = []
        for value in (QUESTION, Command(resume="accept")):
            seen.append(Watcher())
            config: Any = {**CONFIG, "callbacks": [seen[-1]]}
            states.append(await graph.ainvoke(value, config) if is_async else graph.invoke(value, config))
            assert not seen[-1].open
    (interrupt,) = states[0]["__interrupt__"]
    asked = interrupt.value
    assert states[1]["messages"][-1].content == "Done."
    assert asked["sub_agent_thread_id"] != asked["thread_id"]
    assert asked["command"].endswith("-lc 'echo x >> a'")
    assert (sc.workspace / "a").read_text() == "x\n"
    child = next(path for path in seen[0].begun if path.endswith("/CodexSubAgent"))
    assert seen[0].ended[child] == ["GraphInterrupt"]
    # The run that goes on has those of the sub-agent again.
    (output,) = seen[1].ended[child]
    assert [message.content for message in output["messages"]] == ["Child done."]
    assert any(data.get("sub_agent_thread_id") == asked["sub_agent_thread_id"] for _, data in seen[0].customs)


# --- what the true server does not do -------------------------------------------------------------------


@tool
def shout(word: str) -> str:
    """Say a word loudly."""
    return word.upper()


def turn_of(name: str, method: str, **more: Any) -> Any:
    turn = {"id": f"turn-{name}", "rootTurnId": "turn-1", "items": [], "status": "inProgress", "error": None}
    return steps.notify(method, {"threadId": f"thread-{name}", "turn": {**turn, **more}})


def item_of(name: str, method: str, item: Any) -> Any:
    return steps.notify(method, {"threadId": f"thread-{name}", "turnId": f"turn-{name}", "item": item})


def begun(name: str) -> list[Any]:
    user = {
        "type": "userMessage",
        "id": f"user-{name}",
        "content": [{"type": "text", "text": f"Ask {name}."}],
    }
    return [turn_of(name, "turn/started"), item_of(name, "item/completed", user)]


def spawned(by: str, name: str) -> Any:
    item = {
        "type": "collabAgentToolCall",
        "id": f"spawn-{name}",
        "tool": "spawnAgent",
        "status": "completed",
        "receiverThreadIds": [f"thread-{name}"],
    }
    place = {"threadId": "thread-1", "turnId": "turn-1"} if by == "1" else None
    if place is None:
        return item_of(by, "item/completed", item)
    return steps.notify("item/completed", {**place, "item": item})


def test_sub_agents_of_sub_agents_their_tools_and_those_that_outlive_the_turn() -> None:
    arguments = {"word": "a"}
    called = {
        "type": "dynamicToolCall",
        "id": "c1",
        "tool": "shout",
        "arguments": arguments,
        "status": "inProgress",
    }
    asked = {
        "threadId": "thread-b",
        "turnId": "turn-b",
        "callId": "c1",
        "tool": "shout",
        "arguments": arguments,
    }
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        spawned("1", "a"),
        *begun("a"),
        spawned("a", "b"),
        *begun("b"),
        item_of("b", "item/started", called),
        steps.ask("item/tool/call", asked, id=7),
        steps.expect_answer(7),
        item_of("b", "item/completed", {**called, "status": "completed", "contentItems": []}),
        turn_of("b", "turn/completed", status="failed", error={"message": "too bad"}),
        *steps.turn_message("Done."),
        *steps.turn_end(),
    ]
    seen = Watcher()
    with FakeServer(scenario) as server, Codex(server.config) as client:
        output = CodexAgent(codex=client, tools=[shout]).invoke("Go.", {"callbacks": [seen]})
        assert any(message.get("result", {}).get("contentItems") for message in server.received)
    assert output["messages"][-1].content == "Done."
    assert not seen.open
    below = f"{CHILD}/CodexSubAgent"
    assert (seen.ended[CHILD], seen.ended[below]) == (["TurnInterruptedError"], ["TurnFailedError"])
    assert seen.ended[f"{below}/shout"][0].content == "A"
    assert isinstance(seen.asked[0], HumanMessage)
