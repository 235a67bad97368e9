"""The run tree of CodexAgent: which runs there are, below which, in which order, and that each of them ends."""

from __future__ import annotations

import asyncio

import pytest
from codex_app_server import Codex, TurnFailedError
from codex_app_server.testing import (
    FakeServer,
    Gate,
    Reply,
    call,
    calls,
    cut,
    fail,
    hold,
    reasoning,
    steps,
    text,
    usage,
)
from langchain_codex import CodexAgent, RetryableTurnError
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import ToolException, tool

pytestmark = pytest.mark.anyio


@tool
def shout(word: str) -> str:
    """Say a word loudly."""
    if word == "no":
        raise ToolException("not that word")
    return word.upper()


class Collector(BaseCallbackHandler):
    """Writes the tree down as it grows, and checks that what begins ends once."""

    raise_error = True
    run_inline = True

    def __init__(self):
        self.log = []
        self.runs = {}
        self.open = []
        self.tokens = []
        self.results = {}
        self.customs = []

    def _start(self, kind, name, run_id, parent_run_id):
        assert run_id not in self.runs
        assert parent_run_id is None or parent_run_id in self.open
        self.runs[run_id] = (kind, name, parent_run_id)
        self.open.append(run_id)
        self.log.append(f"+{name}")

    def _end(self, run_id, result, mark="-"):
        self.open.remove(run_id)
        self.results.setdefault(self.runs[run_id][1], []).append(result)
        self.log.append(f"{mark}{self.runs[run_id][1]}")

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, name=None, **kwargs):
        self._start("chain", name, run_id, parent_run_id)

    def on_chain_end(self, outputs, *, run_id, **kwargs):
        self._end(run_id, outputs)

    def on_chain_error(self, error, *, run_id, **kwargs):
        self._end(run_id, f"{type(error).__name__}: {error}", "!")

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, name=None, **kwargs):
        self.inputs = [*getattr(self, "inputs", []), messages[0]]
        self.metadata = kwargs["metadata"]
        self.tags = kwargs["tags"]
        self._start("chat_model", name, run_id, parent_run_id)

    def on_llm_new_token(self, token, *, run_id, **kwargs):
        assert run_id in self.open
        self.tokens.append(token)

    def on_llm_end(self, response, *, run_id, **kwargs):
        self._end(run_id, response.generations[0][0].message)

    def on_llm_error(self, error, *, run_id, **kwargs):
        self._end(run_id, f"{type(error).__name__}: {error}", "!")

    def on_tool_start(self, serialized, input_str, *, run_id, parent_run_id=None, inputs=None, **kwargs):
        assert kwargs["tool_call_id"].startswith("call_")
        self._start("tool", serialized["name"], run_id, parent_run_id)

    def on_tool_end(self, output, *, run_id, **kwargs):
        self._end(run_id, output)

    def on_tool_error(self, error, *, run_id, **kwargs):
        self._end(run_id, f"{type(error).__name__}: {error}", "!")

    def on_custom_event(self, name, data, *, run_id, **kwargs):
        assert run_id in self.open
        self.customs.append(name)


SCRIPT = [
    Reply(
        reasoning("Hm."),
        text("I look.", phase="commentary"),
        call("exec_command", cmd="echo hi"),
        usage(input=10, output=5),
    ),
    calls(call("shout", word="a"), call("shout", word="no")),
    calls(call("exec_command", cmd="exit 3"), call("shout", wrong="b")),
    Reply(text(deltas=["Do", "ne."], phase="final_answer"), usage(input=30, output=7)),
]
TREE = [
    "+CodexAgent",
    *["+Codex", "-Codex", "+command_execution", "-command_execution"],
    *["+Codex", "-Codex", "+shout", "-shout", "+shout", "!shout"],
    *["+Codex", "-Codex", "+command_execution", "!command_execution", "+shout", "!shout"],
    *["+Codex", "-Codex"],
    "-CodexAgent",
]


@pytest.fixture
def agent(scripted_codex):
    def make(script, **fields):
        sc = scripted_codex(script, stream_max_retries=fields.pop("stream_max_retries", 0))
        return CodexAgent(env=sc.env, cwd=sc.workspace, tools=[shout], **fields), sc

    return make


