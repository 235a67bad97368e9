"""The conformance kit: the core passes it, and drivers that are broken on purpose do not."""

from __future__ import annotations

import dataclasses
import pickle
import unittest
from typing import TYPE_CHECKING, cast

import pytest
from codex_app_server import (
    Codex,
    SharedCodex,
    TurnFinished,
    UsageUpdated,
    accept_all,
)
from codex_app_server.testing import conformance
from codex_app_server.testing.conformance import (
    Diff,
    Final,
    Plan,
    Reasoning,
    Text,
    ToolBegan,
    ToolEnded,
    Used,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from codex_app_server import Event
    from codex_app_server.testing.conformance import (
        RecordedTurn,
        Replay,
        Seen,
    )

TURNS = {recorded.name: recorded for recorded in conformance.RECORDED_TURNS}


def drive(replay: Replay) -> Iterator[Seen]:
    codex = SharedCodex(replay.config).sync_client()
    thread = codex.thread_start(tools=replay.tools, approval_handler=accept_all if replay.approval else None)
    for event in thread.turn(replay.prompt).events():
        entry = conformance.of_event(event)
        if entry is not None:
            yield entry


async def adrive(replay: Replay) -> AsyncIterator[Seen]:
    codex = SharedCodex(replay.config).async_client()
    thread = await codex.thread_start(
        tools=replay.tools, approval_handler=accept_all if replay.approval else None
    )
    async for event in (await thread.turn(replay.prompt)).events():
        entry = conformance.of_event(event)
        if entry is not None:
            yield entry


@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
def test_the_local_client_conforms(recorded: RecordedTurn) -> None:
    conformance.check_client(recorded, Codex)


@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
def test_the_blocking_face_conforms(recorded: RecordedTurn) -> None:
    conformance.check(recorded, drive)


@pytest.mark.anyio
@pytest.mark.parametrize("recorded", conformance.RECORDED_TURNS, ids=str)
async def test_the_awaiting_face_conforms(recorded: RecordedTurn) -> None:
    await conformance.acheck(recorded, adrive)


# --- drivers that are broken on purpose ---


def events(replay: Replay, **options: bool) -> Iterator[Event]:
    thread = SharedCodex(replay.config).sync_client().thread_start(tools=replay.tools)
    yield from thread.turn(replay.prompt).events(**options)


def drops_a_delta(replay: Replay) -> Iterator[Seen]:
    texts = 0
    for entry in drive(replay):
        texts += isinstance(entry, Text)
        if not (isinstance(entry, Text) and texts == 2):
            yield entry


def swaps_deltas(replay: Replay) -> Iterator[Seen]:
    entries = list(drive(replay))
    first = next(index for index, entry in enumerate(entries) if isinstance(entry, Text))
    entries[first], entries[first + 1] = entries[first + 1], entries[first]
    yield from entries


def repeats_the_final_text(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        if isinstance(entry, Final):
            yield Text(entry.text)
        yield entry


def joins_all_deltas_as_the_final_text(replay: Replay) -> Iterator[Seen]:
    text = ""
    for entry in drive(replay):
        if isinstance(entry, Text):
            text += entry.text
        yield Final(text) if isinstance(entry, Final) else entry


def tells_text_before_tools(replay: Replay) -> Iterator[Seen]:
    yield from sorted(
        drive(replay), key=lambda entry: (not isinstance(entry, Text), isinstance(entry, Final))
    )


def gathers_everything(replay: Replay) -> Iterator[Seen]:
    yield from list(drive(replay))


def streams_no_text(replay: Replay) -> Iterator[Seen]:
    yield from (entry for entry in drive(replay) if not isinstance(entry, Text))


def takes_reasoning_for_text(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        yield Text(entry.text) if isinstance(entry, Reasoning) else entry


def takes_the_deltas_of_output_for_all_of_it(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        yield dataclasses.replace(entry, output="collecting\n") if isinstance(entry, ToolEnded) else entry


def hides_that_tools_fail(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        yield dataclasses.replace(entry, is_error=False) if isinstance(entry, ToolEnded) else entry


def ends_tools_as_they_began(replay: Replay) -> Iterator[Seen]:
    ended: list[Seen] = []
    for entry in drive(replay):
        if isinstance(entry, ToolEnded):
            ended.append(entry)
        elif not isinstance(entry, ToolBegan) or not ended:
            yield entry


def invents_ids(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        yield dataclasses.replace(entry, id="x") if isinstance(entry, ToolBegan | ToolEnded) else entry


def counts_usage_twice(replay: Replay) -> Iterator[Seen]:
    for event in events(replay):
        if isinstance(event, TurnFinished):
            yield Used(event.result.usage.input_tokens, event.result.usage.output_tokens)
        entry = conformance.of_event(event)
        if entry is not None:
            yield entry


def counts_the_total_of_the_thread(replay: Replay) -> Iterator[Seen]:
    for event in events(replay):
        entry = conformance.of_event(event)
        if isinstance(event, UsageUpdated):
            entry = Used(event.total.input_tokens, event.total.output_tokens)
        if entry is not None:
            yield entry


def shows_the_first_plan_and_diff(replay: Replay) -> Iterator[Seen]:
    kinds: set[type] = set()
    for entry in drive(replay):
        if not isinstance(entry, Plan | Diff) or type(entry) not in kinds:
            yield dataclasses.replace(entry, diff="") if isinstance(entry, Diff) else entry
        kinds.add(type(entry))


def swallows_the_failure(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        yield Final(entry.text) if isinstance(entry, Final) else entry


def ends_without_a_word(replay: Replay) -> Iterator[Seen]:
    yield from (entry for entry in drive(replay) if not isinstance(entry, Final))


def loses_the_reason(replay: Replay) -> Iterator[Seen]:
    for entry in drive(replay):
        if not isinstance(entry, Final):
            yield entry
            continue
        raise RuntimeError("it failed")


def raises_with_the_reason(replay: Replay) -> Iterator[Seen]:
    for event in events(replay):
        if isinstance(event, TurnFinished):
            try:
                event.result.raise_for_status()
            except Exception as exc:
                raise RuntimeError("the agent failed") from exc
        entry = conformance.of_event(event)
        if entry is not None:
            yield entry


def ends_twice(replay: Replay) -> Iterator[Seen]:
    entries = list(drive(replay))
    yield from [*entries, entries[-1]]


def says_more_after_the_end(replay: Replay) -> Iterator[Seen]:
    yield from drive(replay)
    yield Used(0, 0)


def shows_other_threads(replay: Replay) -> Iterator[Seen]:
    yield ToolEnded("command-1", "FOREIGN")
    yield from drive(replay)


def ignores_cancellation(replay: Replay) -> Iterator[Seen]:
    yield from filter(None, map(conformance.of_event, events(replay, detach=True)))


def leaves_the_command_alive(replay: Replay) -> Iterator[Seen]:
    codex = SharedCodex(replay.config).sync_client()
    turn = codex.thread_start().turn(replay.prompt)
    try:
        yield from filter(None, map(conformance.of_event, turn.events(detach=True)))
    finally:
        codex.request_raw("turn/interrupt", {"threadId": turn.thread_id, "turnId": turn.id})


def approves_by_itself(replay: Replay) -> Iterator[Seen]:
    yield from drive(dataclasses.replace(replay, approval=True))


def asks_nobody(replay: Replay) -> Iterator[Seen]:
    yield from drive(dataclasses.replace(replay, approval=None))


def offers_no_tools(replay: Replay) -> Iterator[Seen]:
    thread = SharedCodex(replay.config).sync_client().thread_start()
    turn = thread.turn(replay.prompt)
    yield Final(turn.run().text)


def injects_first(replay: Replay) -> Iterator[Seen]:
    thread = SharedCodex(replay.config).sync_client().thread_start()
    thread.inject_items([{"type": "message", "role": "user", "content": []}])
    yield from filter(None, map(conformance.of_event, thread.turn(replay.prompt).events()))


def yields_something_else(replay: Replay) -> Iterator[Seen]:
    yield from drive(replay)
    yield cast("Seen", "done")


def fails_by_itself(replay: Replay) -> Iterator[Seen]:
    yield from ()
    raise KeyError("no such chunk")


def broken(
    name: str, driver: Callable[[Replay], Iterator[Seen]], *messages: str, timeout_s: float = 10.0
) -> object:
    return pytest.param(TURNS[name], driver, messages, timeout_s, id=f"{driver.__name__}-{name}")


BROKEN = [
    broken("plain_text", drops_a_delta, "join to 'Helworld!' instead of 'Hello, world!'", "pass the text of each"),
    broken("unicode", drops_a_delta, "pass the text of each TextDelta on"),
    broken("early_events", drops_a_delta, "pass the text of each TextDelta on"),
    broken("plain_text", swaps_deltas, "the pieces are out of order"),
    broken("plain_text", repeats_the_final_text, "a message is there twice"),
    broken("retry", repeats_the_final_text, "a message is there twice"),
    broken("retry", joins_all_deltas_as_the_final_text, "take TurnResult.text"),
    broken("steered", joins_all_deltas_as_the_final_text, "'Once upon a tiThe end.' instead of 'The end.'"),
    broken("commentary_and_answer", joins_all_deltas_as_the_final_text, "take TurnResult.text"),
    broken("command_with_deltas", tells_text_before_tools, "when tool 'command-1' began", "in the order of"),
    broken("left_in_text", gathers_everything, "nothing could be left", timeout_s=1.0),
    broken("plain_text", streams_no_text, "no TextDelta was passed on"),
    broken("reasoning", takes_reasoning_for_text, "the pieces of text join to", "the pieces of reasoning join to ''"),
    broken("command_with_deltas", takes_the_deltas_of_output_for_all_of_it, "take ToolFinished.output"),
    broken("file_change", takes_the_deltas_of_output_for_all_of_it, "take ToolFinished.output"),
    broken("short_command", hides_that_tools_fail, "tool 'command-2' is shown with is_error=False instead of True"),
    broken("mcp_tool", hides_that_tools_fail, "take ToolFinished.is_error"),
    broken("approval_nobody_decides", hides_that_tools_fail, "take ToolFinished.is_error"),
    broken("parallel_tools", ends_tools_as_they_began, "to begin 1 times and to end 0 times"),
    broken("sub_agent", invents_ids, "tool 'x' was seen, which is not in the turn"),
    broken("two_model_requests", counts_usage_twice, "500 input and 30 output tokens were counted instead of 250 and 15"),
    broken("two_model_requests", counts_the_total_of_the_thread, "UsageUpdated.last"),
    broken("plan", shows_the_first_plan_and_diff, "the last plan is [Plan(steps=('Read', 'Write'))]"),
    broken("file_change", shows_the_first_plan_and_diff, "the last diff is [Diff(diff='')]"),
    broken("failed", swallows_the_failure, "the turn is failed and is shown as completed"),
    broken("interrupted", swallows_the_failure, "the turn is interrupted and is shown as completed"),
    broken("failed", ends_without_a_word, "the turn is failed and ends without a word"),
    broken("plain_text", ends_without_a_word, "the end was not seen"),
    broken("failed", loses_the_reason, "the reason 'The model is overloaded' is lost"),
    broken("plain_text", loses_the_reason, "the drive raised RuntimeError('it failed'), but the turn completes"),
    broken("plain_text", ends_twice, "the end was seen 2 times"),
    broken("late_events", says_more_after_the_end, "was seen after the end"),
    broken("other_thread", shows_other_threads, "which is not the agent's in this turn"),
    broken("left_in_text", ignores_cancellation, "the turn was left and runs on: no turn/interrupt came", timeout_s=2.0),
    broken("left_in_command", ignores_cancellation, "no turn/interrupt and thread/backgroundTerminals/clean", timeout_s=2.0),
    broken("left_in_command", leaves_the_command_alive, "no thread/backgroundTerminals/clean came", timeout_s=2.0),
    broken("approval_nobody_decides", approves_by_itself, "was answered with {'decision': 'accept'} instead of"),
    broken("approval_accepted", asks_nobody, "was answered with {'decision': 'decline'} instead of"),
    broken("python_tool", offers_no_tools, "the result of get_weather(city='Paris') was answered with"),
    broken("plain_text", injects_first, "the replay does not answer ['thread/inject_items']: name them", timeout_s=1.0),
    broken("plain_text", yields_something_else, "the drive yielded 'done'"),
    broken("failed", yields_something_else, "the drive yielded 'done'"),
    broken("plain_text", fails_by_itself, "the drive raised KeyError('no such chunk')"),
    broken("left_in_text", fails_by_itself, "nothing could be left"),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "driver", "messages", "timeout_s"), BROKEN)
def test_a_broken_driver_is_caught_and_told_what_is_wrong(
    recorded: RecordedTurn,
    driver: Callable[[Replay], Iterator[Seen]],
    messages: tuple[str, ...],
    timeout_s: float,
) -> None:
    with pytest.raises(conformance.ConformanceError) as caught:
        conformance.check(recorded, driver, timeout_s=timeout_s)
    text = str(caught.value)
    assert [message for message in messages if message not in text] == [], text
    assert recorded.about in text


async def aignores_cancellation(replay: Replay) -> AsyncIterator[Seen]:
    thread = await SharedCodex(replay.config).async_client().thread_start()
    async for event in (await thread.turn(replay.prompt)).events(detach=True):
        entry = conformance.of_event(event)
        if entry is not None:
            yield entry


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["left_in_text", "left_in_command"])
async def test_a_broken_awaiting_driver_is_caught_too(name: str) -> None:
    with pytest.raises(conformance.ConformanceError, match="the turn was left and runs on"):
        await conformance.acheck(TURNS[name], aignores_cancellation, timeout_s=2.0)
    with pytest.raises(conformance.ConformanceError, match="nothing could be left"):
        await conformance.acheck(TURNS[name], agathers, timeout_s=1.0)


async def agathers(replay: Replay) -> AsyncIterator[Seen]:
    for entry in [entry async for entry in adrive(replay)]:
        yield entry


async def ashows_the_end_alone(replay: Replay) -> AsyncIterator[Seen]:
    async for entry in adrive(replay):
        if isinstance(entry, Final):
            yield entry


END_ALONE: tuple[conformance.Facet, ...] = ("text", "reasoning", "tools", "usage", "plan", "diff")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["plain_text", "command_with_deltas", "file_change", "failed", "left_in_command"]
)
async def test_an_adapter_may_show_the_end_alone_when_it_says_so(name: str) -> None:
    await conformance.acheck(TURNS[name], ashows_the_end_alone, leaves_out=END_ALONE)


@pytest.mark.parametrize("name", ["failed", "interrupted", "plain_text"])
def test_a_turn_that_fails_may_raise(name: str) -> None:
    conformance.check(TURNS[name], raises_with_the_reason)


def test_what_is_left_out_must_not_be_shown_after_all() -> None:
    with pytest.raises(
        conformance.ConformanceError, match="leaves_out names 'plan', but the drive yields it"
    ):
        conformance.check(TURNS["plan"], drive, leaves_out={"plan"})


def test_a_turn_about_what_the_adapter_leaves_out_is_skipped() -> None:
    with pytest.raises(unittest.SkipTest, match="python_tools"):
        conformance.check(TURNS["python_tool"], drive, leaves_out={"python_tools"})
    with pytest.raises(unittest.SkipTest, match="cannot be left"):
        conformance.check(TURNS["left_in_text"], ends_without_a_word, leaves_out={"text"})


def test_further_requests_of_the_adapter_are_answered_when_they_are_named() -> None:
    conformance.check(TURNS["plain_text"], injects_first, also_asks=["thread/inject_items"])


def test_the_error_has_the_facts() -> None:
    with pytest.raises(conformance.ConformanceError) as caught:
        conformance.check(TURNS["plain_text"], ends_without_a_word)
    error = caught.value
    assert (error.recorded.name, len(error.problems)) == ("plain_text", 1)
    assert error.seen == (Text("Hel"), Text("lo, "), Text("world"), Text("!"), Used(8, 4))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_every_recorded_turn_has_a_name_of_its_own_and_says_what_it_is_about() -> None:
    assert len(TURNS) == len(conformance.RECORDED_TURNS)
    assert all(recorded.about.endswith(".") and str(recorded) == recorded.name for recorded in TURNS.values())
