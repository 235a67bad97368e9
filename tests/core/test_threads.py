"""Threads on the true app-server: lists, records, turns of the server's own, goals, options, typed answers, bad input."""

from __future__ import annotations

import base64
import http.server
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    AsyncThread,
    Codex,
    ImageFetchError,
    ImageInput,
    InvalidParamsError,
    InvalidRequestError,
    JsonRpcError,
    LocalImageInput,
    OutputError,
    RemoteProtocolError,
    TextDelta,
    ThreadBusyError,
    ThreadNotFoundError,
    TurnFailedError,
    TurnFinished,
    TurnNotActiveError,
    TurnStarted,
)
from codex_app_server.options import TurnOptions
from codex_app_server.protocol import (
    AskForApproval,
    EnteredReviewModeThreadItem,
    Personality,
    ReasoningEffort,
    ReasoningSummary,
    SandboxPolicy,
    SortDirection,
    ThreadReadParams,
    ThreadSourceKind,
)
from codex_app_server.testing import Gate, Script, fail, hold, response_failed, steps, text
from pydantic import BaseModel
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codex_app_server import InputItem, Message
    from codex_app_server.testing import FakeServerFactory, ModelRequest, ScriptedCodexFactory

UNKNOWN = "01a203ff-0000-7000-8000-000000000000"


def echo(request: ModelRequest) -> str:
    return f"answer to {request.last_user_text}"


# --- lists ---


def test_threads_can_be_listed_in_every_way(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    setup = scripted_codex(echo)
    with Codex(setup.config) as codex:
        here = [codex.thread_start() for _ in range(2)]
        there = codex.thread_start(cwd=tmp_path)
        for index, thread in enumerate([*here, there]):
            thread.run(f"question {index}")
        oldest, newest, other = here[0].id, here[1].id, there.id

        def ids(**options: Any) -> list[str]:
            return [thread.id for thread in codex.thread_list(**options).data]

        assert ids() == [other, newest, oldest]
        assert ids(sort_direction="asc") == [oldest, newest, other]
        assert ids(sort_direction=SortDirection.asc, sort_key="updated_at") == [oldest, newest, other]
        assert ids(limit=1) == [other]
        assert ids(cwd=str(tmp_path)) == [other]
        assert ids(cwd=[str(tmp_path), str(setup.workspace)]) == [other, newest, oldest]
        assert ids(search_term="question 1") == [newest]
        assert ids(excluded_thread_ids=[other, oldest]) == [newest]
        assert ids(model_providers=["scripted"]) == [other, newest, oldest]
        assert ids(model_providers=["openai"]) == []
        with pytest.raises(InvalidParamsError, match="not supported by the local app-server"):
            ids(originators=["codex_app_server_sdk"])
        assert ids(source_kinds=[ThreadSourceKind.cli]) == []
        assert ids(source_kinds=["vscode"], use_state_db_only=True) == [other, newest, oldest]
        assert ids(archived=True) == []
        first = codex.thread_list(limit=2, sort_key="recency_at")
        assert ids(limit=2, sort_key="recency_at", cursor=first.next_cursor) == [oldest]
        with pytest.raises(TypeError, match="unknown option 'limits'; did you mean 'limit'"):
            codex.thread_list(limits=2)  # pyright: ignore[reportCallIssue]
        with pytest.raises(InvalidRequestError, match="invalid cursor"):
            codex.thread_list(cursor="zzz")


def test_iterators_go_through_all_pages(scripted_codex: ScriptedCodexFactory) -> None:
    sent: list[Message] = []
    with Codex(scripted_codex(echo).config, message_hook=sent.append) as codex:
        thread = codex.thread_start()
        ran = [thread.run(str(index)).turn_id for index in range(5)]
        assert [turn.id for turn in thread.turns(limit=2)] == ran[::-1]
        assert [turn.id for turn in thread.turns(limit=2, sort_direction="asc")] == ran
        items = [entry.turn_id for entry in thread.items(limit=3)]
        assert items == [turn_id for turn_id in ran for _ in ("user", "agent")]
        assert [entry.turn_id for entry in thread.items(turn_id=ran[2])] == [ran[2]] * 2
        assert [len(turn.items) for turn in thread.turns(items_view="notLoaded")] == [0] * 5
        page = codex.request_raw("thread/turns/list", {"threadId": thread.id, "limit": 2})
        rest = thread.turns(limit=2, cursor=page["nextCursor"])
        assert [turn.id for turn in rest] == ran[2::-1]
        assert list(rest) == []
        others = [codex.thread_start().run("x").thread_id for _ in range(4)]
        assert [entry.id for entry in codex.threads(limit=2)] == [*others[::-1], thread.id]
        lists = [
            message.body["params"] for message in sent if message.is_sent and message.method == "thread/list"
        ]
    assert [("cursor" in params, params["limit"]) for params in lists] == [(False, 2), (True, 2), (True, 2)]


@pytest.mark.anyio
async def test_iterators_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex(echo).config) as codex:
        thread = await codex.thread_start()
        ran = [(await thread.run(str(index))).turn_id for index in range(5)]
        assert [turn.id async for turn in thread.turns(limit=2)] == ran[::-1]
        assert [entry.turn_id async for entry in thread.items(limit=4)] == [
            turn_id for turn_id in ran for _ in ("user", "agent")
        ]
        assert [entry.id async for entry in codex.threads(limit=1)] == [thread.id]
        assert [entry.id for entry in (await codex.thread_list()).data] == [thread.id]


