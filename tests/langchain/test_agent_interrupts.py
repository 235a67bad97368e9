"""CodexAgent in a graph whose interrupts ask a person: while the turn waits, after a restart, and where there is no graph."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import pickle
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

import psutil
import pytest
from codex_app_server import Codex, LocalProtocolError, TurnInterruptedError, accept_all
from codex_app_server.testing import Reply, call, text
from langchain_codex import CodexAgent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, Send

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

pytestmark = pytest.mark.anyio

CONFIG: RunnableConfig = {"configurable": {"thread_id": "customer-7"}}
QUESTION: Any = {"messages": [("user", "Go.")]}


class State(TypedDict):
    messages: Annotated[list[Any], add_messages]


def ask_for(name: str, **more: Any) -> Any:
    return call(
        "exec_command",
        cmd=f"echo x >> {name}",
        sandbox_permissions="require_escalated",
        justification="why",
        **more,
    )


ONCE = [Reply(text("I look.", phase="commentary"), ask_for("a")), "Done."]


@pytest.fixture
def setting(scripted_codex):
    return scripted_codex(ONCE)


def agent_for(client: Any, setting: Any, **fields: Any) -> CodexAgent:
    return CodexAgent(
        codex=client, cwd=setting.workspace, approval_policy="on-request", approvals="interrupt", **fields
    )


def graph_of(agent: Any, saver: Any) -> Any:
    builder = StateGraph(cast("Any", State))
    builder.add_node("codex", agent)
    builder.add_edge(START, "codex")
    return builder.compile(checkpointer=saver)


def pending(graph: Any) -> list[Any]:
    return list(graph.get_state(CONFIG).interrupts)


def lines(setting: Any, name: str = "a") -> int:
    path = setting.workspace / name
    return len(path.read_text().splitlines()) if path.exists() else 0


def answer_of(state: Any) -> str:
    return state["messages"][-1].content


async def run(graph: Any, value: Any, *, is_async: bool) -> Any:
    return await graph.ainvoke(value, CONFIG) if is_async else graph.invoke(value, CONFIG)


BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


# --- while the turn waits -----------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("decision", "done"),
    [
        ("accept", 1),
        (True, 1),
        ({"decision": "accept_for_session"}, 1),
        ({"type": "approve"}, 1),
        ("decline", 0),
        (False, 0),
    ],
    ids=str,
)
async def test_an_approval_is_an_interrupt_and_the_same_turn_goes_on(setting, decision, done, is_async):
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        state = await run(graph, QUESTION, is_async=is_async)
        (interrupt,) = state["__interrupt__"]
        asked = interrupt.value
        assert json.loads(json.dumps(asked)) == asked
        assert asked["kind"] == "command"
        assert asked["command"].endswith("-lc 'echo x >> a'")
        assert (asked["cwd"], asked["reason"]) == (str(setting.workspace), "why")
        assert {"accept", "decline", "cancel"} <= {
            word for word in asked["decisions"] if isinstance(word, str)
        }
        assert lines(setting) == 0
        state = await run(graph, Command(resume=decision), is_async=is_async)
        assert answer_of(state) == "Done."
        assert state["messages"][-1].response_metadata["turn_id"] == asked["turn_id"]
        assert lines(setting) == done
        assert len(setting.model.requests) == 2
        assert client.pending_requests == {}


@BOTH
async def test_cancel_ends_the_turn(setting, is_async):
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        await run(graph, QUESTION, is_async=is_async)
        with pytest.raises(TurnInterruptedError):
            await run(graph, Command(resume="cancel"), is_async=is_async)
    assert (lines(setting), len(setting.model.requests)) == (0, 1)


@BOTH
async def test_several_questions_of_a_turn_are_asked_one_after_the_other(scripted_codex, is_async):
    setting = scripted_codex([ask_for("a"), ask_for("b"), ask_for("c"), "Done."])
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        state = await run(graph, QUESTION, is_async=is_async)
        for name, decision in {"a": "accept", "b": "decline", "c": "accept"}.items():
            (interrupt,) = pending(graph)
            assert f">> {name}" in interrupt.value["command"]
            state = await run(graph, Command(resume=decision), is_async=is_async)
        assert answer_of(state) == "Done."
    assert [lines(setting, name) for name in "abc"] == [1, 0, 1]
    assert len(setting.model.requests) == 4


def test_what_is_no_decision_is_asked_again_and_says_why(setting):
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        graph.invoke(QUESTION, CONFIG)
        for nonsense in ("perhaps", {"decision": 7}, [1]):
            graph.invoke(Command(resume=nonsense), CONFIG)
            (interrupt,) = pending(graph)
            assert "is no decision" in interrupt.value["error"]
        assert answer_of(graph.invoke(Command(resume="accept"), CONFIG)) == "Done."
    assert lines(setting) == 1


def test_running_the_graph_again_without_a_decision_asks_the_same_again(setting):
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        graph.invoke(QUESTION, CONFIG)
        (first,) = pending(graph)
        graph.invoke(None, CONFIG)
        (second,) = pending(graph)
        assert second.value["id"] == first.value["id"]
        assert answer_of(graph.invoke(Command(resume="accept"), CONFIG)) == "Done."
    assert (lines(setting), len(setting.model.requests)) == (1, 2)


def test_several_agents_ask_at_once_and_are_answered_by_the_id_of_the_interrupt(scripted_codex):
    def script(request: Any) -> Any:
        name = request.user_texts[-1]
        return ask_for(name) if request.step == 0 else f"Done {name}."

    setting = scripted_codex(script)
    with Codex(setting.config) as client:
        builder = StateGraph(cast("Any", State))
        builder.add_node("codex", agent_for(client, setting))
        builder.add_conditional_edges(
            START, lambda _: [Send("codex", {"messages": [("user", name)]}) for name in "ab"], ["codex"]
        )
        graph: Any = builder.compile(checkpointer=InMemorySaver())
        graph.invoke({"messages": []}, CONFIG)
        by_name = {entry.value["command"][-2]: entry.id for entry in pending(graph)}
        assert sorted(by_name) == ["a", "b"]
        # One is answered alone; the other one waits on.
        graph.invoke(Command(resume={by_name["b"]: "decline"}), CONFIG)
        assert (lines(setting, "a"), lines(setting, "b")) == (0, 0)
        state = graph.invoke(Command(resume={by_name["a"]: "accept"}), CONFIG)
        assert sorted(message.content for message in state["messages"]) == ["Done a.", "Done b."]
    assert [lines(setting, name) for name in "ab"] == [1, 0]
    assert len(setting.model.requests) == 4


def test_a_turn_that_began_in_blocking_code_goes_on_in_a_loop_and_the_other_way_round(scripted_codex):
    setting = scripted_codex([ask_for("a"), ask_for("b"), call("shout", word="x"), "Done."])
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting, tools=[shout, whisper]), InMemorySaver())
        graph.invoke(QUESTION, CONFIG)
        asyncio.run(graph.ainvoke(Command(resume="accept"), CONFIG))
        assert answer_of(graph.invoke(Command(resume="accept"), CONFIG)) == "Done."
    assert list(setting.model.requests[-1].tool_outputs.values())[-1] == "X"


@tool
def shout(word: str) -> str:
    """Say a word loudly."""
    return word.upper()


@tool
async def whisper(word: str) -> str:
    """Say a word quietly."""
    await asyncio.sleep(0)
    return word.lower()


def test_async_tools_run_in_the_loop_that_the_graph_is_resumed_in(scripted_codex):
    setting = scripted_codex([call("whisper", word="A"), ask_for("a"), call("whisper", word="B"), "Done."])
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting, tools=[whisper]), InMemorySaver())
        asyncio.run(graph.ainvoke(QUESTION, CONFIG))
        state = asyncio.run(graph.ainvoke(Command(resume="accept"), CONFIG))
    assert answer_of(state) == "Done."
    outputs = list(setting.model.requests[-1].tool_outputs.values())
    assert (outputs[0], outputs[-1]) == ("a", "b")


@BOTH
async def test_stream_modes_show_the_interrupt_and_no_text_twice(scripted_codex, is_async):
    setting = scripted_codex([Reply(text("Before."), ask_for("a")), text(deltas=["Do", "ne."])])
    modes = ["messages", "updates", "custom"]
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        seen: list[list[Any]] = []
        for value in (QUESTION, Command(resume="accept")):
            if is_async:
                seen.append([part async for part in graph.astream(value, CONFIG, stream_mode=modes)])
            else:
                seen.append(list(graph.stream(value, CONFIG, stream_mode=modes)))
    shown: list[dict[str, str]] = [{}, {}]
    for texts, parts in zip(shown, seen, strict=True):
        for chunk in [part[0] for mode, part in parts if mode == "messages"]:
            texts[chunk.id] = texts.get(chunk.id, "") + chunk.content
    assert list(shown[0].values()) == ["Before."]
    # As LangGraph does with every message of a node, the second run shows the one that it had not shown itself.
    assert sorted(shown[1].values()) == ["Before.", "Done."]
    assert shown[0].items() <= shown[1].items()
    updates = [next(iter(part)) for parts in seen for mode, part in parts if mode == "updates"]
    assert updates == ["__interrupt__", "codex"]
    (update,) = [part["codex"] for mode, part in seen[1] if mode == "updates"]
    assert [message.content for message in update["messages"]] == ["Before.", "Done."]
    customs = [part["type"] for mode, part in seen[0] if mode == "custom"]
    assert "codex.approval.requested" in customs


def test_a_question_of_the_model_is_an_interrupt_too(scripted_codex):
    question = {
        "id": "q1",
        "header": "Colour",
        "question": "Which?",
        "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    }
    setting = scripted_codex(
        [call("request_user_input", questions=[question]), "Done."],
        extra_config={"features": {"default_mode_request_user_input": True}},
    )
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        graph.invoke(QUESTION, CONFIG)
        (interrupt,) = pending(graph)
        assert interrupt.value["kind"] == "user_input"
        assert interrupt.value["questions"][0]["question"] == "Which?"
        assert answer_of(graph.invoke(Command(resume="Red"), CONFIG)) == "Done."
    assert "Red" in str(setting.model.requests[-1].tool_outputs)


# --- nobody comes back --------------------------------------------------------------------------------


def test_the_turn_is_interrupted_when_the_agent_is_collected(setting):
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), InMemorySaver())
        graph.invoke(QUESTION, CONFIG)
        thread_id = pending(graph)[0].value["thread_id"]
        (question,) = client.pending_requests.values()
        thread = client.thread_resume(thread_id)
        turn = thread.active_turn
        assert turn is not None
        del graph
        gc.collect()
        assert turn.run().status == "interrupted"
        assert not question.is_open


def test_a_conversation_that_goes_on_without_an_answer_ends_the_turn_that_waits(scripted_codex):
    setting = scripted_codex(
        lambda request: ask_for("a") if request.user_texts[-1] == "Go." and request.step == 0 else "Hello."
    )
    with Codex(setting.config) as client:
        agent = agent_for(client, setting)
        graph = graph_of(agent, InMemorySaver())
        graph.invoke({"messages": [("user", "Hi")]}, CONFIG)
        graph.invoke(QUESTION, CONFIG)
        assert pending(graph)
        state = graph.invoke({"messages": [("user", "Never mind.")]}, CONFIG)
        assert answer_of(state) == "Hello."
        assert client.pending_requests == {}
    assert lines(setting) == 0


# --- after a restart ----------------------------------------------------------------------------------


def told(request: Any) -> list[str]:
    """What the model is told of decisions that came after a restart."""
    notes = [item["content"][0]["text"] for item in request.input if item.get("role") == "developer"]
    return [note for note in notes if "was restarted" in note]


def listens(request: Any) -> Any:
    """What a model does that listens to what it is told."""
    notes = told(request)
    if not notes:
        return ask_for("a")
    if "declined it" in notes[-1]:
        return "Done without."
    # A server that is being closed says no to what it asks, and the model may still ask again there.
    last = list(request.tool_outputs.values())[-1]
    return ask_for("a") if "rejected" in last or "aborted" in last else "Done."


def end_server(client: Codex, *, gently: bool) -> None:
    if gently:
        client.close()
        return
    (server,) = psutil.Process().children()
    server.kill()
    server.wait()


RESTARTS = pytest.mark.parametrize("gently", [True, False], ids=["closed", "killed"])


@BOTH
@RESTARTS
@pytest.mark.parametrize(("decision", "done"), [("accept", 1), ("decline", 0)])
async def test_a_decision_holds_after_a_restart(scripted_codex, decision, done, gently, is_async):
    setting = scripted_codex(listens)
    saver = InMemorySaver()
    with Codex(setting.config) as client:
        await run(graph_of(agent_for(client, setting), saver), QUESTION, is_async=is_async)
        end_server(client, gently=gently)
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), saver)
        (interrupt,) = pending(graph)
        state = await run(graph, Command(resume=decision), is_async=is_async)
        assert answer_of(state) == ("Done." if done else "Done without.")
        assert state["messages"][-1].response_metadata["thread_id"] == interrupt.value["thread_id"]
        assert not pending(graph)
    assert lines(setting) == done
    # The question of the user is told once.
    assert [entry for entry in setting.model.requests[-1].user_texts if entry == "Go."] == ["Go."]


ASKING_PROGRAM = """
import pickle, sys
from pathlib import Path
from typing import Annotated, Any, TypedDict
from langchain_codex import CodexAgent
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages

