"""The scripted model against the true binary."""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from codex_app_server.testing import (
    Gate,
    Reply,
    Script,
    ScriptedModel,
    ScriptError,
    attempts,
    call,
    calls,
    conforming,
    custom_call,
    cut,
    fail,
    hold,
    incomplete,
    obedient,
    raw_item,
    reasoning,
    response_failed,
    scripted_codex,
    text,
    usage,
)

TIMEOUT_S = 60.0
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "inputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
Codex = Callable[..., Any]


def test_a_string_is_streamed_word_by_word(codex: Codex) -> None:
    with scripted_codex("Hello there,  you!\n") as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(), "hi")
        assert turn.deltas == ["Hello", " there,", "  you!\n"]
        assert turn.text == "Hello there,  you!\n"
        assert turn.end["status"] == "completed"


def test_codex_calls_nothing_but_the_model(codex: Codex) -> None:
    with scripted_codex("Hello!") as scripted:
        probe = codex(scripted)
        probe.turn(probe.thread(ephemeral=False), "hi")
        assert scripted.model.other_requests == ()
        (request,) = scripted.model.requests
        assert request.finished
        assert not request.disconnected


def test_codex_reaches_no_other_host(codex: Codex) -> None:
    # Every proxy points at a second scripted model, which logs whatever is tried.
    with ScriptedModel("unused") as recorder:
        proxy = recorder.base_url.removesuffix("/v1")
        proxies: dict[str, str] = {}
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            proxies[name] = proxy
        with scripted_codex("Hello!", env=proxies) as scripted:
            probe = codex(scripted)
            assert probe.turn(probe.thread(ephemeral=False), "hi").text == "Hello!"
            assert probe.close() == 0
        assert recorder.other_requests == ()
        assert recorder.requests == ()


def test_deltas_chunks_pace_and_phase_are_those_of_the_script(codex: Codex) -> None:
    script = (
        Script()
        .when("deltas", text(deltas=["Hel", "lo", " ✓", "\n"], phase="commentary"))
        .when("chunks", text("abcdefgh", chunks=4, pace_s=0.001, phase="final_answer"))
    )
    with scripted_codex(script) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(), "deltas")
        assert turn.deltas == ["Hel", "lo", " ✓", "\n"]
        assert turn.items("agentMessage")[0]["phase"] == "commentary"
        turn = probe.turn(probe.thread(), "chunks")
        assert turn.deltas == ["ab", "cd", "ef", "gh"]
        assert turn.items("agentMessage")[0]["phase"] == "final_answer"


def test_reasoning_comes_as_summary_parts_and_raw_text(codex: Codex) -> None:
    answer = Reply(reasoning(["First part.", "Second."], text="raw thought"), "Done.")
    with scripted_codex(answer) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(), "hi")
        (item,) = turn.items("reasoning")
        assert (item["summary"], item["content"]) == (["First part.", "Second."], ["raw thought"])
        summary = [
            (params["summaryIndex"], params["delta"])
            for params in turn.params("item/reasoning/summaryTextDelta")
        ]
        assert summary == [(0, "First"), (0, " part."), (1, "Second.")]
        assert [params["delta"] for params in turn.params("item/reasoning/textDelta")] == ["raw", " thought"]
        assert turn.text == "Done."


def test_steps_of_a_turn_follow_the_tool_outputs_of_the_request(codex: Codex) -> None:
    script = Script().when("weather", [call("get_weather", city="Paris"), "It is sunny."]).otherwise("Hello!")
    with scripted_codex(script) as scripted:
        probe = codex(scripted)
        probe.answer_tools_with(lambda params: f"sunny in {params['arguments']['city']}")
        thread = probe.thread(WEATHER)
        for _ in range(2):
            turn = probe.turn(thread, "weather?")
            assert turn.items("dynamicToolCall")[0]["arguments"] == {"city": "Paris"}
            assert turn.text == "It is sunny."
            assert probe.turn(thread, "hi").text == "Hello!"
        assert [request.step for request in scripted.model.requests] == [0, 1, 0, 0, 1, 0]
        second = scripted.model.requests[1]
        assert list(second.tool_outputs.values()) == ["sunny in Paris"]
        ids = [call_id for request in scripted.model.requests for call_id in request.tool_outputs]
        assert len(set(ids)) == 2