def asked(received: list[Any]) -> list[str | None]:
    """Return the cursors of the pages that were asked for."""
    return [
        message["params"].get("cursor") for message in received if message["method"] == "thread/turns/list"
    ]


def test_a_page_is_asked_for_when_it_is_reached(fake_codex: FakeServerFactory) -> None:
    turn = {"id": "t1", "items": [], "status": "completed"}
    server = fake_codex(
        [
            *steps.handshake(),
            *steps.thread_start(),
            steps.expect("thread/turns/list"),
            steps.reply({"data": [turn, turn], "nextCursor": "more"}),
            steps.expect("thread/turns/list", save_as="second"),
            steps.reply({"data": [], "nextCursor": "{second.params.cursor} and more"}),
            steps.expect("thread/turns/list"),
            steps.reply({"data": [turn], "nextCursor": None}),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        turns = thread.turns()
        assert asked(server.received) == []
        next(turns)
        next(turns)
        assert asked(server.received) == [None]
        assert len(list(turns)) == 1
    assert asked(server.received) == [None, "more", "more and more"]


def test_an_answer_that_does_not_fit_its_type_is_told(fake_codex: FakeServerFactory) -> None:
    answer = [steps.expect("thread/list"), steps.reply({"data": 5})]
    server = fake_codex([*steps.handshake(), *answer, *answer, *answer, steps.hang()])
    with Codex(server.config) as codex:
        with pytest.raises(
            RemoteProtocolError, match="'thread/list' does not fit its type; request_raw gives"
        ):
            codex.thread_list()
        with pytest.raises(RemoteProtocolError):
            list(codex.threads())
        assert codex.request_raw("thread/list") == {"data": 5}


def test_params_may_be_models_or_mappings(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(echo).config) as codex:
        thread_id = codex.thread_start().run("x").thread_id
        for params in (ThreadReadParams(thread_id=thread_id), {"threadId": thread_id}):
            answer = codex.request("thread/read", params)
            assert answer.thread.id == thread_id
            assert codex.request_raw("thread/read", params)["thread"]["id"] == thread_id


# --- what is kept of a thread ---


def test_a_thread_is_read_renamed_archived_and_deleted(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(echo).config) as codex:
        thread = codex.thread_start()
        assert thread.model == "mock-model"
        assert thread.active_turn is None
        with pytest.raises(ThreadNotFoundError):
            thread.read(include_turns=True)
        ran = thread.run("one")
        assert thread.read().thread.turns == []
        (turn,) = thread.read(include_turns=True).thread.turns
        assert (turn.id, turn.status, len(turn.items)) == (ran.turn_id, "completed", 2)
        thread.set_name("A name")
        assert thread.read().thread.name == "A name"
        assert [entry.name for entry in codex.threads()] == ["A name"]

        thread.archive()
        assert list(codex.threads()) == []
        assert [entry.id for entry in codex.threads(archived=True)] == [thread.id]
        assert thread.read().thread.id == thread.id
        with pytest.raises(InvalidRequestError, match="is archived"):
            thread.run("two")
        opened = codex.thread_unarchive(thread.id)
        assert opened.run("two").text == "answer to two"
        assert thread.run("three").text == "answer to three"

        codex.thread_archive(thread.id)
        codex.thread_delete(thread.id)
        with pytest.raises(ThreadNotFoundError):
            thread.read()
        with pytest.raises(ThreadNotFoundError):
            thread.run("four")
        with pytest.raises(ThreadNotFoundError):
            codex.thread_unarchive(thread.id)
        assert codex.thread_start().run("five").text == "answer to five"


@pytest.mark.anyio
async def test_what_is_kept_of_a_thread_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex(echo).config) as codex:
        thread = await codex.thread_start()
        await thread.run("one")
        await thread.set_name("A name")
        read = (await thread.read(include_turns=True)).thread
        assert (read.name, [turn.status for turn in read.turns]) == ("A name", ["completed"])
        await codex.thread_archive(thread.id)
        opened = await codex.thread_unarchive(thread.id)
        assert (await opened.run("two")).text == "answer to two"
        fork = await thread.fork()
        with pytest.raises(InvalidRequestError, match="forked history"):
            await thread.delete()
        assert (await thread.run("three")).text == "answer to three"
        await fork.delete()
        await codex.thread_delete(thread.id)
        assert [entry async for entry in codex.threads()] == []


def test_an_ephemeral_thread_has_no_record(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(echo).config) as codex:
        thread = codex.thread_start(ephemeral=True)
        thread.run("one")
        assert thread.read().thread.ephemeral
        with pytest.raises(InvalidRequestError, match="ephemeral threads do not support includeTurns"):
            thread.read(include_turns=True)
        with pytest.raises(InvalidRequestError, match="ephemeral"):
            list(thread.turns())
        with pytest.raises(InvalidRequestError, match="ephemeral"):
            thread.set_name("x")
        with pytest.raises(ThreadNotFoundError):
            thread.fork()
        assert thread.run("two").text == "answer to two"


def test_turns_can_be_taken_back(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex(echo)
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        first, second = thread.run("one"), thread.run("two")
        fork = thread.fork(before_turn_id=second.turn_id)
        thread.revert(second.turn_id)
        assert [turn.id for turn in thread.turns()] == [first.turn_id]
        thread.run("three")
        fork.run("four")
    asked = [request.user_texts[-2:] for request in setup.model.requests[-2:]]
    assert asked == [["one", "three"], ["one", "four"]]


def test_a_thread_that_was_unsubscribed_goes_on_with_its_next_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    with Codex(scripted_codex(echo).config) as codex:
        thread = codex.thread_start()
        thread.run("one")
        assert thread.unsubscribe().status == "unsubscribed"
        assert isinstance(list(thread.turn("two").events())[-1], TurnFinished)
        assert thread.unsubscribe().status == "unsubscribed"
        assert thread.unsubscribe().status == "notSubscribed"
        assert thread.run("three").text == "answer to three"


def test_a_turn_that_runs_on_unsubscribed_still_gives_its_result(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["half ", hold(gate), "whole"])).config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("one")
        gate.wait_reached()
        thread.unsubscribe()
        gate.open()
        assert turn.run(timeout_s=20).text == "half whole"


@pytest.mark.parametrize("how", ["archive", "delete", "revert"])
def test_a_turn_ends_with_the_thread_that_is_taken_from_under_it(
    scripted_codex: ScriptedCodexFactory, how: str
) -> None:
    gate = Gate()
    script = Script().when("go", text(deltas=["half ", hold(gate)])).otherwise(echo)
    with Codex(scripted_codex(script).config) as codex:
        thread = codex.thread_start()
        thread.run("one")
        turn = thread.turn("go")
        assert any(isinstance(event, TextDelta) for event in turn.events(detach=True))
        if how == "archive":
            thread.archive()
        elif how == "delete":
            thread.delete()
        else:
            thread.revert(turn.id)
        assert (turn.run().status, turn.run().text) == ("interrupted", "half ")
        assert thread.active_turn is None
        if how == "revert":
            assert thread.run("two").text == "answer to two"
        else:
            with pytest.raises(JsonRpcError):
                thread.run("two")
        assert codex.thread_start().run("three").text == "answer to three"


def test_a_goal_is_set_changed_and_cleared(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(echo, extra_config={"features": {"goals": True}}).config) as codex:
        thread = codex.thread_start()
        assert thread.goal() is None
        goal = thread.set_goal("Win.", status="paused", token_budget=1000)
        assert (goal.objective, goal.status, goal.token_budget) == ("Win.", "paused", 1000)
        assert thread.set_goal(token_budget=2000).token_budget == 2000
        assert thread.goal() == thread.set_goal("Win.")
        thread.clear_goal()
        assert thread.goal() is None


@pytest.mark.anyio
async def test_goals_models_and_metadata_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex(echo, extra_config={"features": {"goals": True}}).config) as codex:
        thread = await codex.thread_start()
        assert (await thread.set_goal("Win.", status="paused")).objective == "Win."
        assert (await thread.goal()) is not None
        await thread.clear_goal()
        assert (await thread.goal()) is None
        assert (await thread.unsubscribe()).status == "unsubscribed"
        assert (await thread.run("x")).text == "answer to x"
        shown, known = (await codex.models()).data, (await codex.models(include_hidden=True)).data
        assert {model.id for model in shown} < {model.id for model in known}
        assert codex.metadata.user_agent.startswith("codex_app_server_sdk/")


