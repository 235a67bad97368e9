"""ChatCodex on the true app-server with a scripted model."""

from __future__ import annotations

import asyncio
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from codex_app_server import AsyncCodex, Codex, RequestTimeoutError, TurnFailedError
from codex_app_server.testing import Gate, Reply, Script, attempts, cut, fail, hold, reasoning, text, usage
from langchain_codex import ChatCodex, CodexAgent
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField
from pydantic import SecretStr

pytestmark = pytest.mark.anyio

_RICH = Reply(
    reasoning("I think."),
    text(deltas=["Hel", "lo ", "world"]),
    usage(input=100, cached=40, output=30, reasoning=20),
)
_USAGE = {
    "input_tokens": 100,
    "output_tokens": 30,
    "total_tokens": 130,
    "input_token_details": {"cache_read": 40, "cache_creation": 0},
    "output_token_details": {"reasoning": 20},
}


def _facts(message):
    """What must be the same however a model is called: all but ids."""
    metadata = {key: value for key, value in message.response_metadata.items() if not key.endswith("_id")}
    return (
        message.content,
        message.additional_kwargs,
        message.usage_metadata,
        metadata,
        message.content_blocks,
    )


async def test_every_way_of_calling_gives_the_same_message(chat):
    model, _ = chat(_RICH)
    chunks, achunks = list(model.stream("Hi")), [chunk async for chunk in model.astream("Hi")]
    messages = [
        model.invoke("Hi"),
        await model.ainvoke("Hi"),
        *model.batch(["Hi", "Hi"]),
        *await model.abatch(["Hi", "Hi"]),
        sum(chunks[1:], chunks[0]),
        sum(achunks[1:], achunks[0]),
        model.invoke("Hi", stream=True),
    ]
    assert _facts(messages[0]) == (
        "Hello world",
        {"reasoning_content": "I think."},
        _USAGE,
        {"model_name": "mock-model", "model_provider": "codex", "finish_reason": "stop"},
        [{"type": "reasoning", "reasoning": "I think."}, {"type": "text", "text": "Hello world"}],
    )
    for message in messages[1:]:
        assert _facts(message) == _facts(messages[0])
    for each in (chunks, achunks):
        assert [chunk.content for chunk in each if chunk.content] == ["Hel", "lo ", "world"]
        assert [bool(chunk.usage_metadata) for chunk in each].count(True) == 1
        assert [bool(chunk.response_metadata) for chunk in each].count(True) == 1
        assert each[-1].chunk_position == "last"
        assert len({chunk.id for chunk in each}) == 1


def test_usage_is_reported_to_callbacks_by_model(chat):
    model, _ = chat(_RICH)
    usage_callback = UsageMetadataCallbackHandler()
    model.invoke("Hi", config={"callbacks": [usage_callback]})
    list(model.stream("Hi", config={"callbacks": [usage_callback]}))
    assert usage_callback.usage_metadata["mock-model"]["total_tokens"] == 260


def test_a_chain_streams_the_first_words_before_the_model_has_finished(chat):
    gate = Gate()
    model, _ = chat(text(deltas=["Once ", hold(gate), "upon a time"]))
    chain = ChatPromptTemplate.from_template("Tell me about {topic}") | model | StrOutputParser()
    words = chain.stream({"topic": "time"})
    assert next(words) == "Once "
    assert not gate.is_open
    gate.open()
    assert "".join(words) == "upon a time"


async def test_an_async_chain_streams_the_first_words_before_the_model_has_finished(chat):
    gate = Gate()
    model, sc = chat(text(deltas=["Once ", hold(gate), "upon a time"]))
    chain = ChatPromptTemplate.from_template("Tell me about {topic}") | model | StrOutputParser()
    words = chain.astream({"topic": "time"})
    assert await anext(words) == "Once "
    assert not gate.is_open
    gate.open()
    assert "".join([word async for word in words]) == "upon a time"
    assert sc.model.requests[-1].last_user_text == "Tell me about time"


