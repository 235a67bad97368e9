"""CodexAgent on the true app-server with a scripted model: input, threads, output, tools, errors, cancellation."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import TYPE_CHECKING, Annotated, Any, cast

import psutil
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    SharedCodex,
    ThreadBusyError,
    ThreadNotFoundError,
    TurnFailedError,
    TurnInterruptedError,
    TurnTimeoutError,
    accept_all,
)
from codex_app_server.testing import Gate, Reply, Script, attempts, call, calls, fail, hold, text, usage
from langchain_codex import AgentOutput, CodexAgent, RetryableTurnError
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_core.tools import InjectedToolCallId, ToolException, tool
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = pytest.mark.anyio

_DONE = Reply(text(deltas=["Do", "ne."], phase="final_answer"), usage(input=20, output=2))
_WORK = [
    Reply(
        text("I look.", phase="commentary"), call("exec_command", cmd="echo hi"), usage(input=10, output=5)
    ),
    _DONE,
]


_CUSTOMER: Any = {"configurable": {"thread_id": "customer-7"}}


@pytest.fixture
def agent(scripted_codex):
    def make(script, **fields):
        sc = scripted_codex(script, stream_max_retries=0)
        return CodexAgent(env=sc.env, cwd=sc.workspace, **fields), sc

    return make


def _facts(output):
    """What must be the same however an agent is run: all but ids."""
    messages = [
        (type(message).__name__.removesuffix("Chunk"), message.content, message.usage_metadata)
        for message in output["messages"]
    ]
    rest = {key: value for key, value in output.items() if key not in {"messages", "thread_id"}}
    return messages, rest


def _sum(parts):
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    return whole


def _asked(sc):
    """What the last model request holds: roles, or types, and texts of the conversation."""
    found = [
        (item["role"], item["content"][0]["text"])
        for item in sc.model.requests[-1].body["input"]
        if item.get("role") in {"user", "assistant"}
    ]
    return [entry for entry in found if not entry[1].startswith("<")]


# It is deprecated, and has to work as long as it is there.
@pytest.mark.filterwarnings("ignore:astream_log is deprecated")
async def test_every_way_of_running_gives_the_same_output(agent):
    codex, _ = agent(_WORK)
    log = [patch async for patch in codex.astream_log("Hi", diff=False)]
    events = [event async for event in codex.astream_events("Hi", version="v2")]
    outputs = [
        codex.invoke("Hi"),
        await codex.ainvoke("Hi"),
        *codex.batch(["Hi", "Hi"]),
        *await codex.abatch(["Hi", "Hi"]),
        _sum(list(codex.stream("Hi"))),
        _sum([part async for part in codex.astream("Hi")]),
        _sum(list(codex.transform(iter(["H", "i"])))),
        log[-1].state["final_output"],
        events[-1]["data"]["output"],
    ]
    last = {
        "input_tokens": 20,
        "output_tokens": 2,
        "total_tokens": 22,
        "input_token_details": {"cache_read": 0, "cache_creation": 0},
        "output_token_details": {"reasoning": 0},
    }
    whole = {**last, "input_tokens": 30, "output_tokens": 7, "total_tokens": 37}
    assert _facts(outputs[0]) == ([("AIMessage", "Done.", last)], {"diff": "", "plan": [], "usage": whole})
    for output in outputs[1:]:
        assert _facts(output) == _facts(outputs[0])
    assert type(outputs[0]["messages"][0]) is AIMessage


def test_the_answer_tells_thread_and_turn(agent):
    codex, _ = agent("Hello.", name="helper")
    output = codex.invoke("Hi")
    answer = output["messages"][-1]
    assert answer.name == "helper"
    assert answer.response_metadata["thread_id"] == output["thread_id"]
    assert answer.response_metadata["model_name"] == "mock-model"
    assert answer.id.startswith(answer.response_metadata["turn_id"])


@pytest.mark.parametrize(
    "value",
    [
        "Hi",
        HumanMessage("Hi"),
        [("user", "Hi")],
        {"messages": [HumanMessage("Hi")]},
        {"messages": [{"role": "user", "content": "Hi"}]},
        ChatPromptTemplate.from_template("{word}").invoke({"word": "Hi"}),
    ],
    ids=["text", "message", "tuples", "mapping", "dicts", "prompt"],
)
def test_it_takes_text_messages_mappings_and_prompts(agent, value):
    codex, sc = agent("Hello.")
    codex.invoke(value)
    assert _asked(sc) == [("user", "Hi")]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (7, TypeError, "takes text, messages or a mapping"),
        ({"text": "Hi"}, TypeError, "no 'messages'"),
        ([], ValueError, "no message that is new"),
        ([ToolMessage("x", tool_call_id="1"), HumanMessage("Hi")], ValueError, "follows no such tool call"),
    ],
    ids=["number", "mapping", "empty", "tool message"],
)
def test_bad_input_is_an_error_that_says_what_to_give(agent, value, error, words):
    codex, sc = agent("Hello.")
    with pytest.raises(error, match=words):
        codex.invoke(value)
    assert not sc.model.requests


def test_an_earlier_conversation_is_told_to_a_new_thread_in_order(agent):
    codex, sc = agent("Hello.")
    codex.invoke([SystemMessage("Be brief."), HumanMessage("One"), AIMessage("Two"), HumanMessage("Three")])
    assert _asked(sc) == [("user", "One"), ("assistant", "Two"), ("user", "Three")]


async def test_a_conversation_goes_on_in_its_thread_and_only_what_is_new_is_sent(agent):
    codex, sc = agent("Hello.")
    messages = [HumanMessage("One")]
    threads = set()
    for word in ("Two", "Three"):
        output = await codex.ainvoke({"messages": messages})
        threads.add(output["thread_id"])
        messages += [*output["messages"], HumanMessage(word)]
    output = codex.invoke({"messages": messages})
    assert threads == {output["thread_id"]}
    said = [("user", "One"), ("user", "Two"), ("user", "Three")]
    assert [entry for entry in _asked(sc) if entry[0] == "user"] == said
    assert len(_asked(sc)) == 5


def test_a_conversation_that_goes_on_from_an_earlier_answer_forks_its_thread(agent):
    codex, sc = agent("Hello.")
    first = codex.invoke("One")
    second = codex.invoke([*first["messages"], HumanMessage("Two")])
    branch = codex.invoke([*first["messages"], HumanMessage("Other")])
    assert second["thread_id"] == first["thread_id"] != branch["thread_id"]
    assert _asked(sc) == [("user", "One"), ("assistant", "Hello."), ("user", "Other")]


@pytest.mark.parametrize("key", ["thread_id", "codex_thread_id"])
def test_a_thread_goes_on_in_another_process_by_its_id(agent, key):
    codex, sc = agent(_WORK)
    with Codex(sc.config) as client:
        output = CodexAgent(codex=client, cwd=sc.workspace).invoke("One")
    again = codex.invoke("Two", {"configurable": {key: output["thread_id"]}})
    assert again["thread_id"] == output["thread_id"]
    assert _asked(sc)[0] == ("user", "One")
    assert _asked(sc)[-1] == ("assistant", "I look.")
    # Without raw events, which a resumed thread does not send, the facts are the same.
    assert _facts(again) == _facts(output)


def test_a_whole_output_can_be_given_back_as_input(agent):
    codex, sc = agent("Hello.")
    output = codex.invoke("One")
    codex.invoke({**output, "messages": [*output["messages"], HumanMessage("Two")]})
    assert _asked(sc) == [("user", "One"), ("assistant", "Hello."), ("user", "Two")]


def test_a_thread_that_is_not_there_is_an_error(agent):
    codex, _ = agent("Hello.")
    with pytest.raises(ThreadNotFoundError):
        codex.invoke("Hi", {"configurable": {"thread_id": "019a0000-0000-7000-8000-000000000000"}})


async def test_a_thread_that_is_in_use_elsewhere_is_an_error_that_says_so(agent):
    codex, sc = agent("Hello.")
    with Codex(sc.config) as client:
        output = CodexAgent(codex=client, cwd=sc.workspace).invoke("One")
        config = {"configurable": {"thread_id": output["thread_id"]}}
        with pytest.raises(ThreadBusyError, match="in use elsewhere"):
            codex.invoke("Two", config)
        with pytest.raises(ThreadBusyError, match="in use elsewhere"):
            await codex.ainvoke("Two", config)
    assert codex.invoke("Two", config)["thread_id"] == output["thread_id"]


async def test_an_id_that_is_none_of_codex_is_an_error_that_says_where_ids_come_from(agent):
    codex, sc = agent("Hello.")
    for run in (asyncio.to_thread(codex.invoke, "Hi", _CUSTOMER), codex.ainvoke("Hi", _CUSTOMER)):
        with pytest.raises(ThreadNotFoundError, match="'customer-7' is no id of a Codex thread"):
            await run
    assert not sc.model.requests


def test_a_resumed_thread_has_the_sandbox_of_the_agent(agent):
    codex, sc = agent(
        [call("exec_command", cmd="echo x > made.txt"), "Done."],
        sandbox="workspace-write",
        approval_policy="never",
    )
    output = codex.invoke("One")
    made = sc.workspace / "made.txt"
    assert made.exists()
    made.unlink()
    careful = codex.model_copy(update={"sandbox": "read-only"})
    careful.invoke("Two", {"configurable": {"codex_thread_id": output["thread_id"]}})
    assert not made.exists()


async def test_turns_of_one_thread_run_one_after_the_other(agent):
    gate = Gate()
    script = (
        Script().when("One", "Hello.").when("slow", text(deltas=[hold(gate), "Slow."])).otherwise("Fast.")
    )
    codex, sc = agent(script)
    config = {"configurable": {"codex_thread_id": (await codex.ainvoke("One"))["thread_id"]}}
    slow = asyncio.create_task(codex.ainvoke("slow", config))
    await asyncio.to_thread(gate.wait_reached)
    fast = asyncio.create_task(codex.ainvoke("fast", config))
    gate.open()
    outputs = await asyncio.gather(slow, fast)
    assert [output["messages"][-1].text for output in outputs] == ["Slow.", "Fast."]
    assert _asked(sc)[-2:] == [("assistant", "Slow."), ("user", "fast")]


async def test_a_batch_runs_at_the_same_time_up_to_max_concurrency(agent):
    gates = [Gate(), Gate()]
    script = (
        Script().when("a", text(deltas=[hold(gates[0]), "A"])).when("b", text(deltas=[hold(gates[1]), "B"]))
    )
    codex, _ = agent(script)
    batch = asyncio.create_task(codex.abatch(["a", "b"], {"max_concurrency": 2}))
    for gate in gates:
        await asyncio.to_thread(gate.wait_reached)
    for gate in gates:
        gate.open()
    assert [output["messages"][-1].text for output in await batch] == ["A", "B"]


async def test_max_concurrency_holds_back_the_other_runs_of_a_batch(agent):
    codex, _ = agent("Hello.")
    log: list[str] = []

    class Log(BaseCallbackHandler):
        run_inline = True

        def on_chain_start(self, *_: Any, **__: Any) -> None:
            log.append("+")

        def on_chain_end(self, *_: Any, **__: Any) -> None:
            log.append("-")

    config: Any = {"max_concurrency": 1, "callbacks": [Log()]}
    codex.batch(["a", "b"], config)
    await codex.abatch(["a", "b"], config)
    assert log == ["+", "-"] * 4


class _Weather(BaseModel):
    city: str
    degrees: int


def test_output_type_gives_a_structured_response(agent):
    codex, _ = agent('{"city": "Paris", "degrees": 20}', output_type=_Weather)
    assert codex.invoke("Weather?")["structured_response"] == _Weather(city="Paris", degrees=20)
    assert _sum(list(codex.stream("Weather?")))["structured_response"].degrees == 20


def test_the_diff_is_in_the_output(agent):
    patch = "*** Begin Patch\n*** Add File: a.txt\n+hello\n*** End Patch"
    codex, sc = agent(
        [
            call("exec_command", cmd=f"apply_patch <<'EOF'\n{patch}\nEOF"),
            "Done.",
        ],
        sandbox="workspace-write",
    )
    output = codex.invoke("Write it.")
    assert (sc.workspace / "a.txt").read_text() == "hello\n"
    assert "+hello" in output["diff"]


# --- tools and approvals ------------------------------------------------------------------------------


@tool(response_format="content_and_artifact")
def look_up(word: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> tuple[str, dict[str, str]]:
    """Look a word up."""
    if word == "nothing":
        raise ToolException("There is no such word.")
    return f"{word} means {word}", {"call": tool_call_id}


def shout(word: str) -> str:
    """Say a word loudly."""
    return word.upper()


@tool
async def whisper(word: str) -> str:
    """Say a word quietly."""
    await asyncio.sleep(0)
    return word.lower()


async def test_langchain_tools_and_functions_are_called_with_what_is_injected(agent):
    script = [calls(call("look_up", word="a"), call("shout", word="b"), call("whisper", word="C")), "Done."]
    codex, sc = agent(script, tools=[look_up, shout, whisper])
    for output in (codex.invoke("Go."), await codex.ainvoke("Go.")):
        assert output["messages"][-1].text == "Done."
        results = list(sc.model.requests[-1].tool_outputs.values())
        assert results == ["a means a", "B", "c"]
    offered = next(entry for entry in sc.model.requests[0].body["tools"] if entry.get("name") == "look_up")
    assert list(offered["parameters"]["properties"]) == ["word"]


async def test_the_model_is_told_why_a_tool_failed(agent):
    codex, sc = agent([call("look_up", word="nothing"), "Done."], tools=[look_up])
    for output in (codex.invoke("Go."), await codex.ainvoke("Go.")):
        assert output["messages"][-1].text == "Done."
        assert list(sc.model.requests[-1].tool_outputs.values()) == ["There is no such word."]


def test_a_thread_that_lost_its_tools_tells_the_model_so(agent):
    script = Script().when("One", "Hello.").otherwise([call("shout", word="a"), "Done."])
    codex, sc = agent(script, tools=[shout])
    output = codex.invoke("One")
    bare = codex.model_copy(update={"tools": ()})
    bare.invoke("Two", {"configurable": {"codex_thread_id": output["thread_id"]}})
    assert "no tool 'shout'" in str(sc.model.requests[-1].tool_outputs)


@pytest.mark.parametrize("handler", [None, accept_all], ids=["nobody", "accept_all"])
def test_approvals_go_to_the_handler_and_are_declined_without_one(agent, handler):
    command = call(
        "exec_command", cmd="echo x > made.txt", sandbox_permissions="require_escalated", justification="why"
    )
    codex, sc = agent([command, "Done."], approval_policy="on-request", approval_handler=handler)
    assert codex.invoke("Go.")["messages"][-1].text == "Done."
    assert (sc.workspace / "made.txt").exists() == (handler is not None)


# --- errors and retries -------------------------------------------------------------------------------


async def test_a_failed_turn_that_has_done_nothing_can_be_repeated(agent):
    codex, _ = agent(attempts(fail(500), "Hello."))
    with pytest.raises(RetryableTurnError):
        await codex.ainvoke("Hi")
    codex, sc = agent(Script().otherwise(lambda _: fail(500) if len(sc.model.requests) < 2 else "Hello."))
    patient = codex.with_retry(wait_exponential_jitter=False)
    assert patient.invoke("Hi")["messages"][-1].text == "Hello."


async def test_a_failed_turn_that_has_acted_is_not_repeated(agent):
    codex, sc = agent([call("exec_command", cmd="echo x >> made.txt"), fail(500)], sandbox="workspace-write")
    patient = codex.with_retry(wait_exponential_jitter=False)
    for run in (patient.invoke, codex.invoke):
        with pytest.raises(TurnFailedError) as caught:
            run("Hi")
        assert not isinstance(caught.value, RetryableTurnError)
    with pytest.raises(TurnFailedError):
        await patient.ainvoke("Hi")
    assert (sc.workspace / "made.txt").read_text() == "x\n" * 3


@pytest.mark.parametrize("is_resumed", [False, True], ids=["new thread", "resumed thread"])
def test_a_failed_turn_whose_command_the_sandbox_stopped_is_not_repeated(agent, is_resumed):
    # The server tells of no such command, though it has run up to where it was stopped.
    command = call("exec_command", cmd="echo x >> made.txt; touch /etc/nobody-may || exit 3")
    script = Script().when("One", "Hello.").otherwise([command, fail(500)])
    codex, sc = agent(script, sandbox="workspace-write", approval_policy="never")
    config: Any = {}
    if is_resumed:
        with Codex(sc.config) as client:
            output = CodexAgent(codex=client, cwd=sc.workspace).invoke("One")
        config = {"configurable": {"thread_id": output["thread_id"]}}
    with pytest.raises(TurnFailedError) as caught:
        codex.with_retry(wait_exponential_jitter=False).invoke("Go.", config)
    assert not isinstance(caught.value, RetryableTurnError)
    assert (sc.workspace / "made.txt").read_text() == "x\n"


def test_a_fault_of_the_request_is_not_repeated(agent):
    codex, sc = agent(fail(400))
    with pytest.raises(TurnFailedError) as caught:
        codex.with_retry(wait_exponential_jitter=False).invoke("Hi")
    assert not isinstance(caught.value, RetryableTurnError)
    assert len(sc.model.requests) == 1


def test_fallbacks_take_over(agent):
    codex, _ = agent(fail(400))
    chain = codex.with_fallbacks([RunnableLambda(lambda _: "instead")])
    assert chain.invoke("Hi") == "instead"


async def test_a_turn_that_takes_too_long_is_interrupted(agent):
    codex, _ = agent(text(deltas=[hold(Gate()), "late"]), timeout=0.5)
    for run in (asyncio.to_thread(codex.invoke, "Hi"), codex.ainvoke("Hi")):
        with pytest.raises(TurnTimeoutError):
            await run


# --- leaving ------------------------------------------------------------------------------------------


async def test_leaving_an_async_stream_of_events_ends_the_command(scripted_codex):
    command = call("exec_command", cmd="exec sleep 296", yield_time_ms=60_000)
    sc = scripted_codex([command, "Done."])
    async with AsyncCodex(sc.config) as client:
        codex = CodexAgent(codex=client, cwd=sc.workspace, sandbox="danger-full-access")
        events = cast("AsyncGenerator[Any]", codex.astream_events("Hi", version="v2"))
        async for event in events:
            if event["event"] == "on_tool_start":
                break
        children = psutil.Process().children(recursive=True)
        commands = [child for child in children if child.cmdline()[-1:] == ["296"]]
        assert commands
        await events.aclose()
        # Gone while the server still runs.
        assert await asyncio.to_thread(psutil.wait_procs, commands, timeout=10) == (commands, [])


async def test_a_cancelled_task_ends_the_turn(agent):
    gate = Gate()
    codex, sc = agent(text(deltas=["Once ", hold(gate), "upon a time"]))
    task = asyncio.create_task(codex.ainvoke("Hi"))
    await asyncio.to_thread(gate.wait_reached)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(sc.model.requests[-1].wait_ended)


def test_leaving_a_stream_ends_the_turn(agent):
    gate = Gate()
    codex, sc = agent(text(deltas=["Once ", hold(gate), "upon a time"]))
    parts = codex.stream("Hi")
    assert next(parts)["messages"][0].content == "Once "
    parts.close()
    sc.model.requests[-1].wait_ended()


# --- configuration ------------------------------------------------------------------------------------


def test_nothing_starts_at_construction_and_it_can_be_pickled_and_copied(agent):
    codex, _ = agent("Hello.", tools=[shout], output_type=None)
    SharedCodex.close_idle()
    copies = [pickle.loads(pickle.dumps(codex)), copy.deepcopy(codex), codex.model_copy()]
    assert not psutil.Process().children()
    codex.invoke("Hi")
    for each in (*copies, pickle.loads(pickle.dumps(codex))):
        assert each.invoke("Hi")["messages"][-1].text == "Hello."
    assert len(psutil.Process().children()) == 1


def test_an_open_client_is_used_and_not_pickled(scripted_codex):
    sc = scripted_codex("Hello.")
    with Codex(sc.config) as client:
        codex = CodexAgent(codex=client, cwd=sc.workspace)
        assert copy.deepcopy(codex).invoke("Hi")["messages"][-1].text == "Hello."
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(codex)


def test_fields_are_configurable(agent):
    codex, sc = agent("Hello.")
    chosen = codex.configurable_fields(model=ConfigurableField(id="model"))
    output = chosen.invoke("Hi", {"configurable": {"model": "other-model"}})
    assert output["messages"][-1].response_metadata["model_name"] == "other-model"
    assert sc.model.requests[-1].body["model"] == "other-model"


def test_parts_add_up_and_a_message_can_be_taken_back():
    from langchain_core.messages import AIMessageChunk, RemoveMessage

    part = AgentOutput(messages=[AIMessageChunk(content="a", id="1")])
    whole = part + AgentOutput(
        messages=[AIMessageChunk(content="b", id="1"), AIMessageChunk(content="c", id="2")], usage=1
    )
    whole += AgentOutput(messages=[RemoveMessage(id="2")], usage=2)
    assert [message.content for message in whole["messages"]] == ["ab"]
    assert whole["usage"] == 2


def test_interrupting_the_turn_from_elsewhere_raises(agent):
    gate = Gate()
    _, sc = agent(text(deltas=["Once ", hold(gate), "upon a time"]))
    with Codex(sc.config) as client:
        parts = CodexAgent(codex=client, cwd=sc.workspace).stream("Hi")
        first = next(parts)["messages"][0]
        thread_id = client.request_raw("thread/loaded/list")["data"][0]
        client.request_raw("turn/interrupt", {"threadId": thread_id, "turnId": first.id.rpartition("-")[0]})
        with pytest.raises(TurnInterruptedError):
            list(parts)
