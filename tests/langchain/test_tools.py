"""Tools of LangChain on ChatCodex: bound, called, answered on the turn that waits, or given to a new thread."""

from __future__ import annotations

import gc
import pickle
from typing import Any

import psutil
import pytest
from codex_app_server import Codex
from codex_app_server.testing import Reply, call, calls, reasoning, text, usage
from langchain_codex import ChatCodex
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool

pytestmark = pytest.mark.anyio

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@tool
def wait(seconds: int = 1) -> str:
    """Wait."""
    return f"waited {seconds}"


TWO = Reply(
    reasoning("Both."),
    text("Let me see."),
    calls(
        call("get_weather", call_id="c1", city="Zürich"),
        call("get_weather", call_id="c2", city="Oslo"),
    ),
    usage(input=100, cached=40, output=30, reasoning=20),
)
DONE = Reply("All sunny.", usage(input=200, cached=100, output=5))


def results(message: AIMessage) -> list[ToolMessage]:
    return [get_weather.invoke(planned) for planned in message.tool_calls]


def threads(sc) -> list[str]:
    """The thread of each request to the model."""
    return [request.thread_id for request in sc.model.requests]


def kinds(request) -> list[str]:
    return [item.get("role") or item["type"] for item in request.input]


def _facts(message):
    metadata = {key: value for key, value in message.response_metadata.items() if not key.endswith("_id")}
    return (
        message.content,
        message.additional_kwargs,
        message.tool_calls,
        message.invalid_tool_calls,
        message.usage_metadata,
        metadata,
    )


async def test_all_calls_of_a_response_come_in_one_message_however_it_is_asked(chat):
    model, _ = chat(lambda _: TWO)
    bound = model.bind_tools([get_weather])
    chunks, achunks = list(bound.stream("Hi")), [chunk async for chunk in bound.astream("Hi")]
    messages = [
        bound.invoke("Hi"),
        await bound.ainvoke("Hi"),
        sum(chunks[1:], chunks[0]),
        sum(achunks[1:], achunks[0]),
        bound.invoke("Hi", stream=True),
    ]
    assert _facts(messages[0]) == (
        "Let me see.",
        {"reasoning_content": "Both."},
        [
            {"name": "get_weather", "args": {"city": "Zürich"}, "id": "c1", "type": "tool_call"},
            {"name": "get_weather", "args": {"city": "Oslo"}, "id": "c2", "type": "tool_call"},
        ],
        [],
        {
            "input_tokens": 100,
            "output_tokens": 30,
            "total_tokens": 130,
            "input_token_details": {"cache_read": 40, "cache_creation": 0},
            "output_token_details": {"reasoning": 20},
        },
        {"model_name": "mock-model", "model_provider": "codex", "finish_reason": "tool_calls"},
    )
    assert all(_facts(message) == _facts(messages[0]) for message in messages)
    for each in (chunks, achunks):
        called = [entry for chunk in each for entry in chunk.tool_call_chunks]
        assert [(entry["index"], entry["id"], entry["args"]) for entry in called] == [
            (0, "c1", '{"city": "Zürich"}'),
            (1, "c2", '{"city": "Oslo"}'),
        ]
        assert [bool(chunk.usage_metadata) for chunk in each].count(True) == 1


@pytest.mark.parametrize("faces", ["sync, sync", "async, async", "sync, async", "async, sync"])
async def test_results_are_answered_on_the_turn_that_waits(chat, faces):
    model, sc = chat([TWO, DONE])
    bound = model.bind_tools([get_weather])
    first, second = faces.split(", ")
    question = HumanMessage("Weather?")
    planned = bound.invoke([question]) if first == "sync" else await bound.ainvoke([question])
    history = [question, planned, *results(planned)]
    answer = bound.invoke(history) if second == "sync" else await bound.ainvoke(history)
    assert answer.content == "All sunny."
    assert answer.usage_metadata["input_tokens"] == 200
    assert answer.response_metadata["turn_id"] == planned.response_metadata["turn_id"]
    assert len(set(threads(sc))) == 1
    assert sc.model.requests[1].tool_outputs == {"c1": "sunny in Zürich", "c2": "sunny in Oslo"}
    # What the model thought and said is still before it, as it wrote it.
    before = sc.model.requests[0].input
    assert sc.model.requests[1].input[: len(before)] == before


async def test_a_turn_that_waits_goes_on_for_a_stream(chat):
    model, _ = chat([TWO, DONE])
    bound = model.bind_tools([get_weather])
    planned = sum((chunks := list(bound.stream("Weather?")))[1:], chunks[0])
    history = [HumanMessage("Weather?"), planned, *results(planned)]
    assert "".join([chunk.content async for chunk in bound.astream(history)]) == "All sunny."