def test_the_models_of_all_pages_are_one_list(
    fake_codex: FakeServerFactory, scripted_codex: ScriptedCodexFactory
) -> None:
    with Codex(scripted_codex("x").config) as codex:
        raw = codex.request_raw("model/list", {"includeHidden": True})["data"]
        assert [model.id for model in codex.models(include_hidden=True).data] == [
            model["id"] for model in raw
        ]
    expected = steps.expect("model/list", save_as="asked")
    pages: list[steps.Step] = []
    for index, cursor in enumerate(["a", "b", None]):
        pages += [expected, steps.reply({"data": [raw[index]], "nextCursor": cursor})]
    server = fake_codex([*steps.handshake(), *pages, steps.hang()])
    with Codex(server.config) as codex:
        answer = codex.models(include_hidden=True)

    async def ask() -> None:
        async with AsyncCodex(server.config) as codex:
            assert await codex.models(include_hidden=True) == answer

    asked = list(server.received[2:])
    anyio.run(ask)
    assert ([model.id for model in answer.data], answer.next_cursor) == (
        [model["id"] for model in raw[:3]],
        None,
    )
    assert [message["params"] for message in asked] == [
        {"includeHidden": True},
        {"includeHidden": True, "cursor": "a"},
        {"includeHidden": True, "cursor": "b"},
    ]


