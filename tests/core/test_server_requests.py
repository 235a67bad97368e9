"""What the server asks back: approvals are declined when nobody decides, tool calls can be held."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import anyio
import psutil
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    ImageInput,
    LocalProtocolError,
    ToolCallRequested,
    ToolFinished,
    ToolStarted,
)
from codex_app_server.testing import call

if TYPE_CHECKING:
    from codex_app_server import (
        ToolCall,
    )
    from codex_app_server.testing import ScriptedCodexFactory

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_a_command_shows_as_a_tool_with_all_of_its_output(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("exec_command", cmd="echo out; echo err >&2; exit 3")], "done"])
    with Codex(setup.config) as codex:
        events = list(codex.thread_start(sandbox="danger-full-access").turn("Run it.").events())
    (started,) = [event for event in events if isinstance(event, ToolStarted)]
    (finished,) = [event for event in events if isinstance(event, ToolFinished)]
    assert (started.item_id, started.name) == (finished.item_id, "command_execution")
    assert (finished.status, finished.exit_code, finished.is_error) == ("failed", 3, True)
    assert sorted(finished.output.split()) == ["err", "out"]


def test_interrupting_a_turn_ends_its_running_command(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("exec_command", cmd="exec sleep 297", yield_time_ms=60_000)], "done"])
    with Codex(setup.config) as codex:
        turn = codex.thread_start(sandbox="danger-full-access").turn("Run it.")
        stream = turn.events()
        assert any(isinstance(event, ToolStarted) for event in stream)
        children = psutil.Process(codex._engine.pid).children(recursive=True)
        assert [child for child in children if "297" in " ".join(child.cmdline())]
        turn.interrupt()
        assert turn.run().status == "interrupted"
        # Gone while the server still runs.
        assert psutil.wait_procs(children, timeout=10)[1] == []
        assert codex.request_raw("account/read")["account"] is None


def test_a_tool_call_is_held_until_it_is_answered(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "It is sunny."])
    with Codex(setup.config) as codex:
        turn = codex.thread_start(dynamic_tools=[WEATHER]).turn("Weather?")
        seen: list[ToolCall] = []
        finished: list[ToolFinished] = []
        for event in turn.events():
            if isinstance(event, ToolCallRequested):
                seen.append(event.call)
                # From another OS thread, while this one waits for the next event.
                threading.Thread(target=event.call.respond, args=(["sunny", ImageInput(PIXEL)],)).start()
            elif isinstance(event, ToolFinished):
                finished.append(event)
        (only,) = seen
        assert (only.name, only.arguments, only.is_open) == ("get_weather", {"city": "Paris"}, False)
        with pytest.raises(LocalProtocolError, match="answered before"):
            only.respond("again")
    assert [(tool.tool_kind, tool.name, tool.output, tool.is_error) for tool in finished] == [
        ("function", "get_weather", "sunny", False)
    ]
    (output,) = cast("list[Any]", list(setup.model.requests[1].tool_outputs.values()))
    assert [part["type"] for part in output] == ["input_text", "input_image"]


@pytest.mark.anyio
async def test_a_failed_tool_is_told_to_the_model(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "It failed."])
    async with AsyncCodex(setup.config) as codex:
        turn = await (await codex.thread_start(dynamic_tools=[WEATHER])).turn("Weather?")
        async for event in turn.events():
            if isinstance(event, ToolCallRequested):
                assert event.call.fail("no such city")
            elif isinstance(event, ToolFinished):
                assert (event.status, event.is_error) == ("failed", True)
    assert list(setup.model.requests[1].tool_outputs.values()) == ["no such city"]


def test_run_refuses_tool_calls_since_nobody_could_answer(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "No tool then."])
    with Codex(setup.config) as codex:
        assert codex.thread_start(dynamic_tools=[WEATHER]).run("Weather?").text == "No tool then."
    (output,) = cast("list[Any]", list(setup.model.requests[1].tool_outputs.values()))
    assert "not available" in str(output)


def test_an_answer_after_the_end_of_the_turn_is_not_needed(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "never"])
    with Codex(setup.config) as codex:
        turn = codex.thread_start(dynamic_tools=[WEATHER]).turn("Weather?")
        held = next(event.call for event in turn.events(detach=True) if isinstance(event, ToolCallRequested))
        turn.interrupt()
        assert held.is_open is False
        assert held.respond("late") is False
        with pytest.raises(TypeError, match="text or images"):
            held.respond(cast("Any", [5]))


@pytest.mark.anyio
async def test_a_held_call_does_not_hold_up_other_threads(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(
        lambda request: (
            [call("get_weather", city="Paris")]
            if request.step == 0 and "Weather" in request.last_user_text
            else "fine"
        )
    )
    async with AsyncCodex(setup.config) as codex:
        turn = await (await codex.thread_start(dynamic_tools=[WEATHER])).turn("Weather?")
        async for event in turn.events():
            if isinstance(event, ToolCallRequested):
                with anyio.fail_after(30):
                    assert (await (await codex.thread_start()).run("Hello.")).text == "fine"
                event.call.respond("sunny")
        assert (await turn.run()).text == "fine"
