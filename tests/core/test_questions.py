"""What the server asks besides approvals of its own: MCP tools, elicitations, user input, other requests."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest
from codex_app_server import (
    DEFER,
    ApprovalRequest,
    AsyncCodex,
    Codex,
    Elicitation,
    ElicitationRequested,
    LocalProtocolError,
    QuestionOption,
    UserInputRequest,
    UserInputRequested,
    UserQuestion,
    accept_all,
)
from codex_app_server.testing import FakeServer, call, steps

if TYPE_CHECKING:
    from codex_app_server import ApprovalAnswer, ServerRequest, Thread
    from codex_app_server.testing import ScriptedCodex, ScriptedCodexFactory

SERVER = str(Path(__file__).with_name("mcp_server.py"))


def told(setup: ScriptedCodex) -> str:
    """Return what the model got to see of its last call."""
    return str([*setup.model.requests[-1].tool_outputs.values()][-1])


# --- MCP servers ---


def with_mcp(factory: ScriptedCodexFactory, tool: str) -> ScriptedCodex:
    return factory(
        [[call(tool, namespace="mcp__demo", text="hello")], "done"],
        extra_config={"mcp_servers": {"demo": {"command": sys.executable, "args": [SERVER]}}},
    )


def thread_with_tools(codex: Codex, **options: Any) -> Thread:
    """Start a thread, and wait until its MCP server is there: a turn before that goes without its tools."""
    with codex.notifications("mcpServer/startupStatus/updated") as updates:
        thread = codex.thread_start(approval_policy="on-request", **options)
        for update in updates:
            if update.params["threadId"] == thread.id and update.params["status"] == "ready":
                return thread
    raise AssertionError


class Recorder:
    """A handler that gives its answers in turn, and the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[Any] = []

    def __call__(self, request: Any) -> Any:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ("accept", "echo: hello"),
        (True, "echo: hello"),
        ("decline", "user rejected MCP tool call"),
        (False, "user rejected MCP tool call"),
        ("cancel", "user cancelled MCP tool call"),
        (None, "user rejected MCP tool call"),
        ("always", "user rejected MCP tool call"),
    ],
)
def test_a_tool_of_an_mcp_server_runs_only_when_it_was_accepted(
    answer: Any, seen: str, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = with_mcp(scripted_codex, "echo")
    handler = Recorder(answer)
    with Codex(setup.config, approval_handler=handler) as codex:
        assert thread_with_tools(codex).run("Go.").status == "completed"
    (request,) = handler.requests
    assert isinstance(request, ApprovalRequest)
    assert (request.approval_kind, request.server_name, request.tool_name) == ("mcp_tool", "demo", "echo")
    assert request.tool_arguments == {"text": "hello"}
    assert request.message == 'Allow the demo MCP server to run tool "echo"?'
    assert seen in told(setup)


def test_a_tool_that_was_accepted_for_the_session_is_asked_again_in_other_threads(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = with_mcp(scripted_codex, "echo")
    handler = Recorder("accept_for_session")
    with Codex(setup.config, approval_handler=handler) as codex:
        first = thread_with_tools(codex)
        first.run("Go.")
        first.run("Go.")
        assert len(handler.requests) == 1
        thread_with_tools(codex).run("Go.")
    assert len(handler.requests) == 2


def test_a_tool_that_was_accepted_for_good_is_never_asked_again(scripted_codex: ScriptedCodexFactory) -> None:
    setup = with_mcp(scripted_codex, "echo")
    handler = Recorder("accept_always")
    with Codex(setup.config, approval_handler=handler) as codex:
        thread_with_tools(codex).run("Go.")
        thread_with_tools(codex).run("Go.")
    assert len(handler.requests) == 1
    assert "echo: hello" in told(setup)
    config = (setup.home / "config.toml").read_text()
    assert re.search(r'demo"?\.tools\.echo\]\napproval_mode = "approve"', config)


def test_a_tool_that_only_reads_is_not_asked_about(scripted_codex: ScriptedCodexFactory) -> None:
    setup = with_mcp(scripted_codex, "look")
    handler = Recorder("decline")
    with Codex(setup.config, approval_handler=handler) as codex:
        thread_with_tools(codex).run("Go.")
    assert (handler.requests, "look: hello" in told(setup)) == ([], True)


ACCEPTED = {"name": "Ann", "color": "red"}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (ACCEPTED, {"action": "accept", "content": ACCEPTED}),
        ({}, {"action": "accept", "content": {}}),
        ("decline", {"action": "decline"}),
        ("cancel", {"action": "cancel"}),
        (None, {"action": "decline"}),
        (True, {"action": "decline"}),
        ("accept", {"action": "decline"}),
        ({"name": object()}, {"action": "decline"}),
        ({"name": float("nan")}, {"action": "decline"}),
    ],
)
def test_an_mcp_server_gets_the_answer_to_its_question(
    answer: Any, result: dict[str, Any], scripted_codex: ScriptedCodexFactory
) -> None:
    setup = with_mcp(scripted_codex, "ask")
    handler = Recorder(answer)
    with Codex(setup.config, elicitation_handler=handler, approval_handler=accept_all) as codex:
        turn = thread_with_tools(codex).turn("Go.")
        shown = [event.request for event in turn.events() if isinstance(event, ElicitationRequested)]
    (question,) = handler.requests
    assert isinstance(question, Elicitation)
    assert shown == [question]
    assert (question.server_name, question.message, question.mode) == ("demo", "hello", "form")
    assert (question.thread_id, question.turn_id) == (turn.thread_id, turn.id)
    assert question.schema["required"] == ["name"]
    # The model sees it as JSON within JSON.
    assert json.dumps(result, sort_keys=True) in told(setup).replace('\\"', '"')