# --- turns of the server's own ---


def test_compaction_is_a_turn_and_the_next_one_waits_for_it(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = Script().when("wait", echo).when("short", echo).otherwise([["sum", hold(gate), "mary"]])
    with Codex(scripted_codex(script).config) as codex:
        thread = codex.thread_start()
        thread.run("short")
        compaction = thread.compact()
        gate.wait_reached()
        assert thread.active_turn is not None
        assert thread.active_turn.id == compaction.id
        got: list[str] = []
        waiting = threading.Thread(target=lambda: got.append(thread.run("wait").text))
        waiting.start()
        gate.open()
        result = compaction.run()
        waiting.join()
        assert (result.status, result.turn_id) == ("completed", compaction.id)
        assert [item["type"] for item in result.raw_items] == ["contextCompaction"]
        assert got == ["answer to wait"]
        # Directly after one another, as the server itself does not allow.
        assert [thread.compact().run().status, thread.run("wait").text] == ["completed", "answer to wait"]
        events = list(thread.compact().events())
        assert any(isinstance(event, TurnStarted) for event in events)
        assert isinstance(events[-1], TurnFinished)


@pytest.mark.anyio
async def test_compaction_and_review_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    async with AsyncCodex(scripted_codex(echo).config) as codex:
        thread = await codex.thread_start()
        await thread.run("one")
        compaction = await thread.compact()
        later = await thread.turn("two")
        assert (await compaction.run()).status == "completed"
        assert (await later.run()).text == "answer to two"
        review = await thread.review("Look at it.")
        events = [event async for event in review.events()]
        assert {event.turn_id for event in events} == {review.id}
        assert (await review.run()).text == "answer to Look at it."


@pytest.mark.anyio
async def test_a_turn_is_steered_interrupted_and_taken_back_in_a_task(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    script = Script().when("go", text(deltas=["half ", hold(gate)])).otherwise(echo)
    setup = scripted_codex(script)
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        assert (thread.model, repr(thread)) == ("mock-model", f"AsyncThread(id={thread.id!r})")
        said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "heron"}]}
        await thread.inject_items([said])
        turn = await thread.turn("go")
        await gate.reached_async()
        assert (turn.so_far.status, turn.pending_requests, codex.pending_requests) == ("inProgress", {}, {})
        assert thread.active_turn is not None
        await turn.interrupt()
        assert thread.active_turn is None
        assert (await turn.run()).status == "interrupted"
        with pytest.raises(TurnNotActiveError):
            await turn.steer("more")
        await thread.revert(turn.id)
        steered = await thread.turn("go")
        await gate.reached_async(count=2)
        await steered.steer("further")
        assert (await steered.run()).text == "answer to further"
        review = await thread.review({"type": "custom", "instructions": "Look."})
        async with review.stream() as stream:
            methods = [notification.method async for notification in stream]
        assert methods[-1] == "turn/completed"
        await thread.archive()
    assert setup.model.requests[0].user_texts == ["heron", "go"]
    assert setup.model.requests[-2].user_texts == ["heron", "go", "further"]


