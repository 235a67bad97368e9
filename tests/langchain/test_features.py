"""What LangChain gives to every chat model works with ChatCodex: caches, limits of rate, histories, traces, loops."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from codex_app_server import Codex
from codex_app_server.testing import Reply, call, calls, text
from langchain_codex import ChatCodex
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_core.tools import tool
from pydantic import BaseModel

pytestmark = pytest.mark.anyio


@tool
def look(at: str) -> str:
    """Look."""
    return f"{at} is there"


class City(BaseModel):
    """A city."""

    name: str


async def test_an_answer_from_the_cache_is_one_to_go_on_from(chat):
    model, sc = chat(lambda request: f"answer {request.number}", cache=InMemoryCache())
    first, again = model.invoke("Hi"), await model.ainvoke("Hi")
    assert first.content == again.content == "answer 0"
    assert model.invoke("Hi", stop=["x"]).content == "answer 1"
    assert model.bind_tools([look]).invoke("Hi").content == "answer 2"
    assert model.invoke([HumanMessage("Hi"), again, HumanMessage("And?")]).content == "answer 3"
    assert len(sc.model.requests) == 4
    assert sc.model.requests[3].thread_id == sc.model.requests[0].thread_id


def test_answers_in_another_form_are_not_taken_from_the_cache(chat):
    cache = InMemoryCache()
    model, sc = chat("Hello!", cache=cache)
    blocks = ChatCodex(env=sc.env, cwd=str(sc.workspace), cache=cache, output_version="v1")
    assert model.invoke("Hi").content == "Hello!"
    assert isinstance(blocks.invoke("Hi").content, list)


class Turnstile(BaseRateLimiter):
    def __init__(self) -> None:
        self.passed = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        self.passed += 1
        return blocking

    async def aacquire(self, *, blocking: bool = True) -> bool:
        return self.acquire(blocking=blocking)


async def test_each_call_passes_the_limit_of_rate_once(chat):
    limit = Turnstile()
    model, _ = chat("Hello!", rate_limiter=limit)
    model.invoke("Hi")
    await model.ainvoke("Hi")
    list(model.stream("Hi"))
    assert [chunk async for chunk in model.astream("Hi")]
    assert limit.passed == 4


@pytest.mark.parametrize(("disabled", "with_tools"), [(True, 1), ("tool_calling", 1), (False, 2)])
def test_streams_can_be_switched_off(chat, disabled, with_tools):
    model, _ = chat(lambda _: text(deltas=["Hel", "lo"]), disable_streaming=disabled)
    bound = model.bind_tools([look])
    assert len([chunk for chunk in bound.stream("Hi") if chunk.content]) == with_tools
    assert len([chunk for chunk in model.stream("Hi") if chunk.content]) == (1 if disabled is True else 2)


# LangChain advises against these histories, and many programs have one.
@pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")
def test_a_history_that_langchain_keeps_goes_on_in_one_thread(chat):
    model, sc = chat(lambda request: request.last_user_text.upper())
    kept = InMemoryChatMessageHistory()
    talk: Any = RunnableWithMessageHistory(model, lambda: kept)
    assert [talk.invoke([HumanMessage(word)]).content for word in ("one", "two", "three")] == [
        "ONE",
        "TWO",
        "THREE",
    ]
    assert len({request.thread_id for request in sc.model.requests}) == 1
    assert len(kept.messages) == 6


class Trace(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.seen.append({**kwargs["metadata"], **kwargs["invocation_params"], **kwargs["options"]})


def test_a_trace_tells_provider_model_stop_tools_and_the_format_of_the_answer(chat):
    model, _ = chat(lambda request: '{"name": "Paris"}' if request.json_schema else "Hi", model="one")
    trace = Trace()
    config = {"callbacks": [trace], "tags": ["mine"]}
    model.bind_tools([look]).invoke("Hi", config, stop=["x"], model="two")
    model.with_structured_output(City).invoke("Hi", config)
    asked, structured = trace.seen
    assert {
        key: asked[key] for key in asked if key in {"ls_provider", "ls_model_name", "ls_stop", "_type"}
    } == {
        "ls_provider": "codex",
        "ls_model_name": "two",
        "ls_stop": ["x"],
        "_type": "codex-chat",
    }
    assert [spec["function"]["name"] for spec in asked["tools"]] == ["look"]
    assert structured["ls_structured_output_format"]["kwargs"] == {"method": "json_schema"}


def test_one_object_works_in_many_event_loops_at_once(chat):
    model, sc = chat(lambda request: "Done." if request.step else call("look", at=request.last_user_text))
    bound = model.bind_tools([look])
    together = threading.Barrier(6)

    async def converse(question: str) -> str:
        together.wait(30)
        planned = await bound.ainvoke(question)
        answers = [await look.ainvoke(planned_call) for planned_call in planned.tool_calls]
        done = await bound.ainvoke([HumanMessage(question), planned, *answers])
        return f"{answers[0].content}. {done.content}"

    questions = [f"thing {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda question: asyncio.run(converse(question)), questions))
    assert said == [f"{question} is there. Done." for question in questions]
    assert len({request.thread_id for request in sc.model.requests}) == 6


TWO = Reply(calls(call("look", call_id="c1", at="a"), call("look", call_id="c2", at="b")))


def _bound(codex: Codex) -> Any:
    return ChatCodex(codex=codex).bind_tools([look])


@pytest.mark.parametrize("face", ["sync", "async"])
async def test_an_extraction_by_a_tool_does_not_leave_a_turn_that_waits(scripted_codex, face):
    sc = scripted_codex(lambda _: call("City", name="Paris"))
    with Codex(sc.config) as codex:
        ended = codex.notifications("turn/completed")
        city: Any = ChatCodex(codex=codex).with_structured_output(City, method="function_calling")
        got = city.invoke("A city?") if face == "sync" else await city.ainvoke("A city?")
        assert got == City(name="Paris")
        assert next(ended).params["turn"]["status"] == "interrupted"
        ended.close()


@pytest.mark.parametrize("bound", ["_MAX_HELD", "_MAX_AGE_S"])
def test_calls_that_nobody_answers_are_interrupted(scripted_codex, monkeypatch, bound):
    monkeypatch.setattr(f"langchain_codex._server.{bound}", {"_MAX_HELD": 1, "_MAX_AGE_S": 0.2}[bound])
    sc = scripted_codex(lambda request: "Done." if request.step else TWO)
    with Codex(sc.config) as codex:
        ended = codex.notifications("turn/completed")
        model = _bound(codex)
        planned = model.invoke("First?")
        if bound == "_MAX_HELD":
            model.invoke("Second?")
        turn = next(ended).params["turn"]
        ended.close()
        assert (turn["id"], turn["status"]) == (planned.response_metadata["turn_id"], "interrupted")
        # They can be answered all the same.
        history = [HumanMessage("First?"), planned, *(look.invoke(each) for each in planned.tool_calls)]
        assert isinstance(model.invoke(history), AIMessage)
