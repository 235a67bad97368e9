"""CodexLLM: answers without tools or memory, in sync and async, whole and piece by piece."""

import asyncio
import time
from contextlib import aclosing, closing

import anyio
import psutil
import pytest
from codex_app_server import AsyncCodex, ProcessExitedError, TurnFailedError, TurnInterruptedError
from codex_app_server.testing import Gate, Reply, attempts, call, cut, fail, hold, reasoning, text, usage
from llama_index.core.base.llms.types import ThinkingBlock
from llama_index.core.llms import ChatMessage, TextBlock
from llama_index.llms.codex import CodexLLM
from llama_index.llms.codex.server import open_shared

pytestmark = pytest.mark.anyio

MESSAGES = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="My name is Rose."),
    ChatMessage(role="assistant", content="Hello Rose."),
    ChatMessage(role="user", content="Who am I?"),
]
QUESTION = [ChatMessage(role="user", content="Well?")]


async def test_chat_sends_exactly_the_messages(scripted_codex, make_llm):
    sc = scripted_codex("You are Rose.")
    llm = make_llm(sc, model="gpt-5-codex")

    response = await llm.achat(MESSAGES)

    (request,) = sc.model.requests
    assert str(response) == "assistant: You are Rose."
    assert response.raw["usage"]["total_tokens"] > 0
    assert request.model == "gpt-5-codex"
    assert request.user_texts == ["My name is Rose.", "Who am I?"]
    assert request.instructions.endswith("Be brief.")
    assert "exec_command" not in [tool.get("name") for tool in request.tools]


async def test_sync_and_async_calls_say_the_same(scripted_codex, make_llm):
    llm = make_llm(scripted_codex(text(deltas=["You are", " Rose."])))

    assert llm.chat(MESSAGES).message.content == "You are Rose."
    assert (await llm.achat(MESSAGES)).message.content == "You are Rose."
    assert llm.complete("Who?").text == "You are Rose."
    assert (await llm.acomplete("Who?")).text == "You are Rose."
    expected = [("You are", "You are"), (" Rose.", "You are Rose."), ("", "You are Rose.")]
    assert [(piece.delta, piece.message.content) for piece in llm.stream_chat(MESSAGES)] == expected
    assert [
        (piece.delta, piece.message.content) async for piece in await llm.astream_chat(MESSAGES)
    ] == expected
    assert [(piece.delta, piece.text) for piece in llm.stream_complete("Who?")] == expected
    assert [(piece.delta, piece.text) async for piece in await llm.astream_complete("Who?")] == expected


async def test_async_calls_wait_side_by_side_for_one_server(scripted_codex, make_llm):
    gate = Gate()
    sc = scripted_codex([["No", hold(gate), "w."]])
    llm = make_llm(sc)

    with anyio.fail_after(20):
        calls = [asyncio.ensure_future(llm.achat(QUESTION)) for _ in range(3)]
        calls += [asyncio.ensure_future(llm.acomplete("Well?")) for _ in range(3)]
        await asyncio.to_thread(gate.wait_reached, count=6)
        gate.open()
        assert len(await asyncio.gather(*calls)) == 6


async def test_the_stream_shows_reasoning_before_the_model_has_finished(scripted_codex, make_llm):
    gate = Gate()
    llm = make_llm(scripted_codex([[reasoning("Hm."), hold(gate), "Yes."]]), summary="detailed")

    pieces = await llm.astream_chat([ChatMessage(role="user", content="Well?")])
    first = await anext(pieces)
    assert first.additional_kwargs == {"thinking_delta": "Hm."}
    gate.open()

    assert [piece.message.content async for piece in pieces][-1] == "Yes."


async def test_the_answer_holds_its_reasoning_and_its_tokens(scripted_codex, make_llm):
    script = [[reasoning(["Hm.", "So."]), "Yes.", usage(input=100, cached=60, output=30, reasoning=20)]]
    llm = make_llm(scripted_codex(script), summary="detailed")

    whole = await llm.achat(QUESTION)
    *_, last = llm.stream_chat(QUESTION)

    thinking = ThinkingBlock(content="Hm.\n\nSo.", num_tokens=20)
    assert whole.message.blocks == [thinking, TextBlock(text="Yes.")]
    assert last.message == whole.message
    assert last.raw["usage"] == whole.raw["usage"] == {
        "input_tokens": 100,
        "output_tokens": 30,
        "total_tokens": 130,
        "cached_input_tokens": 60,
        "reasoning_output_tokens": 20,
    }  # fmt: skip
    assert (whole.raw["status"], whole.delta) == ("completed", None)


