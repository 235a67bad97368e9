"""What Codex asks: answered by a person through events, by a handler, or by nobody."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AcceptWithRule,
    ApprovalRequest,
    AsyncCodex,
    Elicitation,
    GrantPermissions,
    UserInputRequest,
)
from codex_app_server.testing import FakeServer, Script, call, calls, steps
from llama_index.agent.codex import (
    CodexAgent,
    CodexApprovalRequest,
    CodexApprovalResponse,
    CodexElicitation,
    CodexNotice,
    CodexQuestion,
)
from llama_index.agent.codex._questions import Waiter, is_same, told, waiter_of
from llama_index.core.agent.workflow import AgentInput, AgentOutput, AgentWorkflow, ToolCallResult
from llama_index.core.agent.workflow.agent_context import SimpleAgentContext
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.workflow import Context, StopEvent
from pydantic import ValidationError
from workflows.context.serializers import PickleSerializer
from workflows.events import InputRequiredEvent

if TYPE_CHECKING:
    from codex_app_server import ApprovalAnswer

pytestmark = pytest.mark.anyio

ASKING: Any = {"approval_policy": "untrusted", "sandbox": "workspace-write"}


def touch(name: str) -> Any:
    return call("exec_command", cmd=f"touch {name}", call_id=f"call-{name}")


async def play(handler: Any, respond: Any) -> list[Any]:
    """Answer what is asked, and return all events."""
    events: list[Any] = []
    with anyio.fail_after(60):
        async for event in handler.stream_events():
            events.append(event)
            if isinstance(event, InputRequiredEvent):
                handler.ctx.send_event(respond(event))
    return events


def made(sc: Any) -> list[str]:
    return sorted(path.name for path in sc.workspace.iterdir())


@pytest.mark.parametrize(
    ("response", "files"),
    [
        (True, ["x"]),
        ("accept", ["x"]),
        (False, []),
        ("decline", []),
        (AcceptWithRule(("touch", "x")), ["x"]),
    ],
    ids=str,
)
async def test_a_command_waits_for_a_person(scripted_codex, make_agent, response, files):
    sc = scripted_codex([touch("x"), "Done."])
    agent = make_agent(sc, human_input=True, **ASKING)

    handler = agent.run("Go!")
    events = await play(handler, lambda event: event.answer(response))

    (asked,) = [event for event in events if isinstance(event, InputRequiredEvent)]
    assert isinstance(asked, CodexApprovalRequest)
    assert (asked.kind, asked.command, asked.cwd, asked.current_agent_name) == (
        "command",
        "/bin/bash -lc 'touch x'",
        str(sc.workspace),
        "Agent",
    )
    assert made(sc) == files
    assert str(await handler) == "Done."
    # The step is entered twice, and stands on the stream once.
    assert len([event for event in events if isinstance(event, AgentInput)]) == 1
    assert len([event for event in events if isinstance(event, AgentOutput)]) == 1
    (result,) = [event for event in events if isinstance(event, ToolCallResult)]
    assert result.tool_output.is_error is (not files)
    assert isinstance(events[-1], StopEvent)


async def test_several_questions_of_one_step_are_answered_each_by_its_id(scripted_codex, make_agent):
    sc = scripted_codex([calls(touch("x"), touch("y")), touch("z"), "Done."])
    agent = make_agent(sc, human_input=True, **ASKING)

    handler = agent.run("Go!")

    def respond(event: CodexApprovalRequest) -> CodexApprovalResponse:
        # An answer that is sent twice, or that fits nothing, changes nothing.
        assert event.command is not None
        handler.ctx.send_event(CodexApprovalResponse(request_id="nobody", response=True))
        handler.ctx.send_event(event.answer(not event.command.endswith("y'")))
        return event.answer(not event.command.endswith("y'"))

    events = await play(handler, respond)

    asked = [event for event in events if isinstance(event, CodexApprovalRequest)]
    assert sorted((event.command or "")[-2] for event in asked) == ["x", "y", "z"]
    assert len({event.request_id for event in asked}) == 3
    assert made(sc) == ["x", "z"]
    assert str(await handler) == "Done."
    assert len([event for event in events if isinstance(event, AgentOutput)]) == 1


async def test_two_runs_wait_at_once_and_each_gets_its_own_answer(scripted_codex, make_agent):
    sc = scripted_codex(
        lambda request: [touch(request.last_user_text)] if request.step == 0 else request.last_user_text
    )
    agent = make_agent(sc, human_input=True, **ASKING)

    handlers = [agent.run("x"), agent.run("y")]
    iterators = [handler.stream_events() for handler in handlers]
    asked: list[CodexApprovalRequest] = []
    with anyio.fail_after(60):
        for events in iterators:
            async for event in events:
                if isinstance(event, CodexApprovalRequest):
                    asked.append(event)
                    break
        for handler, event in zip(reversed(handlers), reversed(asked), strict=True):
            handler.ctx.send_event(event.answer("touch x" in (event.command or "")))
        results = [str(await handler) for handler in handlers]

    assert results == ["x", "y"]
    assert made(sc) == ["x"]


@pytest.mark.parametrize("place", ["same process", "other process"])
@pytest.mark.parametrize("allowed", [True, False])
async def test_a_context_restored_while_a_question_is_open_goes_on_with_the_answer(
    scripted_codex, make_agent, place, allowed
):
    def say(request: Any) -> Any:
        if request.step == 0 or ("The answer came since" in str(request.input[-1]) and allowed):
            return touch("x")
        return "All done."

    sc = scripted_codex(say)
    agent = make_agent(sc, human_input=True, **ASKING)
    handler = agent.run("Go!")
    answer = None
    with anyio.fail_after(60):
        async for event in handler.stream_events():
            if isinstance(event, CodexApprovalRequest):
                answer = event.answer(allowed)
                break
        assert answer is not None
        # As JSON, pydantic 2.14 loses the memory, and with it every agent class; pickle keeps it.
        written = handler.ctx.to_dict(serializer=PickleSerializer())
        await handler.cancel_run()
        if place == "other process":
            await agent.aclose()
            agent = make_agent(sc, human_input=True, **ASKING)
        handler = agent.run(ctx=Context.from_dict(agent, written, serializer=PickleSerializer()))
        handler.ctx.send_event(answer)
        events = [event async for event in handler.stream_events()]

    assert str(await handler) == "All done."
    # What was allowed is not asked again, and what was declined is not done.
    assert [event for event in events if isinstance(event, CodexApprovalRequest)] == []
    assert made(sc) == (["x"] if allowed else [])
    first, *_, last = sc.model.requests
    assert last.thread_id == first.thread_id
    assert last.user_texts == ["Go!"]


async def test_a_restored_question_is_asked_again_of_whoever_did_not_see_it(scripted_codex, make_agent):
    def say(request: Any) -> Any:
        return "Then not." if "The answer came since: decline" in str(request.input) else touch("x")

    sc = scripted_codex(say)
    agent = make_agent(sc, human_input=True, **ASKING)
    handler = agent.run("Go!")
    with anyio.fail_after(60):
        async for event in handler.stream_events():
            if isinstance(event, CodexApprovalRequest):
                break
        pending: Any = (await handler.ctx.store.get("codex:Agent"))["asked"]
        written = handler.ctx.to_dict(serializer=PickleSerializer())
        await handler.cancel_run()

        # Plain JSON says what is open, for a program that was not there.
        (asked,) = [CodexApprovalRequest(**entry["event"]) for entry in pending]
        handler = agent.run(ctx=Context.from_dict(agent, written, serializer=PickleSerializer()))
        handler.ctx.send_event(asked.answer(False))
        result = await handler

    assert str(result) == "Then not."
    assert made(sc) == []


async def test_a_new_message_in_a_context_that_was_left_open_starts_anew(scripted_codex, make_agent):
    sc = scripted_codex(Script().when("Go!", [touch("x"), "never said"]).otherwise("Fine."))
    agent = make_agent(sc, human_input=True, timeout=1.5, **ASKING)
    ctx: Context[Any] = Context(agent)
    handler = agent.run("Go!", ctx=ctx)
    with anyio.fail_after(60):
        with pytest.raises(Exception, match="timed out"):
            await handler
        record: Any = await handler.ctx.store.get("codex:Agent")
        fresh: Context[Any] = Context(agent)
        await fresh.store.set("codex:Agent", record)
        result = await agent.run("Never mind.", ctx=fresh)

    assert str(result) == "Fine."
    assert made(sc) == []


async def test_questions_inside_an_agent_workflow_name_their_agent(scripted_codex, make_agent):
    sc = scripted_codex([touch("x"), "Done."])
    agent = make_agent(sc, name="worker", description="works", human_input=True, **ASKING)
    workflow = AgentWorkflow(agents=[agent], root_agent="worker")

    handler = workflow.run(user_msg="Go!")
    events = await play(handler, lambda event: event.answer(True))

    assert [event.current_agent_name for event in events if isinstance(event, CodexApprovalRequest)] == [
        "worker"
    ]
    assert made(sc) == ["x"]
    assert str(await handler) == "Done."


async def test_nobody_who_decides_means_no_and_a_notice(scripted_codex, make_agent):
    sc = scripted_codex([touch("x"), "It was not allowed."])
    agent = make_agent(sc, **ASKING)

    with anyio.fail_after(60):
        handler = agent.run("Go!")
        events = [event async for event in handler.stream_events()]

    notices = [event.message for event in events if isinstance(event, CodexNotice)]
    assert notices == ["approval: decline: /bin/bash -lc 'touch x'"]
    assert str(await handler) == "It was not allowed."
    assert made(sc) == []


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("allowed", [True, False])
async def test_a_handler_decides_in_place_of_a_person(scripted_codex, make_agent, kind, allowed):
    seen: list[str | None] = []

    def decide(request: ApprovalRequest) -> ApprovalAnswer:
        seen.append(request.command)
        return allowed

    async def decide_later(request: ApprovalRequest) -> ApprovalAnswer:
        return decide(request)

    sc = scripted_codex([touch("x"), "Done."])
    handler = decide if kind == "sync" else decide_later
    agent = make_agent(sc, approval_handler=handler, human_input=True, **ASKING)

    with anyio.fail_after(60):
        run = agent.run("Go!")
        events = [event async for event in run.stream_events()]

    assert seen == ["/bin/bash -lc 'touch x'"]
    assert made(sc) == (["x"] if allowed else [])
    assert [event for event in events if isinstance(event, InputRequiredEvent)] == []
    assert str(await run) == "Done."


async def test_an_answer_that_does_not_fit_the_question_declines_it(scripted_codex, make_agent):
    sc = scripted_codex([touch("x"), "Done."])
    agent = make_agent(sc, human_input=True, **ASKING)

    handler = agent.run("Go!")
    events = await play(handler, lambda event: event.answer(GrantPermissions({"network": {}})))

    (notice,) = [event.message for event in events if isinstance(event, CodexNotice)]
    assert "is no decision for an approval of kind 'command'" in notice
    assert made(sc) == []


def test_what_is_no_answer_is_refused_where_it_is_written():
    asked = CodexApprovalRequest(request_id="1", kind="command", current_agent_name="A")
    with pytest.raises(ValidationError):
        asked.answer("yes please")
    with pytest.raises(TypeError, match="approval_handler must be a function, not 'str'"):
        CodexAgent(approval_handler="accept")  # type: ignore[arg-type]


async def test_a_step_outside_of_a_workflow_has_nobody_to_ask(scripted_codex, make_agent):
    sc = scripted_codex([touch("x"), "It was not allowed."])
    agent = make_agent(sc, human_input=True, **ASKING)
    message = ChatMessage(role="user", content="Go!")

    with anyio.fail_after(60):
        output = await agent.take_step(
            SimpleAgentContext(), [message], [], ChatMemoryBuffer.from_defaults(token_limit=1000)
        )

    assert output.response.content == "It was not allowed."
    assert made(sc) == []


# --- questions of the model, and of MCP servers ---

ASK = {
    "threadId": "thread-1",
    "turnId": "turn-1",
    "itemId": "item-1",
    "questions": [
        {"id": "color", "header": "Color", "question": "Which color?", "options": [{"label": "red"}]},
        {"id": "size", "header": "Size", "question": "Which size?", "options": None},
    ],
}
ELICIT = {
    "threadId": "thread-1",
    "turnId": "turn-1",
    "serverName": "demo",
    "mode": "form",
    "message": "Who are you?",
    "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}},
}


def asking(method: str, params: dict[str, Any]) -> list[Any]:
    return [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        steps.ask(method, params, id="question"),
        steps.expect_answer("question"),
        *steps.turn_message("Done."),
        *steps.turn_end(),
    ]


def answered(server: FakeServer) -> Any:
    (message,) = [entry for entry in server.received if entry.get("id") == "question"]
    return message["result"]


@pytest.mark.parametrize(
    ("method", "params", "event_type", "response", "sent"),
    [
        (
            "item/tool/requestUserInput",
            ASK,
            CodexQuestion,
            {"color": "red", "size": ["S", "M"]},
            {"answers": {"color": {"answers": ["red"]}, "size": {"answers": ["S", "M"]}}},
        ),
        ("item/tool/requestUserInput", ASK, CodexQuestion, None, {"answers": {}}),
        (
            "mcpServer/elicitation/request",
            ELICIT,
            CodexElicitation,
            {"name": "Rose"},
            {"action": "accept", "content": {"name": "Rose"}},
        ),
        (
            "mcpServer/elicitation/request",
            ELICIT,
            CodexElicitation,
            "decline",
            {"action": "decline", "content": None},
        ),
        (
            "mcpServer/elicitation/request",
            ELICIT,
            CodexElicitation,
            "cancel",
            {"action": "cancel", "content": None},
        ),
    ],
)
async def test_questions_of_the_model_and_of_mcp_servers_come_as_events(
    method, params, event_type, response, sent
):
    with FakeServer(asking(method, params)) as server:
        async with AsyncCodex(server.config) as client:
            agent = CodexAgent(codex=client, human_input=True)
            handler = agent.run("Go!")
            events = await play(handler, lambda event: event.answer(response))
            assert str(await handler) == "Done."
        assert answered(server) == sent

    (asked,) = [event for event in events if isinstance(event, InputRequiredEvent)]
    assert type(asked) is event_type


@pytest.mark.parametrize(
    ("method", "params", "declined", "notice"),
    [
        (
            "item/tool/requestUserInput",
            ASK,
            {"answers": {}},
            "question: nobody answers: Which color? Which size?",
        ),
        (
            "mcpServer/elicitation/request",
            ELICIT,
            {"action": "decline", "content": None},
            "question: nobody answers: Who are you?",
        ),
    ],
)
async def test_without_a_person_questions_are_declined_and_a_notice_tells(method, params, declined, notice):
    with FakeServer(asking(method, params)) as server:
        async with AsyncCodex(server.config) as client:
            handler = CodexAgent(codex=client).run("Go!")
            with anyio.fail_after(60):
                events = [event async for event in handler.stream_events()]
        assert answered(server) == declined

    assert [event.message for event in events if isinstance(event, CodexNotice)] == [notice]


@pytest.mark.parametrize(
    ("method", "params", "option", "answer", "sent"),
    [
        (
            "item/tool/requestUserInput",
            ASK,
            "user_input_handler",
            {"color": "red"},
            {"answers": {"color": {"answers": ["red"]}}},
        ),
        (
            "mcpServer/elicitation/request",
            ELICIT,
            "elicitation_handler",
            {"name": "Rose"},
            {"action": "accept", "content": {"name": "Rose"}},
        ),
    ],
)
async def test_handlers_answer_questions(method, params, option, answer, sent):
    with FakeServer(asking(method, params)) as server:
        async with AsyncCodex(server.config) as client:
            options: Any = {option: lambda _: answer}
            agent = CodexAgent(codex=client, human_input=True, **options)
            with anyio.fail_after(60):
                assert str(await agent.run("Go!")) == "Done."
        assert answered(server) == sent


def waiters() -> list[Waiter]:
    def ignore(*_: object) -> None:
        return None

    approve = {"threadId": "t", "turnId": "u", "itemId": "i", "command": "touch x", "cwd": "/"}
    return [
        waiter_of(ApprovalRequest("q:1", "item/commandExecution/requestApproval", approve, ignore), "A"),
        waiter_of(UserInputRequest("q:2", ASK, ignore), "A"),
        waiter_of(Elicitation("q:3", ELICIT, ignore), "A"),
    ]


def test_a_question_survives_as_plain_json_and_is_known_again():
    for waiter in waiters():
        again = Waiter.from_json(json.loads(json.dumps(waiter.to_json())))
        assert again.event == waiter.event
        other = waiter.event.model_copy(update={"request_id": "another"})
        assert is_same(again.event, other)
        assert again.response_type is waiter.response_type


def test_a_model_is_told_what_was_answered_after_its_turn_was_gone():
    approval, question, elicitation = [waiter.event for waiter in waiters()]

    assert told(approval, approval.answer(True)) == (
        "You were interrupted while you asked the user to allow this (command): touch x. It has not been done yet. "
        "The answer came since: accept. Go on accordingly."
    )
    assert told(question, question.answer({"color": "red"})).splitlines()[1:] == [
        "Which color? red",
        "Which size? (not answered)",
    ]
    assert "demo asked the user: Who are you?" in told(elicitation, elicitation.answer("decline"))
