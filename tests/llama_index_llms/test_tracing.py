"""What tracers and the callback manager of LlamaIndex are told of calls: everything once."""

from collections import Counter
from typing import Any

import pytest
from codex_app_server import TurnFailedError
from codex_app_server.testing import fail, text, usage
from llama_index.core.callbacks import CallbackManager, CBEventType, TokenCountingHandler
from llama_index.core.callbacks.llama_debug import LlamaDebugHandler
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index_instrumentation import get_dispatcher
from pydantic import BaseModel, PrivateAttr

pytestmark = pytest.mark.anyio

QUESTION = [ChatMessage(role="user", content="Well?")]
PROMPT = PromptTemplate("{what}?")


class City(BaseModel):
    name: str


class Recorder(BaseEventHandler):
    _events: list[Any] = PrivateAttr(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "Recorder"

    def handle(self, event: Any, **_: Any) -> None:
        self._events.append(event)

    def take(self) -> list[Any]:
        events, self._events = self._events, []
        return events

    def names(self) -> list[str]:
        return [event.class_name() for event in self.take()]


@pytest.fixture
def recorder():
    recorder, dispatcher = Recorder(), get_dispatcher("root")
    before = list(dispatcher.event_handlers)
    dispatcher.event_handlers = [*before, recorder]
    yield recorder
    dispatcher.event_handlers = before


async def test_tokens_are_counted_once_whichever_method_is_called(scripted_codex, make_llm):
    script = [[text(deltas=['{"name"', ': "Oslo"}']), usage(input=100, output=20)]]
    counter = TokenCountingHandler(tokenizer=str.split)
    llm = make_llm(scripted_codex(script), callback_manager=CallbackManager([counter]))

    llm.chat(QUESTION)
    await llm.achat(QUESTION)
    list(llm.stream_chat(QUESTION))
    _ = [piece async for piece in await llm.astream_chat(QUESTION)]
    llm.complete("Well?")
    await llm.acomplete("Well?")
    list(llm.stream_complete("Well?"))
    _ = [piece async for piece in await llm.astream_complete("Well?")]
    llm.predict(PROMPT, what="Who")
    "".join(llm.stream(PROMPT, what="Who"))
    llm.structured_predict(City, PROMPT, what="Who")
    await llm.astructured_predict(City, PROMPT, what="Who")
    list(llm.stream_structured_predict(City, PROMPT, what="Who"))
    _ = [part async for part in await llm.astream_structured_predict(City, PROMPT, what="Who")]

    counts = [(one.prompt_token_count, one.completion_token_count) for one in counter.llm_token_counts]
    assert counts == [(100, 20)] * 14
    assert counter.total_llm_token_count == 14 * 120


async def test_a_call_is_a_span_with_its_events(scripted_codex, make_llm, recorder):
    llm = make_llm(scripted_codex(text(deltas=["Ye", "s."])), model="gpt-5")

    await llm.achat(QUESTION)
    start, end = recorder.take()
    assert (start.class_name(), end.class_name()) == ("LLMChatStartEvent", "LLMChatEndEvent")
    assert (start.messages, start.model_dict["class_name"]) == (QUESTION, "CodexLLM")
    assert end.response.message.content == "Yes."
    assert start.span_id == end.span_id is not None
    assert start.span_id.startswith("CodexLLM.achat")

    list(llm.stream_chat(QUESTION))
    assert Counter(recorder.names()) == {
        "LLMChatStartEvent": 1,
        "LLMChatInProgressEvent": 3,
        "LLMChatEndEvent": 1,
    }
    await llm.acomplete("Well?")
    assert recorder.names() == ["LLMCompletionStartEvent", "LLMCompletionEndEvent"]


async def test_structured_predictions_have_events_of_their_own(scripted_codex, make_llm, recorder):
    llm = make_llm(scripted_codex(text(deltas=['{"name": "Os', 'lo"}'])))
    whole = [
        "LLMStructuredPredictStartEvent",
        "LLMChatStartEvent",
        "LLMChatEndEvent",
        "LLMStructuredPredictEndEvent",
    ]

    llm.structured_predict(City, PROMPT, what="Who")
    assert recorder.names() == whole
    await llm.astructured_predict(City, PROMPT, what="Who")
    assert recorder.names() == whole

    list(llm.stream_structured_predict(City, PROMPT, what="Who"))
    sync = recorder.take()
    _ = [part async for part in await llm.astream_structured_predict(City, PROMPT, what="Who")]
    for events in (sync, recorder.take()):
        assert [event.class_name() for event in events] == [
            "LLMStructuredPredictStartEvent",
            "LLMChatStartEvent",
            "LLMChatInProgressEvent",
            "LLMStructuredPredictInProgressEvent",
            "LLMChatInProgressEvent",
            "LLMStructuredPredictInProgressEvent",
            "LLMChatInProgressEvent",
            "LLMChatEndEvent",
            "LLMStructuredPredictEndEvent",
        ]
        assert events[-1].output == City(name="Oslo")


async def test_failures_are_told(scripted_codex, make_llm, recorder):
    debug = LlamaDebugHandler(print_trace_on_end=False)
    llm = make_llm(scripted_codex(fail(400)), callback_manager=CallbackManager([debug]))

    with pytest.raises(TurnFailedError):
        await llm.achat(QUESTION)
    with pytest.raises(TurnFailedError):
        list(llm.stream_chat(QUESTION))

    assert recorder.names()[-1] == "ExceptionEvent"
    pairs = debug.get_event_pairs(CBEventType.LLM)
    assert [sorted(pair[1].payload or {}) for pair in pairs] == [["exception"], ["exception"]]


async def test_the_environment_is_not_told(scripted_codex, make_llm, recorder):
    llm = make_llm(scripted_codex("Yes."))

    await llm.achat(QUESTION)

    assert str(llm.env["CODEX_HOME"]) not in "".join(str(event.model_dump()) for event in recorder.take())