async def test_commentary_is_no_part_of_the_answer(scripted_codex, make_llm):
    script = [[text("Let me see.", phase="commentary"), text("Yes.", phase="final_answer")]]
    llm = make_llm(scripted_codex(script))

    whole = llm.chat(QUESTION)
    pieces = [piece async for piece in await llm.astream_chat(QUESTION)]

    assert (whole.message.content, whole.message.additional_kwargs) == (
        "Yes.",
        {"commentary": "Let me see."},
    )
    assert "".join(piece.delta for piece in pieces) == "Yes."
    assert "".join(piece.additional_kwargs.get("commentary_delta", "") for piece in pieces) == "Let me see."
    assert pieces[-1].message == whole.message


async def test_commentary_alone_is_the_answer(scripted_codex, make_llm):
    llm = make_llm(scripted_codex(text("Let me see.", phase="commentary")))

    assert llm.complete("Well?").text == "Let me see."
    pieces = list(llm.stream_complete("Well?"))
    assert "".join(piece.delta for piece in pieces) == pieces[-1].text == "Let me see."


async def test_several_messages_are_one_text(scripted_codex, make_llm):
    llm = make_llm(scripted_codex([["One.", "Two."]]))

    pieces = list(llm.stream_chat(QUESTION))

    assert llm.complete("Well?").text == "One.\n\nTwo."
    assert "".join(piece.delta for piece in pieces) == pieces[-1].message.content == "One.\n\nTwo."


async def test_a_stream_that_broke_off_goes_on_where_it_was(scripted_codex, make_llm):
    script = attempts(
        Reply(text(deltas=["One", ", two"]), cut(after=2)), text(deltas=["One", ", two", ", three"])
    )
    llm = make_llm(scripted_codex(script, stream_max_retries=1))

    pieces = list(llm.stream_chat(QUESTION))

    assert "".join(piece.delta for piece in pieces) == pieces[-1].message.content == "One, two, three"
    assert all("One, two, three".startswith(piece.message.content) for piece in pieces)


async def test_a_second_attempt_that_reads_otherwise_ends_the_stream_but_not_a_call(scripted_codex, make_llm):
    def script(request):
        return (Reply(text(deltas=["One", ", two"]), cut(after=2)), "Other words.")[request.attempt]

    llm = make_llm(scripted_codex(script, stream_max_retries=1))

    with pytest.raises(TurnInterruptedError, match="reads otherwise"):
        list(llm.stream_chat(QUESTION))
    assert llm.complete("Anew?").text == "Other words."


async def test_options_go_with_a_call(scripted_codex, make_llm):
    sc = scripted_codex("{}")
    llm = make_llm(sc, model="gpt-5", effort="low", base_instructions="Be kind.")
    schema = {"type": "object", "properties": {}}

    llm.chat(QUESTION)
    llm.chat(
        QUESTION,
        model="gpt-5-codex",
        effort="high",
        summary="concise",
        base_instructions="Be brief.",
        output_schema=schema,
    )

    first, second = sc.model.requests
    assert (first.model, first.body["reasoning"]["effort"], first.json_schema) == ("gpt-5", "low", None)
    assert (second.model, second.body["reasoning"]) == (
        "gpt-5-codex",
        {"effort": "high", "summary": "concise"},
    )
    assert second.json_schema == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }
    assert (first.instructions, second.instructions) == ("Be kind.", "Be brief.")


async def test_options_that_there_are_not_are_refused(scripted_codex, make_llm):
    sc = scripted_codex("Hello!")
    llm = make_llm(sc)
    text_of_it = "CodexLLM takes no 'stop', 'temperature' per call: it takes model, effort"

    for method in (llm.chat, llm.stream_chat):
        with pytest.raises(TypeError, match=text_of_it):
            method(QUESTION, temperature=0.5, stop=["."])
    for method in (llm.achat, llm.astream_chat):
        with pytest.raises(TypeError, match=text_of_it):
            await method(QUESTION, temperature=0.5, stop=["."])
    for method in (llm.complete, llm.stream_complete):
        with pytest.raises(TypeError, match=text_of_it):
            method("Well?", temperature=0.5, stop=["."])
    with pytest.raises(TypeError, match="use structured_predict"):
        llm.chat(QUESTION, output_schema=ChatMessage)
    assert sc.model.requests == ()