def test_without_a_handler_an_elicitation_is_declined_with_a_warning(
    scripted_codex: ScriptedCodexFactory, caplog: pytest.LogCaptureFixture
) -> None:
    setup = with_mcp(scripted_codex, "ask")
    with Codex(setup.config, approval_handler=accept_all) as codex, caplog.at_level(logging.WARNING):
        thread_with_tools(codex).run("Go.")
    (record,) = caplog.records
    assert "elicitation_handler" in record.getMessage()
    assert "decline" in told(setup)


# --- input of the user ---

ASK = call(
    "request_user_input",
    questions=[
        {
            "id": "q1",
            "header": "Go on",
            "question": "Shall I?",
            "options": [
                {"label": "Yes", "description": "Do it."},
                {"label": "No", "description": "Do not."},
            ],
        }
    ],
)


def with_user_input(factory: ScriptedCodexFactory) -> ScriptedCodex:
    return factory(
        [[ASK], "done"],
        extra_config={
            "features": {"default_mode_request_user_input": True},
            "suppress_unstable_features_warning": True,
        },
    )


@pytest.mark.parametrize(
    ("answer", "answers"),
    [
        ({"q1": "Yes"}, {"q1": {"answers": ["Yes"]}}),
        ({"q1": ["No", "because"]}, {"q1": {"answers": ["No", "because"]}}),
        ({}, {}),
        (None, {}),
        ("Yes", {}),
        ({"q2": "Yes"}, {}),
        ({"q1": 5}, {}),
        ({"q1": b"Yes"}, {}),
        ([("q1", "Yes")], {}),
    ],
)
def test_the_model_gets_the_answer_of_the_user(
    answer: Any, answers: dict[str, Any], scripted_codex: ScriptedCodexFactory
) -> None:
    setup = with_user_input(scripted_codex)
    handler = Recorder(answer)
    with Codex(setup.config, user_input_handler=handler) as codex:
        turn = codex.thread_start().turn("Go.")
        shown = [event.request for event in turn.events() if isinstance(event, UserInputRequested)]
    (request,) = handler.requests
    assert isinstance(request, UserInputRequest)
    assert shown == [request]
    question = request.questions[0]
    assert (question.id, question.header, question.question) == ("q1", "Go on", "Shall I?")
    assert question == UserQuestion(
        id="q1",
        header="Go on",
        question="Shall I?",
        options=(QuestionOption("Yes", "Do it."), QuestionOption("No", "Do not.")),
        is_other=True,
        is_secret=False,
    )
    assert json.loads(told(setup)) == {"answers": answers}


@pytest.mark.anyio
async def test_user_input_may_be_deferred_and_given_by_whoever_reads_the_events(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = with_user_input(scripted_codex)

    async def later(request: UserInputRequest) -> Any:
        return DEFER

    async with AsyncCodex(setup.config, user_input_handler=later) as codex:
        turn = await (await codex.thread_start()).turn("Go.")
        async for event in turn.events():
            if isinstance(event, UserInputRequested):
                with pytest.raises(ValueError, match="no question with id 'q9'"):
                    event.request.respond({"q9": "x"})
                assert turn.pending_requests == {event.request.id: event.request}
                assert event.request.respond({"q1": "Yes"})
                with pytest.raises(LocalProtocolError, match="answered before"):
                    event.request.decline()
    assert json.loads(told(setup)) == {"answers": {"q1": {"answers": ["Yes"]}}}


@pytest.mark.anyio
async def test_interrupting_the_turn_cancels_the_handler_of_a_question(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = with_user_input(scripted_codex)
    is_asked, is_over = anyio.Event(), anyio.Event()
    requests: list[UserInputRequest] = []

    async def waits(request: UserInputRequest) -> Any:
        requests.append(request)
        is_asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            is_over.set()

    async with AsyncCodex(setup.config, user_input_handler=waits) as codex:
        turn = await (await codex.thread_start()).turn("Go.")
        with anyio.fail_after(30):
            await is_asked.wait()
            await turn.interrupt()
            await is_over.wait()
        assert (requests[0].is_open, requests[0].respond({"q1": "Yes"})) == (False, False)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (["client"], "client"),
        (["client", "thread"], "thread"),
        (["client", "thread", "turn"], "turn"),
        (["turn"], "turn"),
    ],
)
def test_the_nearest_handler_answers_a_question(
    at: list[str], expected: str, scripted_codex: ScriptedCodexFactory
) -> None:
    setup = with_user_input(scripted_codex)
    handlers = {level: Recorder({"q1": level}) for level in ("client", "thread", "turn")}
    given: dict[str, Any] = {level: {"user_input_handler": handlers[level]} for level in at}
    with Codex(setup.config, **given.get("client", {})) as codex:
        thread = codex.thread_start(**given.get("thread", {}))
        thread.run("Go.", **given.get("turn", {}))
    assert [level for level, handler in handlers.items() if handler.requests] == [expected]
    assert json.loads(told(setup)) == {"answers": {"q1": {"answers": [expected]}}}