def test_several_calls_of_one_response_are_one_step(codex: Codex) -> None:
    steps = [
        [text("Looking.", phase="commentary"), call("get_weather", city="a"), call("get_weather", city="b")],
        calls(call("get_weather", city="c", call_id=None), custom_call("no_such_tool", "x")),
        lambda request: f"{request.step}: {len(request.tool_outputs)} outputs",
    ]
    with scripted_codex(steps) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(WEATHER), "go")
        assert {item["arguments"]["city"] for item in turn.items("dynamicToolCall")} == {"a", "b", "c"}
        assert turn.items("agentMessage")[-1]["text"] == "2: 4 outputs"
        assert [request.step for request in scripted.model.requests] == [0, 1, 2]


def test_call_ids_and_raw_arguments_can_be_given(codex: Codex) -> None:
    steps = [
        call("get_weather", arguments="{not json", call_id="mine"),
        lambda request: str(request.tool_outputs),
    ]
    with scripted_codex(steps) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(WEATHER), "go")
        assert "'mine'" in turn.text
        assert turn.items("dynamicToolCall") == []


def test_a_custom_call_reaches_its_tool(codex: Codex) -> None:
    patch = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch"
    with scripted_codex([custom_call("apply_patch", patch), "Patched."], model_name="gpt-5.5") as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(sandbox="workspace-write"), "patch it")
        (item,) = turn.items("fileChange")
        assert item["status"] == "completed"
        assert (scripted.workspace / "new.txt").read_text() == "hello\n"


def test_any_other_item_can_be_sent_raw(codex: Codex) -> None:
    search = raw_item(
        {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
    )
    with scripted_codex(Reply(search, "Found.")) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(), "go")
        assert turn.items("webSearch")[0]["query"] == "q"
        assert turn.text == "Found."


def test_an_output_schema_gets_a_conforming_value(codex: Codex) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 6},
            "kind": {"enum": ["x", "y"]},
            "count": {"type": "integer", "minimum": 3},
            "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        },
        "required": ["name", "kind", "count", "next"],
        "additionalProperties": False,
    }
    with scripted_codex(conforming()) as scripted:
        probe = codex(scripted)
        value = json.loads(probe.turn(probe.thread(), "go", outputSchema=schema).text)
        assert set(value) == {"name", "kind", "count", "next"}
        assert (value["name"], value["kind"], value["count"]) == ("textxx", "x", 3)
        assert scripted.model.requests[0].json_schema == schema


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (fail(400, message="bad input"), "other"),
        (fail(401), {"httpConnectionFailed": {"httpStatusCode": 401}}),
        (fail(429, retry_after=0), {"responseTooManyFailedAttempts": {"httpStatusCode": 429}}),
        (fail(429, code="insufficient_quota"), "usageLimitExceeded"),
        (fail(500), "internalServerError"),
        (response_failed("context_length_exceeded", "too long"), "contextWindowExceeded"),
        (response_failed("rate_limit_exceeded", "slow down"), "rateLimitExceeded"),
        (incomplete("content_filter"), "other"),
        (cut(), "other"),
        (cut(clean=True), "other"),
    ],
    ids=str,
)
def test_faults_of_the_model_fail_the_turn_at_once(codex: Codex, part: Any, expected: object) -> None:
    with scripted_codex(part) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(), "hi")
        assert turn.error["codexErrorInfo"] == expected
        assert len(scripted.model.requests) == 1
        # The server closes a stream as soon as it has read its last event.
        assert scripted.model.requests[0].exchange.status in {200, getattr(part, "status", 200)}


def test_a_stream_is_cut_after_the_given_number_of_deltas(codex: Codex) -> None:
    with scripted_codex(Reply(text("one two three four"), cut(after=2))) as scripted:
        probe = codex(scripted)
        turn = probe.turn(probe.thread(), "hi")
        assert turn.deltas == ["one", " two"]
        assert turn.end["status"] == "failed"


def test_attempts_tell_the_retries_of_a_request_apart(codex: Codex) -> None:
    answer = attempts(Reply(text("lost words"), cut(after=1)), "Fine.")
    with scripted_codex(answer, stream_max_retries=2) as scripted:
        probe = codex(scripted)
        first, second = (probe.start_turn(probe.thread(), "hi") for _ in range(2))
        for turn in (first, second):
            assert turn.done.wait(TIMEOUT_S)
            assert turn.items("agentMessage")[-1]["text"] == "Fine."
        assert sorted(request.attempt for request in scripted.model.requests) == [0, 0, 1, 1]


