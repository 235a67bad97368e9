"""Python functions as tools, on the true server: run by the client, or held and answered from outside."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    ImageInput,
    LocalProtocolError,
    ResponseFinished,
    Tool,
    ToolCallRequested,
    ToolFinished,
    ToolStarted,
    tool,
)
from codex_app_server.testing import call, calls, text
from pydantic import BaseModel

if TYPE_CHECKING:
    from codex_app_server import (
        EventStream,
        ToolCall,
    )
    from codex_app_server.testing import ScriptedCodexFactory

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WHO = contextvars.ContextVar("WHO", default="nobody")


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: Name of the city.
    """
    return f"sunny in {city}, asks {WHO.get()}"


async def get_weather_slowly(city: str) -> dict[str, Any]:
    """The weather in a city."""
    await anyio.lowlevel.checkpoint()
    return {"city": city, "asks": WHO.get()}


class Place(BaseModel):
    """A place on the map."""

    name: str
    height_m: float


def outputs(setup: Any) -> list[Any]:
    """What the model got of its calls, over all threads; each request repeats those before it."""
    found: dict[str, Any] = {}
    for request in setup.model.requests:
        found |= request.tool_outputs
    return list(found.values())


def test_a_function_is_called_in_the_context_of_who_started_the_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "It is sunny."])
    WHO.set("Ann")
    with Codex(setup.config) as codex:
        thread = codex.thread_start(tools=[get_weather])
        result = thread.run("Weather?")
    assert result.text == "It is sunny."
    assert outputs(setup) == ["sunny in Paris, asks Ann"]
    (offered,) = [spec for spec in setup.model.requests[0].tools if spec["name"] == "get_weather"]
    assert offered["description"] == "The weather in a city."
    assert offered["parameters"]["properties"]["city"]["description"] == "Name of the city."


@pytest.mark.anyio
async def test_an_async_function_runs_in_the_loop_of_the_turn(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(
        lambda request: (
            [
                call(
                    "where" if "Where" in request.last_user_text else "get_weather_slowly",
                    **({} if "Where" in request.last_user_text else {"city": "Paris"}),
                )
            ]
            if request.step == 0
            else "done"
        )
    )
    seen: list[int] = []

    @tool
    async def where() -> int:
        """Where it runs."""
        await anyio.lowlevel.checkpoint()
        seen.append(threading.get_ident())
        return 1

    async with AsyncCodex(setup.config) as codex:
        WHO.set("Bob")
        await (await codex.thread_start(tools=[get_weather_slowly])).run("Weather?")
        await (await codex.thread_start(tools=[where])).run("Where?")
    assert [json.loads(output) for output in outputs(setup)] == [{"city": "Paris", "asks": "Bob"}, 1]
    assert seen == [threading.get_ident()]


def test_an_async_function_works_with_the_blocking_client(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather_slowly", city="Rome")], "done"])
    with Codex(setup.config) as codex:
        codex.thread_start(tools=[get_weather_slowly]).run("Weather?")
    assert json.loads(outputs(setup)[0])["city"] == "Rome"


def test_a_tool_can_return_images_and_several_parts(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("look")], "nice"])

    def look() -> list[object]:
        """Look out of the window."""
        return ["a pixel:", ImageInput(PIXEL)]

    with Codex(setup.config) as codex:
        codex.thread_start(tools=[look]).run("Look.")
    (parts,) = outputs(setup)
    assert [part["type"] for part in parts] == ["input_text", "input_image"]


def test_a_tool_that_takes_too_long_is_given_up(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("wait_for_it")], "never mind"])
    release = threading.Event()

    @tool(timeout_s=0.2)
    def wait_for_it() -> str:
        """Wait."""
        release.wait(30)
        return "late"

    with Codex(setup.config) as codex:
        assert codex.thread_start(tools=[wait_for_it]).run("Wait.").text == "never mind"
        release.set()
    assert "no result within 0.2 s" in outputs(setup)[0]