# --- further requests ---


def fake(method: str, params: dict[str, Any] | None = None) -> FakeServer:
    return FakeServer(
        [
            *steps.handshake(),
            steps.ask(method, params or {"threadId": "thread-1"}, id="q"),
            steps.expect_answer("q"),
            *steps.thread_start(),
        ]
    )


def answer_to(server: FakeServer) -> dict[str, Any]:
    (answer,) = [message for message in server.received if message.get("id") == "q"]
    return {name: value for name, value in answer.items() if name in {"result", "error"}}


def refused(message: str) -> dict[str, Any]:
    return {"error": {"code": -32601, "message": message}}


def gives(request: ServerRequest) -> Any:
    return {"method": request.method, "params": request.raw}


async def gives_later(request: ServerRequest) -> Any:
    return gives(request)


def fails(request: ServerRequest) -> Any:
    raise RuntimeError("the handler is broken")


def refuses(request: ServerRequest) -> Any:
    request.refuse("not here")


GIVEN = {"result": {"method": "brand/new", "params": {"threadId": "thread-1"}}}
NO_ANSWER = refused("the handler of this client gave no answer")


@pytest.mark.parametrize(
    ("handler", "answer"),
    [
        (None, refused("this client does not handle 'brand/new'")),
        (gives, GIVEN),
        (gives_later, GIVEN),
        (fails, NO_ANSWER),
        (lambda _: None, NO_ANSWER),
        (lambda _: "yes", NO_ANSWER),
        (lambda _: {"value": object()}, NO_ANSWER),
        (refuses, refused("not here")),
    ],
)
def test_an_unknown_request_is_answered_by_the_request_handler_or_refused(
    handler: Any, answer: dict[str, Any]
) -> None:
    with fake("brand/new") as server:
        with Codex(server.config, request_handler=handler) as codex:
            codex.thread_start()
        assert answer_to(server) == answer


def test_the_time_is_told() -> None:
    before = int(time.time())
    with fake("currentTime/read") as server:
        with Codex(server.config) as codex:
            codex.thread_start()
        answer = answer_to(server)
    assert list(answer["result"]) == ["currentTimeAt"]
    assert before <= answer["result"]["currentTimeAt"] <= time.time()


def test_a_request_that_cannot_be_read_is_refused() -> None:
    with fake("item/tool/requestUserInput", {"questions": [{"no": "id"}]}) as server:
        with Codex(server.config) as codex:
            codex.thread_start()
        assert answer_to(server)["error"]["code"] == -32602


def test_an_open_request_is_asked_only_once_when_the_server_repeats_it() -> None:
    ask = steps.ask("brand/new", {"threadId": "thread-1"}, id="q")
    scenario = [*steps.handshake(), ask, ask, *steps.thread_start(), steps.expect_answer("q")]
    handler = Recorder(DEFER)
    with FakeServer(scenario) as server:
        with Codex(server.config, request_handler=handler) as codex:
            codex.thread_start()
            (question,) = codex.pending_requests.values()
            assert cast("ServerRequest", question).respond({})
        assert answer_to(server) == {"result": {}}
    assert handler.requests == [question]


# --- two who answer at the same moment ---


@pytest.mark.parametrize("_round", range(20))
def test_of_several_answers_at_once_one_counts(_round: int) -> None:
    sent: list[Any] = []
    refusals: list[LocalProtocolError] = []
    method = "item/commandExecution/requestApproval"
    request = ApprovalRequest("t:1", method, {}, lambda result, _refusal: sent.append(result))
    together = threading.Barrier(4)

    def answer(decision: ApprovalAnswer) -> None:
        together.wait()
        try:
            request.respond(cast("Any", decision))
        except LocalProtocolError as exc:
            refusals.append(exc)

    decisions: list[ApprovalAnswer] = ["accept", "decline", "cancel", "accept_for_session"]
    threads = [threading.Thread(target=answer, args=(decision,)) for decision in decisions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 3
    decision = str(request.decision)
    assert sent == [{"decision": "acceptForSession" if decision == "accept_for_session" else decision}]
