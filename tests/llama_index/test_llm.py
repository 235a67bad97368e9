"""CodexLLM: answers without tools or memory, in sync and async, whole and piece by piece."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from codex_app_server import TurnFailedError
from codex_app_server.testing import Gate, ScriptedCodex, fail, hold, reasoning, text
from llama_index.agent.codex import CodexLLM
from llama_index.core.llms import ChatMessage

pytestmark = pytest.mark.anyio

MESSAGES = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="My name is Rose."),
    ChatMessage(role="assistant", content="Hello Rose."),
    ChatMessage(role="user", content="Who am I?"),
]


@pytest.fixture
async def make_llm(scripted_codex) -> AsyncIterator[Any]:
    llms: list[CodexLLM] = []

    def make(codex: ScriptedCodex, **options: Any) -> CodexLLM:
        llms.append(CodexLLM(env=codex.env, **options))
        return llms[-1]

    yield make
    for llm in llms:
        llm.close()


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
    assert llm.complete("Who?").text == "You are Rose."
    assert (await llm.acomplete("Who?")).text == "You are Rose."
    expected = [("You are", "You are"), (" Rose.", "You are Rose."), ("", "You are Rose.")]
    assert [(piece.delta, piece.message.content) for piece in llm.stream_chat(MESSAGES)] == expected
    assert [
        (piece.delta, piece.message.content) async for piece in await llm.astream_chat(MESSAGES)
    ] == expected
    assert [(piece.delta, piece.text) for piece in llm.stream_complete("Who?")] == expected
    assert [(piece.delta, piece.text) async for piece in await llm.astream_complete("Who?")] == expected


async def test_the_stream_shows_reasoning_before_the_model_has_finished(scripted_codex, make_llm):
    gate = Gate()
    llm = make_llm(scripted_codex([[reasoning("Hm."), hold(gate), "Yes."]]), summary="detailed")

    pieces = await llm.astream_chat([ChatMessage(role="user", content="Well?")])
    first = await anext(pieces)
    assert first.additional_kwargs == {"thinking_delta": "Hm."}
    gate.open()

    assert [piece.message.content async for piece in pieces][-1] == "Yes."


async def test_a_failed_call_raises(scripted_codex, make_llm):
    llm = make_llm(scripted_codex(fail(400, message="no")))

    with pytest.raises(TurnFailedError):
        await llm.achat(MESSAGES)


def test_metadata_tells_the_size_and_options_per_call_are_refused():
    llm = CodexLLM(model="gpt-5-codex", context_window=1000, env={"SECRET": "s3cret"})

    assert llm.metadata.context_window == 1000
    assert llm.metadata.model_name == "gpt-5-codex"
    assert not llm.metadata.is_function_calling_model
    assert "s3cret" not in repr(llm)
    assert "s3cret" not in llm.to_json()
    with pytest.raises(TypeError, match="temperature"):
        llm.chat(MESSAGES, temperature=0.5)