def test_a_gate_holds_one_stream_while_others_go_on(codex: Codex) -> None:
    gate = Gate()
    script = Script().when("hold", text(deltas=["before", hold(gate), " after"])).otherwise("Hello!")
    with scripted_codex(script) as scripted:
        probe = codex(scripted)
        held = probe.start_turn(probe.thread(), "hold")
        gate.wait_reached(TIMEOUT_S)
        assert probe.turn(probe.thread(), "hi").text == "Hello!"
        assert not held.done.is_set()
        assert not scripted.model.requests[0].finished
        gate.open()
        assert held.done.wait(TIMEOUT_S)
        assert held.text == "before after"


def test_an_interrupt_shows_as_a_dropped_stream(codex: Codex) -> None:
    gate = Gate()
    with scripted_codex(Reply(text("before"), hold(gate), "never")) as scripted:
        probe = codex(scripted)
        thread = probe.thread()
        turn = probe.start_turn(thread, "hi")
        gate.wait_reached(TIMEOUT_S)
        probe.request("turn/interrupt", {"threadId": thread, "turnId": ""})
        assert turn.done.wait(TIMEOUT_S)
        (request,) = scripted.model.requests
        request.wait_ended(TIMEOUT_S)
        assert (request.finished, request.disconnected) == (False, True)


def test_fifty_threads_at_once_each_get_their_own_script(codex: Codex) -> None:
    script = Script().when(
        re.compile(r"number \d+"),
        [
            lambda request: call("get_weather", city=request.last_user_text),
            lambda request: f"{request.last_user_text} said {next(iter(request.tool_outputs.values()))}",
        ],
    )
    with scripted_codex(script) as scripted:
        probe = codex(scripted)
        probe.answer_tools_with(lambda params: f"<{params['arguments']['city']}>")
        threads = [probe.thread(WEATHER) for _ in range(50)]
        turns = [probe.start_turn(thread, f"number {index}") for index, thread in enumerate(threads)]
        for index, turn in enumerate(turns):
            assert turn.done.wait(TIMEOUT_S)
            assert turn.text == f"number {index} said <number {index}>"
        by_thread = {request.thread_id for request in scripted.model.requests}
        assert by_thread == set(threads)


def test_usage_figures_arrive_as_given_and_default_to_stable_ones(codex: Codex) -> None:
    script = (
        Script()
        .when("given", Reply("Hello!", usage(input=100, cached=40, output=20, reasoning=5)))
        .otherwise(Reply(reasoning("a thought"), "Hello!"))
    )
    with scripted_codex(script) as scripted:
        probe = codex(scripted)

        def last(message: str) -> dict[str, int]:
            turn = probe.turn(probe.thread(), message)
            return turn.params("thread/tokenUsage/updated")[-1]["tokenUsage"]["last"]

        assert last("given") == {
            "totalTokens": 120,
            "inputTokens": 100,
            "cachedInputTokens": 40,
            "cacheWriteInputTokens": 0,
            "outputTokens": 20,
            "reasoningOutputTokens": 5,
        }
        default = last("hi")
        assert default["inputTokens"] > 0
        assert default["outputTokens"] > default["reasoningOutputTokens"] > 0
        assert last("hi") == default


def test_a_request_tells_what_codex_put_where(codex: Codex) -> None:
    with scripted_codex("Hello!") as scripted:
        (scripted.workspace / "AGENTS.md").write_text("Be kind.")
        probe = codex(scripted)
        thread = probe.thread(WEATHER, developerInstructions="Be brief.", baseInstructions="Be good.")
        probe.turn(thread, "first")
        probe.turn(thread, "second\nline")
        first, second = scripted.model.requests
        assert (first.last_user_text, second.last_user_text) == ("first", "second\nline")
        assert second.user_texts == ["first", "second\nline"]
        assert "Be good." in first.instructions
        assert "Be brief." in first.instructions
        assert any("Be kind." in json.dumps(item) for item in first.input)
        assert "get_weather" in [tool.get("name") for tool in first.tools]
        assert (first.thread_id, first.model, first.step) == (thread, "mock-model", 0)
        assert first.turn_id
        assert first.turn_id != second.turn_id
        assert (first.number, second.number) == (0, 1)


def test_injected_history_counts_like_that_of_the_model(codex: Codex) -> None:
    with scripted_codex(lambda request: f"step {request.step}") as scripted:
        probe = codex(scripted)
        thread = probe.thread()

        def function_call(call_id: str) -> dict[str, str]:
            return {"type": "function_call", "name": "f", "arguments": "{}", "call_id": call_id}

        def output(call_id: str) -> dict[str, str]:
            return {"type": "function_call_output", "call_id": call_id, "output": "x"}

        user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go"}]}
        history = [
            function_call("a"),
            function_call("b"),
            output("a"),
            output("b"),
            function_call("c"),
            output("c"),
        ]
        probe.request("thread/inject_items", {"threadId": thread, "items": [user, *history]})
        assert probe.turn(thread, "").text == "step 2"
        assert scripted.model.requests[0].last_user_text == "go"