@pytest.mark.anyio
async def test_interrupting_the_turn_cancels_an_async_tool(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("wait_for_ever")], "never"])
    began, ended = anyio.Event(), anyio.Event()

    async def wait_for_ever() -> None:
        """Wait."""
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    async with AsyncCodex(setup.config) as codex:
        turn = await (await codex.thread_start(tools=[wait_for_ever])).turn("Wait.")
        with anyio.fail_after(30):
            await began.wait()
            await turn.interrupt()
            await ended.wait()
        assert (await turn.run()).status == "interrupted"


def test_a_tool_gets_its_call_and_other_threads_go_on_meanwhile(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(
        lambda request: (
            [call("ask", what="x")] if "Ask" in request.last_user_text and request.step == 0 else "ok"
        )
    )
    with Codex(setup.config) as codex:

        def ask(what: str, call: ToolCall) -> str:
            """Ask somebody else."""
            return f"{what} {call.name} {codex.thread_start().run('Hello.').text}"

        assert codex.thread_start(tools=[ask]).run("Ask.").text == "ok"
    assert outputs(setup) == ["x ask ok"]


def test_a_tool_without_a_function_is_held_and_a_model_is_its_schema(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex([[call("Place", name="Zugspitze", height_m=2962)], "high"])
    with Codex(setup.config) as codex:
        thread = codex.thread_start(tools=[Place])
        places: list[Place] = []
        for event in thread.turn("A place?").events():
            if isinstance(event, ToolCallRequested):
                places.append(Place.model_validate(event.call.arguments))
                assert event.call.id in codex.pending_requests
                codex.pending_requests[event.call.id].respond("noted")  # pyright: ignore[reportAttributeAccessIssue]
                with pytest.raises(LocalProtocolError, match="answered before"):
                    event.call.respond("again")
    assert places == [Place(name="Zugspitze", height_m=2962)]
    assert outputs(setup) == ["noted"]


@pytest.mark.parametrize("early", [True, False])
def test_all_calls_of_one_response_are_known_at_once_and_answered_in_any_order(
    scripted_codex: ScriptedCodexFactory, *, early: bool
) -> None:
    three = calls(
        *(call("get_weather", call_id=f"call-{city}", city=city) for city in ("Paris", "Rome", "Oslo"))
    )
    setup = scripted_codex([[text("Let me see."), three], "All sunny."])
    held = Tool(name="get_weather", description="w", input_schema={"type": "object"})
    with Codex(setup.config) as codex:
        thread = codex.thread_start(tools=[held], experimental_raw_events=True)
        planned: list[tuple[str, ...]] = []
        requested: list[str] = []
        waiting: dict[str, ToolCall] = {}
        for event in thread.turn("Weather everywhere?").events():
            if isinstance(event, ResponseFinished):
                planned.append(tuple(call.call_id for call in event.calls))
                waiting = {call.call_id: call for call in event.calls}
                if early:
                    for planned_call in reversed(event.calls):
                        assert planned_call.respond(f"sunny: {planned_call.arguments['city']}")  # pyright: ignore[reportIndexIssue]
            elif isinstance(event, ToolCallRequested):
                requested.append(event.call.call_id)
                if not early:
                    # Whether asked for or not, the object is the same.
                    assert waiting.get(event.call.call_id, event.call) is event.call
                    event.call.respond("sunny")
    assert planned == [("call-Paris", "call-Rome", "call-Oslo"), ()]
    answers = setup.model.requests[1].tool_outputs
    assert set(answers) == {"call-Paris", "call-Rome", "call-Oslo"}
    if early:
        assert answers["call-Oslo"] == "sunny: Oslo"
        # A server that asks for all at once may do so before the response is complete.
        assert requested[:1] in ([], ["call-Paris"])


def test_parallel_calls_run_side_by_side_where_the_server_allows(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    two = calls(*(call("meet", call_id=f"call-{name}", name=name) for name in ("a", "b")))
    setup = scripted_codex([[two], "done"])
    both = threading.Barrier(2)

    def meet(name: str) -> str:
        """Wait for the other one."""
        try:
            both.wait(2)
        except threading.BrokenBarrierError:
            return f"{name} alone"
        return f"{name} met"

    with Codex(setup.config) as codex:
        version = codex.metadata.server_version or ""
        codex.thread_start(tools=[meet]).run("Meet.")
    met = [int(part) for part in version.split(".")] >= [0, 169, 0]
    assert outputs(setup) == (["a met", "b met"] if met else ["a alone", "b alone"])


def test_a_resumed_thread_keeps_its_tools_and_tells_which_have_no_handler(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = scripted_codex(
        lambda request: (
            [call("get_weather", city=request.last_user_text)]
            if request.step == 0 and request.last_user_text != "One."
            else request.last_user_text
        )
    )
    with Codex(setup.config) as codex:
        thread_id = codex.thread_start(tools=[get_weather]).run("One.").thread_id
    with caplog.at_level(logging.WARNING, "codex_app_server"), Codex(setup.config) as codex:
        assert codex.thread_resume(thread_id, tools=[get_weather]).run("Two.").text == "Two."
        assert codex.thread_resume(thread_id, held_tools=["get_weather"]).id == thread_id
        with pytest.raises(TypeError, match="held_tools must be a sequence of names"):
            codex.thread_resume(thread_id, held_tools="get_weather")
        assert caplog.records == []
    with caplog.at_level(logging.WARNING, "codex_app_server"), Codex(setup.config) as codex:
        assert codex.thread_resume(thread_id).run("Three.").text == "Three."
    assert ["get_weather" in record.message for record in caplog.records] == [True]
    first, second = map(str, outputs(setup))
    assert first.startswith("sunny in Two.")
    assert "not available" in second


def test_tools_of_a_thread_are_shown_as_tools_in_its_events(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "done"])
    with Codex(setup.config) as codex:
        events = list(codex.thread_start(tools=[get_weather]).turn("Weather?").events())
    (started,) = [event for event in events if isinstance(event, ToolStarted)]
    (finished,) = [event for event in events if isinstance(event, ToolFinished)]
    assert (started.tool_kind, started.name, started.arguments) == (
        "function",
        "get_weather",
        {"city": "Paris"},
    )
    assert (finished.item_id, finished.is_error) == (started.item_id, False)
    assert not [event for event in events if isinstance(event, ToolCallRequested)]


@pytest.mark.parametrize(
    ("tools", "error", "message"),
    [
        ([5], TypeError, "5 is no tool"),
        ([lambda x: x], (TypeError, ValueError), "name"),
        ([get_weather, get_weather], ValueError, "get_weather"),
    ],
)  # fmt: skip
def test_tools_that_cannot_be_called_are_refused(
    scripted_codex: ScriptedCodexFactory, tools: list[Any], error: Any, message: str
) -> None:
    setup = scripted_codex(["fine"])
    with Codex(setup.config) as codex:
        with pytest.raises(error, match=message):
            codex.thread_start(tools=tools)
        assert codex.thread_start().run("x").text == "fine"


@pytest.mark.anyio
async def test_a_held_turn_goes_on_in_the_other_face(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex([[call("get_weather", city="Paris")], "It is sunny."])
    held = Tool(name="get_weather", description="w", input_schema={"type": "object"})
    async with AsyncCodex(setup.config) as codex:
        blocking = codex.as_sync()
        thread = await anyio.to_thread.run_sync(lambda: blocking.thread_start(tools=[held]))
        turn = await anyio.to_thread.run_sync(thread.turn, "Weather?")
        stream = turn.events()

        def until_the_call(events: EventStream) -> ToolCall:
            return next(event.call for event in events if isinstance(event, ToolCallRequested))

        waiting = await anyio.to_thread.run_sync(until_the_call, stream)
        rest = stream.as_async()
        # What is left of the first one must not interrupt the turn.
        del stream
        assert waiting.respond("sunny")
        kinds = [event.kind async for event in rest]
        assert kinds[-1] == "turn_finished"
        assert "tool_finished" in kinds
        assert "turn_started" not in kinds


def test_the_blocking_face_inside_of_a_running_loop_does_not_wait_for_itself(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    """As in a notebook, whose loop is blocked while a cell waits."""
    setup = scripted_codex([[call("get_weather_slowly", city="Rome")], "done"])

    async def cell() -> str:
        with Codex(setup.config) as codex:
            return codex.thread_start(tools=[get_weather_slowly]).run("Weather?", timeout_s=30).text

    assert asyncio.run(cell()) == "done"