def test_a_compaction_that_runs_can_be_interrupted(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = Script().when("short", echo).otherwise([["sum", hold(gate), "mary"]])
    with Codex(scripted_codex(script).config) as codex:
        thread = codex.thread_start()
        thread.run("short")
        compaction = thread.compact()
        compaction.interrupt()
        assert compaction.run().status == "interrupted"
        assert thread.run("short").text == "answer to short"


def test_a_compaction_of_an_unknown_or_failing_thread_says_so(scripted_codex: ScriptedCodexFactory) -> None:
    script = Script().when("short", echo).otherwise(fail(400, message="too short"))
    with Codex(scripted_codex(script).config) as codex:
        thread = codex.thread_start()
        thread.run("short")
        result = thread.compact().run()
        assert (result.status, "too short" in str(result.error)) == ("failed", True)
        assert thread.run("short").text == "answer to short"
        thread.delete()
        with pytest.raises(ThreadNotFoundError):
            thread.compact()


@pytest.mark.parametrize(
    "target",
    [
        "uncommittedChanges",
        "Look for bugs.",
        {"type": "custom", "instructions": "Look for bugs."},
        {"type": "commit", "sha": "abc", "title": None},
    ],
)
def test_a_review_is_a_turn_with_one_id(scripted_codex: ScriptedCodexFactory, target: Any) -> None:
    with Codex(scripted_codex("All is well.").config) as codex:
        thread = codex.thread_start()
        review = thread.review(target)
        events = list(review.events())
        last = events[-1]
        assert isinstance(last, TurnFinished)
        assert {event.turn_id for event in events} == {review.id}
        assert (last.result.status, last.result.text) == ("completed", "All is well.")
        assert any(isinstance(item, EnteredReviewModeThreadItem) for item in last.result.items)
        assert thread.run("next").text == "All is well."


def test_a_review_of_a_branch_that_is_not_there_fails(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex("fine").config) as codex:
        thread = codex.thread_start()
        # The server tells of the error, and never ends the turn.
        result = thread.review({"type": "baseBranch", "branch": "main"}).run(timeout_s=20)
        assert (result.status, result.error is not None) == ("failed", True)
        assert thread.run("next").text == "fine"


def test_a_review_can_be_interrupted_and_takes_no_input(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    script = Script().when("next", echo).otherwise([["Al", hold(gate), "l"]])
    with Codex(scripted_codex(script).config) as codex:
        thread = codex.thread_start()
        review = thread.review("uncommittedChanges")
        gate.wait_reached()
        with pytest.raises(ThreadBusyError, match="cannot steer a review turn"):
            review.steer("hurry")
        review.interrupt()
        assert review.run().status == "interrupted"
        assert thread.run("next").text == "answer to next"
        with pytest.raises(InvalidRequestError, match="instructions must not be empty"):
            thread.review("")


def test_both_faces_see_the_turn_that_runs(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["one ", hold(gate), "two"])).config) as codex:
        thread = codex.thread_start()
        turn = thread.turn("go")
        gate.wait_reached()

        async def follow() -> str:
            resumed = await codex.as_async().thread_resume(thread.id)
            assert isinstance(resumed, AsyncThread)
            assert resumed.active_turn is not None
            assert resumed.active_turn.id == turn.id
            gate.open()
            return (await resumed.active_turn.run()).text

        assert anyio.run(follow) == "one two"
        assert turn.so_far.text == "one two"
        assert thread.active_turn is None


# --- options on the wire ---