async def _drain(parts):
    return [part async for part in parts]


def _closing_responses_first(log):
    """Put the end of each model run before the tools that it called.

    Codex starts a tool as soon as its call is written, which may be before the response is complete.
    """
    nominal: list[str] = []
    early: list[str] = []
    in_response = False
    for entry in log:
        if entry == "+Codex":
            assert not in_response
            in_response = True
        elif in_response and entry != "-Codex":
            assert entry.endswith(("shout", "command_execution"))
            early.append(entry)
            continue
        nominal.append(entry)
        if entry == "-Codex":
            in_response = False
            nominal += early
            early = []
    assert not in_response
    return nominal


WAYS = {
    "invoke": lambda codex, config: codex.invoke("Hi", config),
    "stream": lambda codex, config: list(codex.stream("Hi", config)),
    "ainvoke": lambda codex, config: asyncio.run(codex.ainvoke("Hi", config)),
    "astream": lambda codex, config: asyncio.run(_drain(codex.astream("Hi", config))),
    "astream_events": lambda codex, config: asyncio.run(
        _drain(codex.astream_events("Hi", config, version="v2"))
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_turn_is_a_tree_of_runs(agent, way):
    codex, _ = agent(SCRIPT)
    seen = Collector()
    WAYS[way](codex, {"callbacks": [seen], "tags": ["mine"], "metadata": {"key": "value"}})
    assert _closing_responses_first(seen.log) == TREE
    assert not seen.open
    (root,) = [run_id for run_id, (_, _, parent) in seen.runs.items() if parent is None]
    assert {parent for _, _, parent in seen.runs.values()} == {None, root}
    assert "".join(seen.tokens) == "Done."
    assert seen.tags == ["mine"]
    assert {
        "key": "value",
        "ls_provider": "codex",
        "ls_model_name": "mock-model",
    }.items() <= seen.metadata.items()


def test_runs_have_inputs_outputs_usage_and_errors(agent):
    codex, _ = agent(SCRIPT)
    seen = Collector()
    output = codex.invoke("Hi", {"callbacks": [seen]})
    first, *_, last = seen.results["Codex"]
    assert first.additional_kwargs == {"reasoning_content": "Hm.", "commentary": "I look."}
    assert (first.usage_metadata["input_tokens"], last.usage_metadata["output_tokens"]) == (10, 7)
    assert last == output["messages"][-1]
    assert output["usage"]["total_tokens"] == sum(
        message.usage_metadata["total_tokens"] for message in seen.results["Codex"]
    )
    assert seen.inputs[0] == [HumanMessage("Hi")]
    assert [message.content for message in seen.inputs[1]] == ["hi\n"]
    done, failed = seen.results["command_execution"]
    assert isinstance(done, ToolMessage)
    assert (done.content, done.artifact["exit_code"]) == ("hi\n", 0)
    assert "exit code 3" in failed
    loud, refused, misused = seen.results["shout"]
    assert (loud.content, refused) == ("A", "ToolException: not that word")
    assert "not valid" in misused


def test_a_broken_response_is_a_run_with_an_error_and_its_text_is_taken_back(agent):
    script = lambda request: (  # noqa: E731 - a script is a function
        Reply(text(deltas=["Once ", "upon"]), cut(after=1)) if request.attempt == 0 else "Whole."
    )
    codex, _ = agent(script, stream_max_retries=1)
    seen = Collector()
    parts = list(codex.stream("Hi", {"callbacks": [seen]}))
    assert seen.log == ["+CodexAgent", "+Codex", "!Codex", "+Codex", "-Codex", "-CodexAgent"]
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    assert [message.content for message in whole["messages"]] == ["Whole."]
    assert "codex.warning" in seen.customs


@pytest.mark.parametrize("way", WAYS)
def test_every_run_is_closed_when_the_turn_fails(agent, way):
    codex, _ = agent([call("exec_command", cmd="echo hi"), fail(400)])
    seen = Collector()
    with pytest.raises(TurnFailedError):
        WAYS[way](codex, {"callbacks": [seen]})
    assert not seen.open
    assert seen.log[-1] == "!CodexAgent"


class _Breaking(BaseCallbackHandler):
    """Raises when it is told that something has failed."""

    raise_error = True
    run_inline = True

    def on_llm_error(self, *_, **__):
        raise ValueError("a handler that fails")


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_every_run_is_closed_and_the_error_stays_when_a_handler_raises(agent, way):
    codex, _ = agent([call("exec_command", cmd="echo hi"), fail(400)])
    seen = Collector()
    with pytest.raises(TurnFailedError):
        WAYS[way](codex, {"callbacks": [seen, _Breaking()]})
    assert not seen.open


def test_a_web_search_is_a_tool_run_and_changes_nothing_that_a_retry_would_repeat():
    place = {"threadId": "thread-1", "turnId": "turn-1"}
    item = {"type": "webSearch", "id": "call_1", "query": "weather", "action": None}
    error = {"message": "too busy", "codexErrorInfo": "serverOverloaded"}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.notify("item/started", {**place, "item": item}),
        steps.notify("item/completed", {**place, "item": item}),
        *steps.turn_end("failed", error=error)[1:],
    ]
    seen = Collector()
    with (
        FakeServer(scenario) as server,
        Codex(server.config) as client,
        pytest.raises(RetryableTurnError, match="too busy"),
    ):
        CodexAgent(codex=client).invoke("Hi", {"callbacks": [seen]})
    assert seen.log == ["+CodexAgent", "+Codex", "+web_search", "-web_search", "!Codex", "!CodexAgent"]


def test_plan_and_diff_are_custom_events_and_in_the_output():
    plan = [{"step": "Look", "status": "completed"}, {"step": "Write", "status": "inProgress"}]
    place = {"threadId": "thread-1", "turnId": "turn-1"}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.notify("turn/plan/updated", {**place, "explanation": "why", "plan": plan}),
        steps.notify("turn/diff/updated", {**place, "diff": "+a"}),
        *steps.turn_message("Done."),
        *steps.turn_end(),
    ]
    seen = Collector()
    with FakeServer(scenario) as server, Codex(server.config) as client:
        output = CodexAgent(codex=client).invoke("Hi", {"callbacks": [seen]})
    assert (output["plan"], output["diff"]) == (plan, "+a")
    assert seen.customs == ["codex.plan", "codex.diff"]