def test_an_error_in_the_script_fails_the_turn_and_is_raised_at_the_end(codex: Codex) -> None:
    def script(request: object) -> str:
        raise LookupError("no such answer")

    with pytest.raises(LookupError, match="no such answer"), scripted_codex(script) as scripted:  # noqa: PT012 - raised at the end
        probe = codex(scripted)
        assert probe.turn(probe.thread(), "hi").end["status"] == "failed"
        assert [str(error) for error in scripted.model.errors] == ["no such answer"]


def test_an_error_of_the_test_is_not_hidden_by_one_of_the_script(codex: Codex) -> None:
    with pytest.raises(ZeroDivisionError), scripted_codex(Script().when("x", "y")) as scripted:  # noqa: PT012 - both fail
        probe = codex(scripted)
        probe.turn(probe.thread(), "hi")
        raise ZeroDivisionError


def test_used_up_steps_are_an_error_of_the_script(codex: Codex) -> None:
    with (  # noqa: PT012 - raised at the end
        pytest.raises(ScriptError, match="1 step"),
        scripted_codex([call("get_weather", city="Paris")]) as scripted,
    ):
        probe = codex(scripted)
        probe.turn(probe.thread(WEATHER), "hi")


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_gate_is_awaited_from_either_event_loop(codex: Codex, anyio_backend: str) -> None:
    gate = Gate("door")
    with scripted_codex(Reply(hold(gate), "Hello!")) as scripted:
        probe = await anyio.to_thread.run_sync(codex, scripted)
        turn = probe.start_turn(await anyio.to_thread.run_sync(probe.thread), "hi")
        await gate.reached_async(TIMEOUT_S)
        assert gate.reached_count == 1
        gate.open()
        assert await anyio.to_thread.run_sync(turn.done.wait, TIMEOUT_S)
        with pytest.raises(TimeoutError, match="door"):
            await gate.reached_async(0.01, count=2)
        with anyio.move_on_after(0.01) as scope:
            await gate.reached_async(TIMEOUT_S, count=2)
        assert scope.cancelled_caught


def test_close_ends_held_streams_and_leaves_nothing(codex: Codex) -> None:
    gate = Gate()
    before = set(threading.enumerate())
    model = ScriptedModel(hold(gate)).start()
    with scripted_codex(model) as scripted:
        probe = codex(scripted)
        turn = probe.start_turn(probe.thread(), "hi")
        gate.wait_reached(TIMEOUT_S)
        model.close()
        model.close()
        assert turn.done.wait(TIMEOUT_S)
        assert turn.end["status"] == "failed"
        probe.close()
        assert model.wait_for_requests(1)[0].finished is False
        home = scripted.home
    assert set(threading.enumerate()) == before
    assert not home.parent.exists()
    gate.open()


def test_waiting_for_requests_times_out() -> None:
    with ScriptedModel("Hello!") as model, pytest.raises(TimeoutError, match="0 of 1"):
        model.wait_for_requests(1, 0.01)


def test_an_obedient_model_does_what_the_request_asks_for(codex: Codex) -> None:
    with scripted_codex(obedient) as scripted:
        probe = codex(scripted)
        probe.answer_tools_with(lambda params: f"sunny in {params['arguments']['city']}")
        assert probe.turn(probe.thread(WEATHER), "Hello!").items("dynamicToolCall") == []
        turn = probe.turn(probe.thread(WEATHER), "What is the weather in San Francisco, CA?")
        assert turn.items("dynamicToolCall")[0]["arguments"] == {"city": "San Francisco, CA"}
        assert turn.text == "The result: sunny in San Francisco, CA"
        ruled = probe.thread(WEATHER, developerInstructions='You must call the tool "get_weather".')
        assert len(probe.turn(ruled, "Hello!").items("dynamicToolCall")) == 1
        ruled = probe.thread(WEATHER, developerInstructions="You must call at least one of the tools.")
        assert len(probe.turn(ruled, "Hello!").items("dynamicToolCall")) == 1
        turn = probe.turn(probe.thread(), 'Answer as JSON with the keys "setup" and "punchline".')
        assert set(json.loads(turn.text)) == {"setup", "punchline"}