def test_an_error_and_images_are_told_on_the_turn_that_waits(chat):
    model, sc = chat([TWO, DONE])
    bound = model.bind_tools([get_weather])
    planned = bound.invoke("Weather?")
    image = {"type": "image", "base64": PIXEL, "mime_type": "image/png"}
    bound.invoke(
        [
            HumanMessage("Weather?"),
            planned,
            ToolMessage("no such city", tool_call_id="c1", status="error"),
            ToolMessage([{"type": "text", "text": "look:"}, image], tool_call_id="c2"),
        ]
    )
    outputs = sc.model.requests[1].tool_outputs
    assert outputs["c1"] == "no such city"
    assert [part["type"] for part in outputs["c2"]] == ["input_text", "input_image"]
    assert len(set(threads(sc))) == 1


def _edited(planned: AIMessage) -> AIMessage:
    first, *rest = planned.tool_calls
    return planned.model_copy(update={"tool_calls": [{**first, "args": {"city": "Bern"}}, *rest]})


@pytest.mark.parametrize(
    "change",
    [
        lambda question, planned, outputs: [question, _edited(planned), *outputs],
        lambda question, planned, outputs: [question, planned, outputs[0]],
        lambda question, planned, outputs: [question, planned, *outputs, HumanMessage("And tomorrow?")],
        lambda _, planned, outputs: [HumanMessage("Climate?"), planned, *outputs],
        lambda question, planned, outputs: [question, planned, *outputs, outputs[0]],
    ],
    ids=["edited", "partial", "more", "another question", "twice"],
)
def test_any_other_conversation_is_given_to_a_new_thread_whole(chat, change):
    model, sc = chat(lambda request: DONE if len(request.input) > 2 else TWO)
    bound = model.bind_tools([get_weather])
    question = HumanMessage("Weather?")
    planned = bound.invoke([question])
    history = change(question, planned, results(planned))
    assert bound.invoke(history).content == "All sunny."
    asked = sc.model.requests[1]
    assert asked.thread_id != sc.model.requests[0].thread_id
    assert kinds(asked)[:5] == ["user", "assistant", "function_call", "function_call", "function_call_output"]
    assert ("user" in kinds(asked)[5:]) == isinstance(history[-1], HumanMessage)


def test_a_call_with_the_id_of_an_earlier_one_is_not_lost(chat):
    model, _ = chat(lambda request: TWO if len(request.input) in {1, 8} else DONE)
    bound = model.bind_tools([get_weather])
    planned = bound.invoke("Weather?")
    history = [
        HumanMessage("Weather?"),
        planned,
        *results(planned),
        AIMessage("Sunny."),
        HumanMessage("And now?"),
    ]
    again = bound.invoke(history)
    # Which one the server asks for first is its affair.
    assert {planned["id"] for planned in again.tool_calls} & {"c1", "c2"}
    assert bound.invoke([*history, again, *results(again)]).type == "ai"


def test_a_second_answer_to_the_same_calls_goes_to_a_new_thread(chat):
    model, sc = chat([TWO, DONE, DONE])
    bound = model.bind_tools([get_weather])
    planned = bound.invoke("Weather?")
    history = [HumanMessage("Weather?"), planned, *results(planned)]
    assert bound.invoke(history).content == bound.invoke(history).content == "All sunny."
    first, second, third = threads(sc)
    assert first == second != third
    assert sc.model.requests[2].tool_outputs == sc.model.requests[1].tool_outputs


def test_of_two_who_answer_at_the_same_time_one_goes_on_with_the_turn(chat):
    model, sc = chat(lambda request: DONE if len(request.input) > 2 else TWO)
    bound = model.bind_tools([get_weather])
    planned = bound.invoke("Weather?")
    history = [HumanMessage("Weather?"), planned, *results(planned)]
    assert [answer.content for answer in bound.batch([history, history, history])] == ["All sunny."] * 3
    assert threads(sc).count(threads(sc)[0]) == 2
    assert len(set(threads(sc))) == 3


def test_other_tools_mean_a_new_thread(chat):
    model, sc = chat([TWO, DONE])
    planned = model.bind_tools([get_weather]).invoke("Weather?")
    history = [HumanMessage("Weather?"), planned, *results(planned)]
    assert model.bind_tools([get_weather, wait]).invoke(history).content == "All sunny."
    assert len(set(threads(sc))) == 2


def test_another_model_object_finds_the_turn_and_another_process_does_without(chat, scripted_codex):
    model, sc = chat([TWO, DONE])
    planned = model.bind_tools([get_weather]).invoke("Weather?")
    history = [HumanMessage("Weather?"), planned, *results(planned)]
    twin = pickle.loads(pickle.dumps(model))
    assert twin.bind_tools([get_weather]).invoke(history).content == "All sunny."
    assert len(set(threads(sc))) == 1
    other = scripted_codex(DONE)
    stranger = ChatCodex(env=other.env, cwd=str(other.workspace)).bind_tools([get_weather])
    assert stranger.invoke(history).content == "All sunny."
    assert kinds(other.model.requests[0])[-4:] == [
        "function_call",
        "function_call",
        *["function_call_output"] * 2,
    ]


