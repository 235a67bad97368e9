"""Events of content blocks (version 3), which ChatCodex makes itself: their order, projections, ends and errors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from codex_app_server import TurnFailedError
from codex_app_server.testing import Gate, Reply, call, calls, fail, hold, reasoning, text, usage
from langchain.agents import create_agent
from langchain_codex import ChatCodex
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream
from pydantic import BaseModel

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

pytestmark = [
    pytest.mark.anyio,
    # LangChain says so of this version of its events.
    pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning"),
]

RICH = Reply(
    reasoning("Hm."),
    text(deltas=["Let me ", "see."]),
    calls(call("look", call_id="c1", at="a"), call("look", call_id="c2", at="b")),
    usage(input=100, cached=40, output=30, reasoning=20),
)
USAGE = {
    "input_tokens": 100,
    "output_tokens": 30,
    "total_tokens": 130,
    "input_token_details": {"cache_read": 40, "cache_creation": 0},
    "output_token_details": {"reasoning": 20},
}


@tool
def look(at: str) -> str:
    """Look."""
    return f"{at} is there"


def _start(place, /, **content):
    return {"event": "content-block-start", "index": place, "content": content}


def _delta(place, /, **delta):
    return {"event": "content-block-delta", "index": place, "delta": delta}


def _finish(place, /, **content):
    return {"event": "content-block-finish", "index": place, "content": content}


def _called(index, call_id, at):
    chunk = {"type": "tool_call_chunk", "id": call_id, "name": "look", "index": index}
    arguments = f'{{"at": "{at}"}}'
    return [
        _start(index, **chunk, args=""),
        _delta(index, type="block-delta", fields={**chunk, "args": arguments}),
        _finish(index, type="tool_call", id=call_id, name="look", args={"at": at}),
    ]


async def _events(model: Any, face: str, question: Any = "Hi") -> list[Any]:
    if face == "sync":
        return list(model.stream_events(question, version="v3"))
    return [event async for event in await model.astream_events(question, version="v3")]


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("face", ["sync", "async"])
async def test_block_follows_block_and_each_is_finished_before_the_next_begins(chat, face, version):
    model, _ = chat(RICH, output_version=version)
    begin, *blocks, end = await _events(model.bind_tools([look]), face)
    assert begin == {
        "event": "message-start",
        "role": "ai",
        "id": begin["id"],
        "metadata": {"provider": "codex", "model": "mock-model"},
    }
    assert begin["id"].startswith("lc_run--")
    assert blocks == [
        _start(0, type="reasoning", reasoning=""),
        _delta(0, type="reasoning-delta", reasoning="Hm."),
        _finish(0, type="reasoning", reasoning="Hm."),
        _start(1, type="text", text=""),
        _delta(1, type="text-delta", text="Let me "),
        _delta(1, type="text-delta", text="see."),
        _finish(1, type="text", text="Let me see."),
        *_called(2, "c1", "a"),
        *_called(3, "c2", "b"),
    ]
    assert end == {
        "event": "message-finish",
        "usage": USAGE,
        "metadata": {
            "model_name": "mock-model",
            "model_provider": "codex",
            "thread_id": end["metadata"]["thread_id"],
            "turn_id": end["metadata"]["turn_id"],
            "finish_reason": "tool_calls",
        },
    }


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_the_projections_of_a_stream_show_all_of_it(chat, face):
    model, _ = chat(RICH)
    bound: Any = model.bind_tools([look])
    if face == "sync":
        stream = bound.stream_events("Hi", version="v3")
        texts, reasons, called = (list(part) for part in (stream.text, stream.reasoning, stream.tool_calls))
        output = stream.output
    else:
        stream = await bound.astream_events("Hi", version="v3")
        texts = [part async for part in stream.text]
        reasons = [part async for part in stream.reasoning]
        called = [part async for part in stream.tool_calls]
        output = await stream.output
    assert (texts, reasons) == (["Let me ", "see."], ["Hm."])
    assert [(part["id"], part["index"], part["args"]) for part in called] == [
        ("c1", 2, '{"at": "a"}'),
        ("c2", 3, '{"at": "b"}'),
    ]
    assert [planned["id"] for planned in output.tool_calls] == ["c1", "c2"]
    assert output.usage_metadata == USAGE


RAN = Reply("Looking.", call("exec_command", cmd="echo hello"))


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_what_codex_ran_itself_comes_in_blocks_of_its_own(chat, face):
    model, _ = chat(
        lambda request: [RAN, "It says hello."][request.step],
        agent_tools=True,
        sandbox="danger-full-access",
        approval_policy="never",
    )
    events = await _events(model, face)
    assert_valid_event_stream(events)
    started = [event["content"] for event in events if event["event"] == "content-block-start"]
    finished = [event["content"] for event in events if event["event"] == "content-block-finish"]
    assert (
        [block["type"] for block in started]
        == [block["type"] for block in finished]
        == ["text", "server_tool_call", "server_tool_result", "text"]
    )
    ran, result = finished[1:3]
    assert "echo hello" in str(ran["args"])
    assert "hello" in result["output"]
    # What may be long comes once, at the end of its block.
    assert started[1]["args"] == {}
    assert "output" not in started[2]


def test_a_call_whose_arguments_are_no_json_is_a_block_that_cannot_be_run(chat):
    model, _ = chat([call("look", arguments='{"at": "it', call_id="c1"), "Done."])
    bound: Any = model.bind_tools([look])
    stream = bound.stream_events("Hi", version="v3")
    assert_valid_event_stream(stream)
    assert stream.output.tool_calls == []
    (invalid,) = stream.output.invalid_tool_calls
    assert (invalid["id"], invalid["name"]) == ("c1", "look")


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_a_failed_turn_ends_the_stream_with_its_error(chat, face):
    model, _ = chat(fail(400, message="that is not allowed"))
    if face == "sync":
        stream = model.stream_events("Hi", version="v3")
        with pytest.raises(TurnFailedError, match="that is not allowed"):
            _ = stream.output
    else:
        astream = await model.astream_events("Hi", version="v3")
        with pytest.raises(TurnFailedError, match="that is not allowed"):
            await astream.output


async def test_closing_a_stream_of_events_ends_the_request_to_the_model(chat):
    gate = Gate()
    model, sc = chat(text(deltas=["Hel", hold(gate), "lo"]))
    stream = await model.astream_events("Hi", version="v3")
    async for part in stream.text:
        assert part == "Hel"
        break
    await stream.aclose()
    await asyncio.to_thread(sc.model.requests[0].wait_ended)
    assert sc.model.requests[0].disconnected


def test_a_stop_sequence_ends_a_stream_of_events(chat):
    model, sc = chat(text(deltas=["One\nObs", "ervation", ": two"]))
    stream = model.stream_events("Hi", stop=["\nObservation:"], version="v3")
    assert list(stream.text) == ["One"]
    assert stream.output.response_metadata["finish_reason"] == "stop_sequence"
    sc.model.requests[0].wait_ended()


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_a_message_made_of_events_goes_on_in_its_thread(chat, face):
    model, sc = chat([RICH, "All there."])
    bound: Any = model.bind_tools([look])
    history: list[Any] = [HumanMessage("Hi")]
    for _ in range(2):
        if face == "sync":
            answer = bound.stream_events(history, version="v3").output
        else:
            answer = await (await bound.astream_events(history, version="v3")).output
        history += [answer, *(look.invoke(planned) for planned in answer.tool_calls)]
    assert bound.invoke([*history, HumanMessage("And now?")]).text == "Let me see."
    assert len({request.thread_id for request in sc.model.requests}) == 1


class Ends(BaseCallbackHandler):
    def __init__(self) -> None:
        self.events: list[str] = []
        self.messages: list[AIMessage] = []

    def on_stream_event(self, event: Any, **kwargs: Any) -> None:
        self.events.append(event["event"])

    def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.messages.append(response.generations[0][0].message)


def test_callbacks_see_the_events_and_the_message_once(chat):
    model, _ = chat("Fine.")
    ends = Ends()
    stream = model.stream_events("Hi", config={"callbacks": [ends]}, version="v3")
    assert stream.output.text == "Fine."
    assert ends.events == [
        "message-start",
        "content-block-start",
        *["content-block-delta"] * ends.events.count("content-block-delta"),
        "content-block-finish",
        "message-finish",
    ]
    (message,) = ends.messages
    assert (message.content, message.id) == (stream.output.content, stream.output.id)


class City(BaseModel):
    """A city."""

    name: str


def test_structured_output_streams_as_events_too(chat):
    model, sc = chat(lambda _: '{"name": "Paris"}')
    bound: Any = model.with_structured_output(City).first
    assert "".join(bound.stream_events("A city?", version="v3").text) == '{"name": "Paris"}'
    assert sc.model.requests[0].json_schema is not None


def test_an_agent_of_langchain_streams_these_events(chat):
    model, _ = chat(lambda request: RICH if len(request.input) == 1 else "All there.")
    agent: Any = create_agent(model, [look])
    said = [
        "".join(message.text)
        for message in agent.stream_events({"messages": [("user", "Hi")]}, version="v3").messages
    ]
    assert said == ["Let me see.", "All there."]


def test_the_hooks_are_those_that_langchain_looks_for():
    # Found by name: another name would silently mean events made from chunks.
    assert {"_stream_chat_model_events", "_astream_chat_model_events"} <= vars(ChatCodex).keys()