# A plausible value of each option of a turn, and what it is on the wire.
TURN_OPTIONS: dict[str, tuple[object, object]] = {
    "additional_context": (
        {"a": {"value": "b", "kind": "trusted"}},
        {"a": {"value": "b", "kind": "trusted"}},
    ),
    "approval_policy": (AskForApproval.never, "never"),
    "approvals_reviewer": ("user", "user"),
    "client_user_message_id": ("mine", "mine"),
    "collaboration_mode": (
        {"mode": "plan", "settings": {"model": "m"}},
        {"mode": "plan", "settings": {"model": "m"}},
    ),
    "cwd": (".", None),
    "disabled_plugin_ids": (("p",), ["p"]),
    "effort": (ReasoningEffort.medium, "medium"),
    "environments": ([], []),
    "model": ("gpt-5", "gpt-5"),
    "multi_agent_mode": ("proactive", "proactive"),
    "output_schema": ({"type": "object", "properties": {}}, None),
    "permissions": ("mine", "mine"),
    "personality": (Personality.pragmatic, "pragmatic"),
    "responsesapi_client_metadata": ({"k": "v"}, {"k": "v"}),
    "runtime_workspace_roots": (["/x"], ["/x"]),
    "sandbox_policy": (SandboxPolicy.model_validate({"type": "readOnly"}), {"type": "readOnly"}),
    "service_tier": ("flex", "flex"),
    "service_tier_for_turn": ("fast", "fast"),
    "summary": (ReasoningSummary.model_validate("concise"), "concise"),
    "tool_output": ({"name": "t", "output": "o"}, {"name": "t", "output": "o"}),
}
OTHER_FORMS: list[tuple[str, object, object]] = [
    ("approval_policy", "on-request", "on-request"),
    ("approval_policy", AskForApproval.model_validate("never"), "never"),
    ("approval_policy", {"granular": {"rules": True}}, {"granular": {"rules": True}}),
    ("effort", "xhigh", "xhigh"),
    ("effort", ReasoningEffort.model_validate("low"), "low"),
    ("personality", "friendly", "friendly"),
    ("sandbox_policy", {"type": "dangerFullAccess"}, {"type": "dangerFullAccess"}),
    ("summary", "none", "none"),
]


def test_every_turn_option_reaches_the_wire(fake_codex: FakeServerFactory) -> None:
    assert set(TURN_OPTIONS) | {"approval_handler", "elicitation_handler", "user_input_handler"} == set(
        TurnOptions.__annotations__
    )
    tried = [(name, value, wire) for name, (value, wire) in TURN_OPTIONS.items()] + OTHER_FORMS
    turns = steps.repeat(len(tried), steps.turn(turn_id="turn-{i}"))
    server = fake_codex([*steps.handshake(), *steps.thread_start(), turns, steps.hang()])
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        for name, value, _ in tried:
            options: Any = {name: value}
            thread.run("x", **options)
    sent = [message["params"] for message in server.received if message.get("method") == "turn/start"]
    for params, (name, _, wire) in zip(sent, tried, strict=True):
        first, *rest = name.split("_")
        key = first + "".join(word.title() for word in rest)
        assert set(params) == {"threadId", "input", key}
        assert wire is None or params[key] == wire


def test_the_server_takes_the_options_in_all_their_forms(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("fine")
    with Codex(setup.config) as codex:
        thread = codex.thread_start(approval_policy=AskForApproval.never, personality=Personality.pragmatic)
        result = thread.run(
            "x",
            approval_policy=AskForApproval.model_validate("never"),
            sandbox_policy=SandboxPolicy.model_validate({"type": "readOnly"}),
            summary=ReasoningSummary.model_validate("concise"),
            personality=Personality.friendly,
            effort=ReasoningEffort.medium,
            model="gpt-5",
            client_user_message_id="mine",
        )
        assert result.raw_items[0]["clientId"] == "mine"
        with pytest.raises(InvalidParamsError, match="expected one of"):
            thread.turn("x", approval_policy={"sometimes": True})
        with pytest.raises(InvalidParamsError, match="unknown variant"):
            codex.thread_start(sandbox="readOnly")  # pyright: ignore[reportArgumentType]
    (request,) = setup.model.requests
    assert (request.model, request.body["reasoning"]["effort"]) == ("gpt-5", "medium")


# --- typed answers ---


class Person(BaseModel):
    name: str
    age: int


@dataclass
class Point:
    x: int
    y: int


class Movie(TypedDict):
    title: str


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (Person, '{"name":"Ann","age":3}', Person(name="Ann", age=3)),
        (Point, '{"x":1,"y":2}', Point(1, 2)),
        (Movie, '{"title":"M"}', {"title": "M"}),
        (list[int], '{"value":[1,2]}', [1, 2]),
    ],
)
def test_an_answer_is_of_the_type_that_was_asked_for(
    scripted_codex: ScriptedCodexFactory, kind: Any, answer: str, value: object
) -> None:
    setup = scripted_codex(answer)
    with Codex(setup.config) as codex:
        thread = codex.thread_start()
        assert thread.run("x", output_type=kind).output == value
        # A schema is that of one turn.
        assert thread.run("y").output is None
    first, second = setup.model.requests
    form = first.body["text"]["format"]
    assert (form["strict"], form["schema"]["additionalProperties"]) == (True, False)
    assert sorted(form["schema"]["required"]) == sorted(form["schema"]["properties"])
    assert second.json_schema is None


