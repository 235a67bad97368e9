"""What breaks off in the middle of an answer: connections to the model, servers, turns whose time is over."""

from __future__ import annotations

import psutil
import pytest
from codex_app_server import Codex, RequestTimeoutError, TransportClosedError
from codex_app_server.testing import FakeServer, Reply, call, cut, steps, text
from langchain_codex import ChatCodex
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

pytestmark = pytest.mark.anyio

FACES = pytest.mark.parametrize("face", ["sync", "async"])


@tool
def look(at: str) -> str:
    """Look."""
    return f"{at} is there"


async def ask(model, face, messages):
    return model.invoke(messages) if face == "sync" else await model.ainvoke(messages)


def shown(request) -> list[str]:
    return [item.get("role") or item["type"] for item in request.input]


def kill_server() -> None:
    for child in psutil.Process().children():
        if "app-server" in child.cmdline():
            child.kill()


@FACES
async def test_a_thread_that_keeps_a_message_of_a_broken_attempt_is_not_gone_on_with(chat, face):
    lost = Reply(text("First thought."), cut())
    model, sc = chat(lambda request: [lost, "No idea.", "Fine."][request.number], stream_max_retries=2)
    question = HumanMessage("Why?")
    answer = await ask(model, face, [question])
    assert answer.content == "No idea."
    await ask(model, face, [question, answer, HumanMessage("And?")])
    # Codex shows the model its first thought again, but nobody else has seen it.
    assert [shown(request) for request in sc.model.requests[1:]] == [
        ["user", "assistant"],
        ["user", "assistant", "user"],
    ]


def test_calls_after_a_broken_attempt_are_answered_in_a_thread_without_it(chat):
    lost = Reply(text("First thought."), cut())
    replies = [lost, call("look", call_id="c1", at="it"), "Done."]
    model, sc = chat(lambda request: replies[request.number], stream_max_retries=2)
    bound = model.bind_tools([look])
    planned = bound.invoke("Why?")
    history = [HumanMessage("Why?"), planned, look.invoke(planned.tool_calls[0])]
    assert bound.invoke(history).content == "Done."
    assert shown(sc.model.requests[-1]) == ["user", "function_call", "function_call_output"]


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream"])
async def test_calls_of_a_response_whose_rest_does_not_come_are_handed_out(chat, monkeypatch, way):
    # The server runs the call, and tells nobody that the connection to the model broke off.
    monkeypatch.setattr("langchain_codex._deadline._REST_S", 0.2)
    lost = Reply(text("I look."), call("look", call_id="c1", at="it"), cut())
    model, sc = chat(lambda request: [lost, "Done."][request.number], stream_max_retries=2)
    bound = model.bind_tools([look])
    if way == "stream":
        first, *rest = bound.stream("Where?")
        planned = sum(rest, first)
    else:
        planned = await ask(bound, "sync" if way == "invoke" else "async", "Where?")
    assert planned.content == "I look."
    assert planned.tool_calls == [{"name": "look", "args": {"at": "it"}, "id": "c1", "type": "tool_call"}]
    assert planned.response_metadata["finish_reason"] == "tool_calls"
    answer = bound.invoke([HumanMessage("Where?"), planned, look.invoke(planned.tool_calls[0])])
    assert answer.content == "Done."
    assert shown(sc.model.requests[-1]) == ["user", "assistant", "function_call", "function_call_output"]


@FACES
async def test_a_turn_that_never_begins_ends_with_its_time(face):
    begun = steps.turn_begin()[:2]
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        steps.expect("thread/inject_items"),
        steps.reply({}),
        *begun,
        steps.hang(),
    ]
    with FakeServer(scenario) as fake, Codex(fake.config) as codex:
        model = ChatCodex(codex=codex, timeout=0.2)
        with pytest.raises(RequestTimeoutError, match=r"within 0\.2 s") as caught:
            await ask(model, face, "Hi")
        assert (caught.value.timeout_s, caught.value.method) == (0.2, "turn/start")


@FACES
async def test_what_codex_ran_is_not_run_again_when_the_server_dies(chat, face):
    def script(request):
        if request.number == 0:
            return "Fine."
        if request.step == 0:
            return call("exec_command", cmd="true")
        kill_server()
        return "Never."

    model, sc = chat(script, agent_tools=True, sandbox="danger-full-access", approval_policy="never")
    history = [HumanMessage("Hi"), await ask(model, face, "Hi"), HumanMessage("Do it.")]
    with pytest.raises(TransportClosedError):
        await ask(model, face, history)
    assert len(sc.model.requests) == 3


@FACES
async def test_a_turn_whose_results_cannot_be_told_does_not_wait_on(scripted_codex, face):
    sc = scripted_codex([call("look", call_id="c1", at="it")])
    with Codex(sc.config) as codex:
        model = ChatCodex(codex=codex, image_fetch="never")
        bound = model.bind_tools([look])
        planned = await ask(bound, face, "Hi")
        ended = codex.notifications("turn/completed")
        image = {"type": "image", "url": "https://example.com/a.png"}
        with pytest.raises(ValueError, match="image_fetch is 'never'") as caught:
            await ask(bound, face, [HumanMessage("Hi"), planned, ToolMessage([image], tool_call_id="c1")])
        # The error holds on to the call; the turn ends all the same.
        turn = next(ended).params["turn"]
        assert (turn["id"], turn["status"]) == (planned.response_metadata["turn_id"], "interrupted")
        assert caught.value.__traceback__ is not None
        ended.close()