async def test_a_server_that_died_while_the_turn_waited_is_replaced(chat):
    for ask in ("sync", "async"):
        model, _ = chat([TWO, DONE])
        bound = model.bind_tools([get_weather])
        planned = bound.invoke("Weather?")
        for child in psutil.Process().children():
            if "app-server" in child.cmdline():
                child.kill()
        history = [HumanMessage("Weather?"), planned, *results(planned)]
        answer = bound.invoke(history) if ask == "sync" else await bound.ainvoke(history)
        assert answer.content == "All sunny."


def test_a_call_whose_arguments_are_no_json_is_invalid_and_never_run(chat):
    model, sc = chat([call("get_weather", arguments='{"city": "Par', call_id="c1"), DONE])
    bound = model.bind_tools([get_weather])
    for message in (bound.invoke("Weather?"),):
        assert message.tool_calls == []
        (invalid,) = message.invalid_tool_calls
        assert (invalid["id"], invalid["name"]) == ("c1", "get_weather")
    history = [HumanMessage("Weather?"), message, ToolMessage("bad JSON", tool_call_id="c1", status="error")]
    assert bound.invoke(history).content == "All sunny."
    (written,) = [item for item in sc.model.requests[-1].input if item["type"] == "function_call"]
    assert written["arguments"] == '{"city": "Par'


def test_a_name_that_codex_keeps_for_itself_comes_back_as_it_was(chat):
    model, sc = chat(
        lambda request: (
            call(request.tools[0]["name"], call_id="c1", seconds=2) if request.step == 0 else "Waited."
        )
    )
    bound = model.bind_tools([wait])
    planned = bound.invoke("Wait.")
    assert sc.model.requests[0].tools[0]["name"] == "wait_tool"
    assert planned.tool_calls[0]["name"] == "wait"
    assert (
        bound.invoke([HumanMessage("Wait."), planned, wait.invoke(planned.tool_calls[0])]).content
        == "Waited."
    )
    assert len(set(threads(sc))) == 1


def test_a_choice_narrows_the_tools_and_is_told_to_the_model(chat):
    model, sc = chat("Fine.")
    tools = [get_weather, wait]
    for choice in (
        None,
        "auto",
        "any",
        True,
        "get_weather",
        {"type": "function", "function": {"name": "wait"}},
        "none",
    ):
        model.bind_tools(tools, tool_choice=choice).invoke("Hi")
    model.bind_tools(tools, parallel_tool_calls=False).invoke("Hi")
    seen = [([spec["name"] for spec in request.tools], request.instructions) for request in sc.model.requests]
    both = ["get_weather", "wait_tool"]
    assert seen == [
        (both, ""),
        (both, ""),
        (both, "You must call at least one of the tools."),
        (both, "You must call at least one of the tools."),
        (["get_weather"], 'You must call the tool "get_weather".'),
        (["wait_tool"], 'You must call the tool "wait_tool".'),
        ([], ""),
        (both, "Never call more than one tool in one response."),
    ]
    with pytest.raises(ValueError, match="'fly' is none of the tools get_weather, wait"):
        model.bind_tools(tools, tool_choice="fly")
    with pytest.raises(ValueError, match="two tools called 'wait': give one of them another name"):
        model.bind_tools([*tools, wait]).invoke("Hi")
    with pytest.raises(ValueError, match="'web_search_preview' is run by a model provider"):
        model.bind_tools([{"type": "web_search_preview"}])


def test_merged_chunks_can_be_sent_back(chat):
    model, sc = chat([TWO, DONE])
    bound = model.bind_tools([get_weather])
    whole = AIMessageChunk(content="")
    for chunk in bound.stream("Weather?"):
        whole += chunk
    assert bound.invoke([HumanMessage("Weather?"), whole, *results(whole)]).content == "All sunny."
    assert len(set(threads(sc))) == 1


def test_calls_that_are_never_answered_are_interrupted_when_the_model_is_collected(scripted_codex):
    sc = scripted_codex([TWO])
    with Codex(sc.config) as codex:
        model: Any = ChatCodex(codex=codex)
        planned = model.bind_tools([get_weather]).invoke("Weather?")
        assert planned.tool_calls
        ended = codex.notifications("turn/completed")
        del model
        gc.collect()
        turn = next(ended).params["turn"]
        assert (turn["id"], turn["status"]) == (planned.response_metadata["turn_id"], "interrupted")
        ended.close()