@pytest.mark.anyio
async def test_typed_answers_can_be_awaited(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex('{"name":"Ann","age":3}')
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
    async with AsyncCodex(setup.config) as codex:
        thread = await codex.thread_start()
        typed = await (await thread.turn("x", output_type=Person)).run()
        assert typed.output.name == "Ann"
        parsed = await thread.run("x", output_schema=schema)
        assert parsed.output == {"name": "Ann", "age": 3}
        with pytest.raises(TypeError, match="either output_type or output_schema"):
            await thread.run("x", output_type=Person, output_schema=schema)
    sent = setup.model.requests[1].json_schema
    assert isinstance(sent, dict)
    assert (sent["additionalProperties"], sent["required"]) == (False, ["name", "age"])
    assert "additionalProperties" not in schema


def test_an_answer_that_does_not_fit_is_told_with_its_text(scripted_codex: ScriptedCodexFactory) -> None:
    script = Script().when("fail", response_failed("invalid_prompt", "no")).otherwise('{"name":"Ann"}')
    with Codex(scripted_codex(script).config) as codex:
        thread = codex.thread_start()
        result = thread.run("x", output_type=Person)
        with pytest.raises(OutputError, match="age") as caught:
            _ = result.output
        error = caught.value
        assert (error.text, error.thread_id, error.turn_id) == ('{"name":"Ann"}', thread.id, result.turn_id)
        assert error.result is result
        failed = thread.run("fail", output_type=Person)
        assert failed.status == "failed"
        with pytest.raises(TurnFailedError, match="no"):
            _ = failed.output


# --- images ---

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@contextmanager
def image_server() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PNG)))
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/a.png"
        server.shutdown()
        serving.join()