class State(TypedDict):
    messages: Annotated[list[Any], add_messages]

saver = InMemorySaver()
builder = StateGraph(State)
builder.add_node("codex", CodexAgent(cwd=sys.argv[1], approval_policy="on-request", approvals="interrupt"))
builder.add_edge(START, "codex")
state = builder.compile(checkpointer=saver).invoke(
    {"messages": [("user", "Go.")]}, {"configurable": {"thread_id": "customer-7"}}
)
assert state["__interrupt__"]
plain = {space: dict(entries) for space, entries in saver.storage["customer-7"].items()}
Path(sys.argv[2]).write_bytes(pickle.dumps((plain, dict(saver.writes), dict(saver.blobs))))
"""


def test_a_decision_holds_in_another_process(scripted_codex, tmp_path):
    setting = scripted_codex(listens)
    kept = tmp_path / "saver"
    subprocess.run(
        [sys.executable, "-c", ASKING_PROGRAM, str(setting.workspace), str(kept)],
        env={**os.environ, **setting.env},
        check=True,
        timeout=240,
    )
    saver = InMemorySaver()
    # What a checkpointer with a database has: data, and nothing of the process that wrote it.
    storage, writes, blobs = pickle.loads(kept.read_bytes())
    for space, entries in storage.items():
        saver.storage["customer-7"][space].update(entries)
    saver.writes.update(writes)
    saver.blobs.update(blobs)
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), saver)
        assert pending(graph)[0].value["command"].endswith("-lc 'echo x >> a'")
        assert answer_of(graph.invoke(Command(resume="accept"), CONFIG)) == "Done."
    assert lines(setting) == 1


def test_an_agent_goes_on_when_its_server_died_while_it_waited(scripted_codex):
    setting = scripted_codex(listens)
    agent = CodexAgent(
        env=setting.env, cwd=setting.workspace, approval_policy="on-request", approvals="interrupt"
    )
    graph = graph_of(agent, InMemorySaver())
    graph.invoke(QUESTION, CONFIG)
    (server,) = psutil.Process().children()
    server.kill()
    # The client knows it then; before that, the decision would be given to a turn that is lost.
    for found in threading.enumerate():
        if found.name == "codex-app-server-engine":
            found.join(30)
    assert answer_of(graph.invoke(Command(resume="accept"), CONFIG)) == "Done."
    assert lines(setting) == 1


def test_a05_a_restart_without_a_decision_asks_the_same_again_and_starts_nothing(scripted_codex):
    setting = scripted_codex(listens)
    saver = InMemorySaver()
    with Codex(setting.config) as client:
        graph_of(agent_for(client, setting), saver).invoke(QUESTION, CONFIG)
        end_server(client, gently=False)
    before = len(setting.model.requests)
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), saver)
        (first,) = pending(graph)
        graph.invoke(None, CONFIG)
        (second,) = pending(graph)
        assert (second.value, len(setting.model.requests)) == (first.value, before)


def test_another_command_is_asked_for_after_a_restart(scripted_codex):
    def script(request: Any) -> Any:
        if not told(request):
            return ask_for("a")
        return "Done." if len(request.tool_outputs) > 1 else ask_for("b")

    setting = scripted_codex(script)
    saver = InMemorySaver()
    with Codex(setting.config) as client:
        graph_of(agent_for(client, setting), saver).invoke(QUESTION, CONFIG)
        end_server(client, gently=False)
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), saver)
        graph.invoke(Command(resume="accept"), CONFIG)
        (interrupt,) = pending(graph)
        assert ">> b" in interrupt.value["command"]
        assert (lines(setting, "a"), lines(setting, "b")) == (0, 0)
        assert answer_of(graph.invoke(Command(resume="accept"), CONFIG)) == "Done."
    assert (lines(setting, "a"), lines(setting, "b")) == (0, 1)


def test_what_was_allowed_once_is_asked_for_a_second_time(scripted_codex):
    def script(request: Any) -> Any:
        if not told(request):
            return ask_for("a")
        return "Done." if len(request.tool_outputs) > 2 else ask_for("a")

    setting = scripted_codex(script)
    saver = InMemorySaver()
    with Codex(setting.config) as client:
        graph_of(agent_for(client, setting), saver).invoke(QUESTION, CONFIG)
        end_server(client, gently=False)
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), saver)
        graph.invoke(Command(resume="accept"), CONFIG)
        assert (lines(setting), len(pending(graph))) == (1, 1)
        assert answer_of(graph.invoke(Command(resume="decline"), CONFIG)) == "Done."
    assert lines(setting) == 1


def test_cancel_after_a_restart_starts_nothing(setting):
    saver = InMemorySaver()
    with Codex(setting.config) as client:
        graph_of(agent_for(client, setting), saver).invoke(QUESTION, CONFIG)
        end_server(client, gently=False)
    before = len(setting.model.requests)
    with Codex(setting.config) as client:
        graph = graph_of(agent_for(client, setting), saver)
        with pytest.raises(TurnInterruptedError, match="cancelled"):
            graph.invoke(Command(resume="cancel"), CONFIG)
    assert len(setting.model.requests) == before


# --- where it does not work ---------------------------------------------------------------------------


def test_it_says_where_it_can_ask(setting):
    with Codex(setting.config) as client:
        agent = agent_for(client, setting)
        with pytest.raises(LocalProtocolError, match="with a checkpointer"):
            agent.invoke("Go.")
        with pytest.raises(LocalProtocolError, match="with a checkpointer"):
            graph_of(agent, None).invoke(QUESTION)


def test_a_handler_and_interrupts_do_not_go_together():
    with pytest.raises(ValueError, match="one of them decides"):
        CodexAgent(approvals="interrupt", approval_handler=accept_all)