@pytest.mark.parametrize("is_async", [False, True], ids=["stream", "astream"])
async def test_every_run_is_closed_when_a_stream_is_left(agent, is_async):
    gate = Gate()
    codex, sc = agent(text(deltas=["Once ", hold(gate), "upon"]))
    seen = Collector()
    if is_async:
        parts = codex.astream("Hi", {"callbacks": [seen]})
        await anext(parts)
        await parts.aclose()
    else:
        parts = codex.stream("Hi", {"callbacks": [seen]})
        next(parts)
        parts.close()
    assert seen.log == ["+CodexAgent", "+Codex", "!Codex", "!CodexAgent"]
    assert seen.results["CodexAgent"][0].startswith("TurnInterruptedError")
    await asyncio.to_thread(sc.model.requests[-1].wait_ended)


async def test_every_run_is_closed_when_the_task_is_cancelled(agent):
    command = call("exec_command", cmd="exec sleep 295", yield_time_ms=60_000)
    codex, _ = agent([command], sandbox="danger-full-access")
    seen = Collector()
    started = asyncio.Event()
    begin = seen.on_tool_start

    def on_tool_start(*args, **kwargs):
        begin(*args, **kwargs)
        started.set()

    seen.on_tool_start = on_tool_start
    task = asyncio.create_task(codex.ainvoke("Hi", {"callbacks": [seen]}))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not seen.open
    assert seen.log[-2:] == ["!command_execution", "!CodexAgent"]


def test_output_of_a_command_comes_as_custom_events_of_its_run(agent):
    command = call("exec_command", cmd="for i in 1 2 3; do echo $i; sleep 0.3; done", yield_time_ms=20_000)
    codex, _ = agent([command, "Done."])
    seen = Collector()
    codex.invoke("Hi", {"callbacks": [seen]})
    assert "codex.command.output" in seen.customs