def test_a_remote_image_is_fetched_where_that_is_allowed(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    setup = scripted_codex(
        lambda request: ["o", hold(gate), "k"] if request.last_user_text == "wait" else "ok"
    )
    data_url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    with image_server() as url:
        image: list[InputItem | str] = ["What is it?", ImageInput(url)]
        with Codex(replace(setup.config, image_fetch="any")) as codex:
            thread = codex.thread_start()
            assert thread.run(image).text == "ok"
            turn = thread.turn("wait")
            gate.wait_reached()
            turn.steer(ImageInput(url))
            gate.open()
            turn.run()
            with pytest.raises(ImageFetchError):
                thread.turn(ImageInput(f"{url[:-10]}1/no.png"))
        with Codex(setup.config) as codex:
            thread = codex.thread_start()
            with pytest.raises(ImageFetchError, match="not public"):
                thread.run(image)
            assert thread.run("x").text == "ok"
        with Codex(replace(setup.config, image_fetch="never")) as codex:
            thread = codex.thread_start()
            with pytest.raises(InvalidRequestError, match="remote image URLs are not supported"):
                thread.run(image)
            assert thread.run("x").text == "ok"
    assert data_url in str(setup.model.requests[0].input)
    assert str(setup.model.requests[2].input).count(data_url) == 2


@pytest.mark.anyio
async def test_a_remote_image_is_fetched_beside_the_event_loop(scripted_codex: ScriptedCodexFactory) -> None:
    setup = scripted_codex("ok")
    with image_server() as url:
        async with AsyncCodex(replace(setup.config, image_fetch="any")) as codex:
            assert (await (await codex.thread_start()).run(ImageInput(url))).text == "ok"
    assert "data:image/png;base64," in str(setup.model.requests[0].input)


# --- bad input ---


def test_the_client_works_on_after_whatever_it_was_given(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    setup = scripted_codex(lambda request: request.last_user_text)
    with Codex(setup.config) as codex:
        thread = codex.thread_start()

        def works() -> bool:
            return thread.run("still here").text == "still here"

        missing = str(tmp_path / "missing")
        with pytest.raises(ThreadNotFoundError):
            codex.thread_resume(UNKNOWN)
        with pytest.raises(ThreadNotFoundError):
            codex.thread_fork(UNKNOWN)
        with pytest.raises(ThreadNotFoundError):
            codex.thread_resume(codex.thread_start().id)
        for call in (codex.thread_archive, codex.thread_delete, codex.thread_unarchive):
            with pytest.raises(ThreadNotFoundError):
                call(UNKNOWN)
        with pytest.raises(JsonRpcError, match="invalid session id"):
            codex.thread_resume("no uuid")
        assert works()
        with pytest.raises(FileNotFoundError, match="no image file"):
            thread.turn(LocalImageInput(missing))
        with pytest.raises(FileNotFoundError, match="is no directory"):
            thread.turn("x", cwd=missing)
        with pytest.raises(FileNotFoundError, match="is no directory"):
            codex.thread_start(cwd=__file__)
        assert works()
        with pytest.raises(InvalidParamsError) as caught:
            thread.turn("x" * 1_048_577)
        assert caught.value.data == {
            "input_error_code": "input_too_large", "max_chars": 1_048_576, "actual_chars": 1_048_577,
        }  # fmt: skip
        assert works()
        with pytest.raises(ValueError, match="JSON compliant"):
            thread.turn("x", responsesapi_client_metadata={"a": float("nan")})  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError, match="has no JSON form"):
            thread.turn("x", tool_output={"a": object()})
        with pytest.raises(TypeError, match="unknown option 'modle'; did you mean 'model'"):
            thread.turn("x", modle="y")  # pyright: ignore[reportCallIssue]
        with pytest.raises(TypeError, match="unsupported input 'int'"):
            thread.turn(5)  # pyright: ignore[reportArgumentType]
        with pytest.raises(InvalidParamsError, match="invalid type"):
            thread.turn("x", model=5)  # pyright: ignore[reportArgumentType]
        assert works()
        assert thread.run("lone \ud800 surrogate").text == "lone \ufffd surrogate"
        controls = "a\x00b\x1b[31mc\x7f\u2028\u202e\ufffd\U0001f600"
        assert thread.run(controls).text == controls
        for empty in ("", []):
            assert thread.run(empty).status == "completed"
        assert works()


@pytest.mark.anyio
async def test_an_awaiting_client_works_on_too(scripted_codex: ScriptedCodexFactory, tmp_path: Path) -> None:
    async with AsyncCodex(scripted_codex(echo).config) as codex:
        with pytest.raises(ThreadNotFoundError):
            await codex.thread_resume(UNKNOWN)
        with pytest.raises(FileNotFoundError):
            await codex.thread_start(cwd=tmp_path / "missing")
        thread = await codex.thread_start()
        with pytest.raises(TypeError):
            await thread.turn("x", modle="y")  # pyright: ignore[reportCallIssue]
        with pytest.raises(ValueError, match="JSON compliant"):
            await thread.turn("x", tool_output={"a": float("inf")})
        with pytest.raises(InvalidParamsError):
            await thread.turn("x" * 1_048_577)
        assert (await thread.run("x")).text == "answer to x"


def test_a_missing_image_is_told_when_it_is_steered_in(
    scripted_codex: ScriptedCodexFactory, tmp_path: Path
) -> None:
    gate = Gate()
    with Codex(scripted_codex(text(deltas=["a", hold(gate), "b"])).config) as codex:
        turn = codex.thread_start().turn("x")
        gate.wait_reached()
        with pytest.raises(FileNotFoundError, match="no image file"):
            turn.steer(LocalImageInput(str(tmp_path / "missing.png")))
        gate.open()
        assert turn.run().text == "ab"


def test_an_option_of_a_thread_that_cannot_be_used_is_told(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(echo).config) as codex:
        with pytest.raises(JsonRpcError, match="Model provider `nope` not found"):
            codex.thread_start(model_provider="nope")
        with pytest.raises(JsonRpcError, match="invalid type: integer"):
            codex.thread_start(config={"model_reasoning_effort": 5})
        assert codex.thread_start().run("x").text == "answer to x"


def test_the_limit_of_pages_may_be_anything(scripted_codex: ScriptedCodexFactory) -> None:
    with Codex(scripted_codex(echo).config) as codex:
        thread = codex.thread_start()
        ran = [thread.run(str(index)).turn_id for index in range(3)]
        for limit in (0, 1, 100_000):
            assert [turn.id for turn in thread.turns(limit=limit)] == ran[::-1]
        with pytest.raises(JsonRpcError):
            list(thread.turns(limit=-1))


def test_image_fetch_takes_three_words() -> None:
    with pytest.raises(ValueError, match="'public', 'any' or 'never'"):
        AppServerConfig(image_fetch="sometimes")  # pyright: ignore[reportArgumentType]