def test_the_model_sees_the_messages_in_order_and_nothing_else(chat):
    model, sc = chat("Fine.")
    (sc.workspace / "AGENTS.md").write_text("Rules of the project.")
    png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    model.invoke(
        [
            SystemMessage("Be brief."),
            HumanMessage(
                [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": png}}]
            ),
            AIMessage("", tool_calls=[ToolCall(name="look", args={"at": "it"}, id="c1")]),
            ToolMessage("a dot", tool_call_id="c1"),
            AIMessage("A dot."),
            HumanMessage("And now?"),
        ]
    )
    request = sc.model.requests[-1]
    assert [
        (item.get("role") or item["type"], item.get("content") or item.get("output") or item["name"])
        for item in request.input
    ] == [
        ("developer", [{"type": "input_text", "text": "Be brief."}]),
        (
            "user",
            [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": png},
            ],
        ),
        ("function_call", "look"),
        ("function_call_output", "a dot"),
        ("assistant", [{"type": "output_text", "text": "A dot."}]),
        ("user", [{"type": "input_text", "text": "And now?"}]),
    ]
    assert request.input[2]["call_id"] == request.input[3]["call_id"] == "c1"
    assert request.tools == []


def test_a_history_that_ends_in_a_tool_result_needs_no_words_of_the_user(chat):
    model, sc = chat("Sunny.")
    model.invoke(
        [
            HumanMessage("Weather?"),
            AIMessage("", tool_calls=[ToolCall(name="weather", args={}, id="c1")]),
            ToolMessage("sunny", tool_call_id="c1"),
        ]
    )
    assert [item["type"] for item in sc.model.requests[-1].input] == [
        "message",
        "function_call",
        "function_call_output",
    ]


def test_base_instructions_come_first_when_they_are_given(chat):
    model, sc = chat("Fine.", base_instructions="You are a pirate.")
    model.invoke([("system", "Be brief."), ("human", "Hi")])
    assert sc.model.requests[-1].instructions == "You are a pirate.\n\nBe brief."


def test_model_effort_and_summary_can_be_chosen_for_a_call(chat):
    model, sc = chat("Fine.", model="one", effort="low")
    assert model.invoke("Hi").response_metadata["model_name"] == "one"
    assert model.invoke("Hi", model="two", effort="high").response_metadata["model_name"] == "two"
    assert model.bind(model="three").invoke("Hi").response_metadata["model_name"] == "three"
    assert [request.model for request in sc.model.requests] == ["one", "two", "three"]


def test_what_is_no_option_of_a_call_is_refused(chat):
    model, sc = chat("Fine.")
    with pytest.raises(TypeError, match="takes no seed per call"):
        model.invoke("Hi", seed=1)
    with pytest.warns(UserWarning, match="does not use temperature"):
        model.invoke("Hi", temperature=0.5)
    assert len(sc.model.requests) == 1


def test_configuration_of_the_user_is_merged_over_that_of_the_chat(chat):
    model, sc = chat(
        "Fine.", config={"features.shell_tool": False, "model_verbosity": "low", "web_search": "live"}
    )
    model.invoke("Hi")
    assert {tool["type"] for tool in sc.model.requests[-1].tools} == {"web_search"}


async def test_a_failed_turn_raises_with_the_words_of_the_model_service(chat):
    model, _ = chat(fail(400, message="that is not allowed"))
    with pytest.raises(TurnFailedError, match="that is not allowed"):
        model.invoke("Hi")
    with pytest.raises(TurnFailedError, match="that is not allowed"):
        await model.ainvoke("Hi")
    with pytest.raises(TurnFailedError, match="that is not allowed"):
        list(model.stream("Hi"))


@pytest.mark.parametrize("where", ["call", "field"])
async def test_a_stop_sequence_ends_the_answer_and_interrupts_the_model(chat, where):
    gate = Gate()
    model, sc = chat(
        text(deltas=["One\nObs", "ervation", ": two", hold(gate)]),
        **({"stop": ["\nObservation:"]} if where == "field" else {}),
    )
    stop = {"stop": ["\nObservation:"]} if where == "call" else {}
    messages = [
        model.invoke("Hi", **stop),
        await model.ainvoke("Hi", **stop),
        AIMessage("".join(chunk.text for chunk in model.stream("Hi", **stop))),
        AIMessage("".join([chunk.text async for chunk in model.astream("Hi", **stop)])),
    ]
    assert [message.content for message in messages] == ["One"] * 4
    assert messages[0].response_metadata["finish_reason"] == "stop_sequence"
    assert messages[0].usage_metadata is None
    for request in sc.model.requests:
        request.wait_ended()
        assert request.disconnected
    assert not gate.is_open


async def test_leaving_a_stream_early_ends_the_request_to_the_model(chat):
    gate = Gate()
    model, sc = chat(text(deltas=["Hel", hold(gate), "lo"]))
    for chunk in model.stream("Hi"):
        if chunk.content:
            break
    sc.model.requests[0].wait_ended()
    stream = model.astream("Hi")
    async for chunk in stream:
        if chunk.content:
            break
    await stream.aclose()
    await asyncio.to_thread(sc.model.requests[1].wait_ended)
    assert [request.disconnected for request in sc.model.requests] == [True, True]


async def test_a_cancelled_task_ends_the_request_to_the_model(chat):
    gate = Gate()
    model, sc = chat(text(deltas=["Hel", hold(gate), "lo"]))
    task = asyncio.create_task(model.ainvoke("Hi"))
    await gate.reached_async()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(sc.model.requests[0].wait_ended)
    assert sc.model.requests[0].disconnected


async def test_a_model_that_takes_too_long_is_interrupted(chat):
    gate = Gate()
    model, sc = chat(text(deltas=["Hel", hold(gate), "lo"]), request_timeout=1.5)
    with pytest.raises(RequestTimeoutError, match=r"within 1\.5 s"):
        model.invoke("Hi")
    with pytest.raises(TimeoutError, match=r"within 1\.5 s"):
        await model.ainvoke("Hi")
    for request in sc.model.requests:
        await asyncio.to_thread(request.wait_ended)
    assert [request.disconnected for request in sc.model.requests] == [True, True]


def test_a_model_that_keeps_to_its_time_answers(chat):
    model, _ = chat("Fine.", timeout=60)
    assert model.invoke("Hi").content == "Fine."
    assert asyncio.run(model.ainvoke("Hi")).content == "Fine."


def test_a_broken_stream_is_repaired_or_reported_by_the_true_server(chat):
    lost = Reply(text(deltas=["The ", "answer ", "is"]), cut(after=2))
    model, _ = chat(
        Script()
        .when("alike", attempts(lost, "The answer is 42."))
        .otherwise(attempts(lost, text("No idea."))),
        stream_max_retries=2,
    )
    assert "".join(chunk.text for chunk in model.stream("alike")) == "The answer is 42."
    assert model.invoke("alike").content == "The answer is 42."
    assert model.invoke("otherwise").content == "No idea."
    with pytest.raises(Exception, match="reads otherwise"):
        list(model.stream("otherwise"))


def test_one_object_works_in_several_event_loops_and_os_threads(chat):
    model, sc = chat(lambda request: request.last_user_text.upper())

    async def ask(question):
        return (await model.ainvoke(question)).content

    assert [asyncio.run(ask(question)) for question in ("a", "b")] == ["A", "B"]
    questions = [f"question {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda question: model.invoke(question).content, questions))
    assert answers == [question.upper() for question in questions]
    assert len(sc.model.requests) == 10


def servers() -> set[int]:
    return {child.pid for child in psutil.Process().children() if "app-server" in child.cmdline()}


def test_equal_settings_share_a_server_and_copies_find_it(chat):
    model, sc = chat("Fine.")
    chosen = model.configurable_fields(model=ConfigurableField(id="model"))
    # LangChain makes a copy for each of these calls; the model itself has not been used yet.
    for name in ("one", "two"):
        answer = chosen.invoke("Hi", config={"configurable": {"model": name}})
        assert answer.response_metadata["model_name"] == name
    (server,) = servers()
    for equal in (model, ChatCodex(env=sc.env, cwd=str(sc.workspace), model="other"), copy.deepcopy(model)):
        equal.invoke("Hi")
    assert servers() == {server}


def test_other_settings_mean_another_server(chat, scripted_codex):
    model, _ = chat("Fine.")
    assert model.invoke("Hi").content == "Fine."
    other = model.model_copy(update={"env": scripted_codex("Other.").env})
    assert other.invoke("Hi").content == "Other."
    assert model.invoke("Hi").content == "Fine."
    assert len(servers()) == 2


async def test_an_open_client_of_either_kind_can_be_given(scripted_codex):
    sc = scripted_codex("Fine.")
    with Codex(sc.config) as codex:
        model = ChatCodex(codex=codex)
        assert model.invoke("Hi").content == "Fine."
        assert (await model.ainvoke("Hi")).content == "Fine."
        assert copy.deepcopy(model).codex is codex
        with pytest.raises(TypeError, match="open client"):
            pickle.dumps(model)
    async with AsyncCodex(sc.config) as codex:
        assert (await ChatCodex(codex=codex).ainvoke("Hi")).content == "Fine."


@pytest.mark.parametrize("cls", [ChatCodex, CodexAgent])
def test_what_is_no_client_is_refused_with_what_it_lacks(cls):
    with pytest.raises(ValueError, match="codex must be a Codex or an AsyncCodex, not 'str'"):
        cls(codex="codex")
    with pytest.raises(ValueError, match="codex must be a client, not the class 'AsyncCodex'"):
        cls(codex=AsyncCodex)


def test_a09_a_pickled_model_answers_like_the_original(chat):
    model, _ = chat("Fine.", model="one", stop=["x"])
    assert model.invoke("Hi").content == "Fine."
    clone = pickle.loads(pickle.dumps(model))
    assert clone == model or (clone.model, clone.stop) == ("one", ["x"])
    assert clone.invoke("Hi").response_metadata["model_name"] == "one"


def test_a09_no_process_and_no_secret_before_the_first_call():
    with pytest.warns(UserWarning, match="does not use api_key: Codex has no such setting"):
        model = ChatCodex(
            codex_bin="/does/not/exist",
            env={"TOKEN": "s3cret"},
            config={"model_providers": {"p": {"http_headers": {"Authorization": "s3cret"}}}},
            api_key=SecretStr("s3cret"),
        )
    params = model._identifying_params
    assert "s3cret" not in repr(model) + str(model) + str(params) + str(model._serialized)
    assert params != ChatCodex(codex_bin="/does/not/exist")._identifying_params


def test_a_misspelt_field_is_refused():
    with pytest.raises(ValueError, match="modle"):
        ChatCodex.model_validate({"modle": "gpt-5"})


def test_parameters_for_traces_name_the_model_of_the_call():
    model = ChatCodex(model="one", stop=["x"])
    assert model._get_ls_params(model="two") == {
        "ls_provider": "codex",
        "ls_model_type": "chat",
        "ls_model_name": "two",
        "ls_stop": ["x"],
    }
    assert model._llm_type == "codex-chat"