async def test_a_failed_call_raises_the_words_of_the_provider(scripted_codex, make_llm):
    llm = make_llm(scripted_codex(fail(400, message="No such model.")))

    with pytest.raises(TurnFailedError, match="No such model"):
        await llm.achat(MESSAGES)
    with pytest.raises(TurnFailedError, match="No such model"):
        llm.complete("Well?")
    with pytest.raises(TurnFailedError, match="No such model"):
        list(llm.stream_chat(QUESTION))
    with pytest.raises(TurnFailedError, match="No such model"):
        _ = [piece async for piece in await llm.astream_complete("Well?")]


async def test_a_server_that_died_is_launched_again(scripted_codex, make_llm):
    gate = Gate()
    sc = scripted_codex(lambda _: ["Now.", hold(gate)] if not gate.is_open else "Again.")
    llm = make_llm(sc)

    call = asyncio.ensure_future(llm.achat(QUESTION))
    await asyncio.to_thread(gate.wait_reached)
    (server,) = psutil.Process().children()
    server.kill()

    with pytest.raises(ProcessExitedError):
        await call
    gate.open()
    assert (await llm.achat(QUESTION)).message.content == "Again."


async def test_leaving_a_stream_interrupts_the_model(scripted_codex, make_llm):
    gate = Gate()
    sc = scripted_codex(lambda _: text(deltas=["One", hold(gate), " two"]))
    llm = make_llm(sc)

    with closing(llm.stream_chat(QUESTION)) as pieces:
        assert next(pieces).delta == "One"
    async with aclosing(await llm.astream_chat(QUESTION)) as pieces:
        assert (await anext(pieces)).delta == "One"
    with closing(llm.stream_complete("Well?")) as pieces:
        assert next(pieces).delta == "One"
    async with aclosing(await llm.astream_complete("Well?")) as pieces:
        assert (await anext(pieces)).delta == "One"

    assert len(sc.model.requests) == 4
    for request in sc.model.requests:
        await asyncio.to_thread(request.wait_ended)
        assert request.disconnected
    gate.open()


async def test_a_cancelled_call_interrupts_the_model(scripted_codex, make_llm):
    gate = Gate()
    sc = scripted_codex(lambda _: text(deltas=["One", hold(gate), " two"]))
    llm = make_llm(sc)

    call = asyncio.ensure_future(llm.achat(QUESTION))
    await asyncio.to_thread(gate.wait_reached)
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    (request,) = sc.model.requests
    await asyncio.to_thread(request.wait_ended)
    assert request.disconnected
    gate.open()


def test_one_object_works_in_several_event_loops(scripted_codex, make_llm):
    llm = make_llm(scripted_codex("Hello!"))

    async def ask() -> str:
        return (await llm.acomplete("Well?")).text

    assert [asyncio.run(ask()), llm.complete("Well?").text, asyncio.run(ask())] == ["Hello!"] * 3


async def test_an_open_client_is_used_and_left_open(scripted_codex):
    sc = scripted_codex("Hello!")
    async with AsyncCodex(sc.config) as codex:
        llm = CodexLLM(codex=codex)
        assert (await llm.acomplete("Well?")).text == "Hello!"
        llm.close()
        thread = await codex.thread_start()
        assert (await thread.run("Hi!")).text == "Hello!"


def test_the_server_keeps_nothing_of_a_call(scripted_codex):
    sc = scripted_codex("Hello!")
    shared = open_shared(None, None, sc.env)
    llm = CodexLLM(env=sc.env)

    assert [llm.complete("Well?").text for _ in range(3)] == ["Hello!"] * 3

    # Equal configurations share the server, which drops a thread soon after its call and does not say when.
    codex = shared.sync_client()
    deadline = time.monotonic() + 20
    while codex.request_raw("thread/loaded/list", {})["data"]:
        assert time.monotonic() < deadline
    llm.close()
    shared.close()


async def test_nothing_can_run_in_the_thread_of_a_call(scripted_codex, make_llm):
    sc = scripted_codex([call("exec_command", cmd="touch made"), "Done."])

    response = await make_llm(sc).achat(QUESTION)

    assert response.message.content == "Done."
    (output,) = sc.model.requests[1].tool_outputs.values()
    assert "unsupported call" in str(output)
    assert not list(sc.workspace.rglob("made"))
