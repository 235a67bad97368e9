"""What turns have used: each model request counted once, however often and wherever the server tells of it."""

from __future__ import annotations

import gc
import pickle
import threading
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import pytest
from codex_app_server import (
    AsyncCodex,
    Codex,
    RemoteProtocolError,
    SharedCodex,
    TextDelta,
    TurnFinished,
    Usage,
    UsageReport,
    UsageUpdated,
)
from codex_app_server._engine.counting import UsageSum
from codex_app_server.testing import FakeServer, Gate, Reply, hold, incomplete, steps, text, usage

from .test_sub_agents import CHILD, child_item, child_turn, spawning

if TYPE_CHECKING:
    from codex_app_server.testing import FakeServerFactory, ModelRequest, ScriptedCodexFactory
    from codex_app_server.testing.steps import Step

NOTHING = Usage()
PLACE = {"threadId": "thread-1", "turnId": "turn-1"}


def counted(input_tokens: int, output_tokens: int) -> Usage:
    return Usage(input_tokens, 0, 0, output_tokens, 0, input_tokens + output_tokens)


def wire(used: Usage) -> dict[str, int]:
    return {
        "inputTokens": used.input_tokens,
        "outputTokens": used.output_tokens,
        "totalTokens": used.total_tokens,
    }


def told(last: Usage, total: Usage, **place: str) -> Step:
    return steps.notify(
        "thread/tokenUsage/updated",
        {**PLACE, **place, "tokenUsage": {"last": wire(last), "total": wire(total)}},
    )


def turn(*told_in_it: Step, turn_id: str = "turn-1") -> list[Step]:
    *_, idle, completed = steps.turn_end(turn_id=turn_id, turn=turn_id)
    return [
        *steps.turn_begin(turn_id, save_as=turn_id),
        *steps.turn_message("Hi", turn_id=turn_id, turn=turn_id),
        *told_in_it,
        idle,
        completed,
    ]


TEN, TWENTY = counted(10, 1), counted(20, 2)


# --- on the true server ---


@pytest.mark.anyio
async def test_every_request_is_counted_once_whatever_becomes_of_its_turn(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    gate = Gate()
    held = Reply(text(deltas=["part", hold(gate), "rest"]), usage(input=900, output=90))
    spent = {"one": (1, 1), "after": (20, 2), "resumed": (300, 3), "forked": (4000, 4)}

    def reply(request: ModelRequest) -> Any:
        said = request.last_user_text
        if said in {"interrupt", "steer"}:
            return held
        if said == "breaks off":
            return Reply(text("Hm"), usage(input=50, output=5), incomplete("max_output_tokens"))
        if "CHECKPOINT" in said:
            return Reply(text("A summary."), usage(input=7, output=7))
        return Reply(text("Fine."), usage(input=spent[said][0], output=spent[said][1]))

    async with AsyncCodex(scripted_codex(reply).config) as codex:
        assert (codex.usage, codex.rate_limits) == (UsageReport(), None)
        thread = await codex.thread_start(model="gpt-5")
        assert thread.usage == UsageReport(elsewhere=NOTHING)
        assert (await thread.run("one")).usage == counted(1, 1)
        # What was cut off is not counted by the server, which tells the request before it again.
        cut = await thread.turn("interrupt")
        async for event in cut.events():
            if isinstance(event, TextDelta):
                break
        result = await cut.run()
        assert (result.status, result.usage, result.usage_report) == ("interrupted", NOTHING, UsageReport())
        steered = await thread.turn("steer")
        async for event in steered.events(detach=True):
            if isinstance(event, TextDelta):
                await steered.steer("after")
                break
        gate.open()
        assert (await steered.run()).usage == counted(20, 2) == steered.usage.turns
        # Of a response that breaks off it tells the sum, and repeats the last request.
        broken = await thread.run("breaks off")
        assert (broken.status, broken.usage) == ("failed", counted(50, 5))
        # A compaction ends with an estimate of what is left, which nobody has used.
        compacted = await (await thread.compact()).run()
        assert compacted.usage == counted(7, 7)
        used = counted(1 + 20 + 50 + 7, 1 + 2 + 5 + 7)
        report = UsageReport(used, by_model={"gpt-5": used}, elsewhere=NOTHING)
        assert thread.usage == report
        # A restart, with the thread resumed: what it had used is told again.
        await codex.restart()
        assert (await thread.run("resumed")).usage == counted(300, 3)
        used += counted(300, 3)
        assert thread.usage == UsageReport(used, by_model={"gpt-5": used}, elsewhere=NOTHING)
        # A fork begins with the history, and with the count of it.
        fork = await codex.thread_fork(thread.id, model="gpt-5-codex")
        assert (await fork.run("forked")).model == "gpt-5-codex"
        own = counted(4000, 4)
        assert fork.usage == UsageReport(own, by_model={"gpt-5-codex": own}, elsewhere=used)
        assert codex.usage == UsageReport(used + own, by_model={"gpt-5": used, "gpt-5-codex": own})
        # Both faces, and whoever opens the thread anew.
        face = codex.as_sync()
        assert (face.usage, thread.as_sync().usage) == (codex.usage, thread.usage)
        assert face.rate_limits == codex.rate_limits is not None
        async with AsyncCodex(codex._engine.config) as other:
            await codex.close()
            again = await other.thread_resume(thread.id)
            result = await again.run("one")
            assert (result.usage, again.usage.turns, again.usage.elsewhere) == (
                counted(1, 1),
                counted(1, 1),
                used,
            )
            assert other.usage.total == counted(1, 1)


@pytest.mark.parametrize("readers", [0, 2])
def test_sub_agents_are_counted_apart_from_their_turn_and_in_the_sum(
    scripted_codex: ScriptedCodexFactory, readers: int
) -> None:
    with Codex(spawning(scripted_codex).config) as codex:
        thread = codex.thread_start(model="gpt-5")
        turn = thread.turn("Go.", model="gpt-5-codex")
        streams = [turn.events(sub_agents=number == 1) for number in range(readers)]
        seen = [list(stream) for stream in streams]
        result = turn.run()
        child = counted(7, 3)
        assert result.usage == result.usage_report.turns
        assert result.usage_report == UsageReport(
            result.usage, child, {"gpt-5-codex": result.usage + child}, None
        )
        assert result.usage_report.total == result.usage + child
        assert (turn.usage, codex.usage) == (result.usage_report, result.usage_report)
        assert thread.usage == UsageReport(
            result.usage, child, {"gpt-5-codex": result.usage + child}, NOTHING
        )
        for events in seen:
            told = [event.last for event in events if isinstance(event, UsageUpdated)]
            assert sum(told, NOTHING) == result.usage
    assert pickle.loads(pickle.dumps(result)).usage_report == result.usage_report


# --- what a server may do ---


def test_what_is_told_again_is_not_counted_again(fake_codex: FakeServerFactory) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *turn(
            told(TEN, TEN),
            told(TEN, TEN),
            # A count that begins anew, one without a sum, and one that is no count.
            told(counted(3, 0), counted(3, 0)),
            told(counted(4, 0), NOTHING),
            steps.notify("thread/tokenUsage/updated", {**PLACE, "tokenUsage": "many"}),
        ),
        *turn(
            # That of a turn which has ended, and of one that somebody else has started.
            told(counted(4, 0), counted(100, 10)),
            told(TWENTY, counted(120, 12), turnId="turn-of-another"),
            told(TEN, counted(130, 13), turnId="turn-2"),
            turn_id="turn-2",
        ),
        steps.hang(),
    ]
    with Codex(fake_codex(scenario).config) as codex:
        thread = codex.thread_start()
        first = thread.run("x")
        assert first.usage == counted(17, 1)
        assert (first.model, thread.usage.elsewhere) == ("fake-model", None)
        second = thread.run("y")
        assert second.usage == TEN
        assert thread.usage == UsageReport(
            counted(27, 2), by_model={"fake-model": counted(27, 2)}, elsewhere=counted(103, 11)
        )
        assert codex.usage.turns == counted(27, 2)


def test_usage_belongs_to_the_model_that_the_turn_had(fake_codex: FakeServerFactory) -> None:
    rerouted = {"fromModel": "fake-model", "toModel": "safer", "reason": "highRiskCyberActivity"}
    settings = steps.notify(
        "thread/settings/updated", {"threadId": "thread-1", "threadSettings": {"model": "chosen"}}
    )
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *turn(
            told(TEN, TEN),
            # For the turns after this one.
            settings,
            steps.notify("model/rerouted", {**PLACE, **rerouted}),
            told(TEN, counted(20, 2)),
        ),
        *turn(told(TEN, counted(30, 3), turnId="turn-2"), turn_id="turn-2"),
        *turn(told(TEN, counted(40, 4), turnId="turn-3"), turn_id="turn-3"),
        steps.hang(),
    ]
    with Codex(fake_codex(scenario).config) as codex:
        thread = codex.thread_start()
        first = thread.run("x")
        assert (first.model, first.usage_report.by_model) == ("safer", {"fake-model": TEN, "safer": TEN})
        assert thread.run("x").model == "chosen"
        assert thread.run("x", model="asked").usage_report.by_model == {"asked": TEN}
        assert codex.usage.by_model == {"fake-model": TEN, "safer": TEN, "chosen": TEN, "asked": TEN}


def spawned(child: str, model: object) -> Step:
    return steps.notify(
        "item/completed",
        {
            **PLACE,
            "item": {
                "type": "collabAgentToolCall",
                "id": f"spawn-{child}",
                "tool": "spawnAgent",
                "status": "completed",
                "senderThreadId": "thread-1",
                "receiverThreadIds": [child],
                "prompt": "Look.",
                "model": model,
                "agentsStates": {},
            },
        },
    )


def test_a_sub_agent_that_works_on_after_its_turn_is_counted_too(fake_codex: FakeServerFactory) -> None:
    child = {"threadId": "thread-child", "turnId": "turn-child"}
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *turn(
            spawned("thread-child", "small"),
            child_turn("turn/started"),
            told(TEN, TEN, **child),
            told(TEN, TEN, **child),
        ),
        steps.barrier("ended"),
        told(TWENTY, counted(30, 3), **child),
        child_turn("turn/completed", status="completed"),
        # Its next turn, for another turn, begins with its old count; nobody has said the model of the other.
        *steps.turn_begin("turn-2", save_as="turn-2"),
        child_turn("turn/started", root="turn-2"),
        told(TWENTY, counted(30, 3), **child),
        steps.notify("model/rerouted", {**CHILD, "fromModel": "small", "toModel": "safer"}),
        told(TEN, counted(40, 4), **child),
        child_item("item/started", {"type": "agentMessage", "id": "m", "text": ""}),
        child_turn("turn/completed", status="completed"),
        steps.notify(
            "turn/started",
            {"threadId": "thread-other", "turn": {"id": "turn-other", "rootTurnId": "turn-2", "items": []}},
        ),
        told(TEN, TEN, threadId="thread-other", turnId="turn-other"),
        steps.notify("turn/completed", {"threadId": "thread-other", "turn": {"id": "turn-other"}}),
        # After its end nobody is left to whom it could be told.
        told(TEN, TWENTY, threadId="thread-other", turnId="turn-other"),
        *steps.turn_end(turn_id="turn-2", turn="turn-2"),
        steps.hang(),
    ]
    with FakeServer(scenario) as server, Codex(server.config) as codex:
        thread = codex.thread_start()
        first = thread.turn("x")
        result = first.run()
        assert result.usage_report == UsageReport(NOTHING, TEN, {"small": TEN})
        server.release("ended")
        second = thread.turn("y")
        events = list(second.events(sub_agents=True))
        late = UsageReport(NOTHING, TEN + TWENTY, {"small": TEN + TWENTY})
        assert (first.usage, result.usage_report.sub_agents) == (late, TEN)
        used = counted(8, 4)
        by_model = {"fake-model": used, "safer": TEN, None: TEN}
        last = events[-1]
        assert isinstance(last, TurnFinished)
        assert last.result.usage_report == UsageReport(used, TEN + TEN, by_model)
        of_child = [
            event.event.result.usage_report
            for event in events
            if event.kind == "sub_agent" and isinstance(event.event, TurnFinished)
        ]
        assert of_child == [UsageReport(TEN, by_model={model: TEN}) for model in ("safer", None)]
        assert codex.usage == late + last.result.usage_report
        assert thread.usage.total == used + counted(50, 5)


def test_nothing_is_kept_of_turns_and_threads_that_are_gone(fake_codex: FakeServerFactory) -> None:
    def sums() -> int:
        gc.collect()
        return sum(type(each) is UsageSum for each in gc.get_objects())

    turns = steps.repeat(
        30,
        [
            *steps.turn_begin("turn-{i}"),
            child_turn("turn/started", root="turn-{i}"),
            told(TEN, NOTHING, **CHILD),
            child_turn("turn/completed", root="turn-{i}", status="completed"),
            *steps.turn_end(turn_id="turn-{i}"),
        ],
    )
    server = fake_codex([*steps.handshake(), *steps.thread_start(), turns, steps.hang()])
    before = sums()
    with Codex(server.config) as codex:
        thread = codex.thread_start()
        for _ in range(30):
            assert thread.run("x").usage_report.sub_agents == TEN
        # Until the engine has carried out what it was told before: that holds the last turn.
        is_through = threading.Event()
        codex._engine.soon(is_through.set)
        assert is_through.wait(30)
        # That of the client, and that of the thread.
        assert sums() == before + 2
        assert len(thread._state.sub_agents) == 1
        del thread
        assert sums() == before + 1
        assert codex.usage.total == counted(30 * 18, 30 * 5)


# --- limits ---


def limits(**members: object) -> Step:
    return steps.notify("account/rateLimits/updated", {"rateLimits": members})


@pytest.mark.anyio
async def test_the_limits_last_told_are_there_and_keep_what_an_update_leaves_open(
    fake_codex: FakeServerFactory,
) -> None:
    first = {"usedPercent": 10, "windowDurationMins": 300, "resetsAt": 1_800_000_000}
    answer = {"limitId": "codex", "primary": {**first, "usedPercent": 99}, "secondary": first}
    life = [
        *steps.handshake(),
        limits(limitId="codex", primary=first, planType="plus"),
        limits(limitId="other", primary=None),
        limits(limitId="codex", primary={**first, "usedPercent": 12}, planType=None),
        steps.notify("account/rateLimits/updated", {"rateLimits": None}),
        *steps.thread_start(),
        steps.expect("account/rateLimits/read"),
        steps.reply({"rateLimits": answer}),
        *steps.thread_start("thread-2"),
        limits(limitId="codex", secondary={"usedPercent": "much"}),
        *steps.thread_start("thread-3"),
        steps.hang(),
    ]
    async with AsyncCodex(fake_codex(life).config) as codex:
        await codex.thread_start()
        seen = codex.rate_limits
        assert seen is not None
        assert seen.to_wire() == {
            "limitId": "codex",
            "primary": {**first, "usedPercent": 12},
            "planType": "plus",
        }
        # What the server is asked for counts as a whole.
        asked = await codex.account.rate_limits()
        assert codex.as_sync().rate_limits == asked.rate_limits == codex.rate_limits
        assert asked.rate_limits.plan_type is None
        await codex.thread_start()
        await codex.thread_start()
        with pytest.raises(RemoteProtocolError, match="rate limits"):
            _ = codex.rate_limits


def test_a_shared_server_has_one_sum(fake_codex: FakeServerFactory) -> None:
    server = fake_codex([*steps.handshake(), *steps.thread_start(), *steps.turn(), steps.hang()])
    with SharedCodex(server.config) as one, SharedCodex(server.config) as other:
        one.sync_client().thread_start().run("x")
        assert other.async_client().usage == one.sync_client().usage
        assert other.async_client().usage.turns == counted(8, 4)


def test_reports_add_up() -> None:
    one = UsageReport(TEN, TWENTY, {"a": TEN, "b": TWENTY}, TEN)
    other = UsageReport(TEN, NOTHING, {"a": TEN, None: NOTHING}, NOTHING)
    assert one + other == UsageReport(
        counted(20, 2), TWENTY, {"a": counted(20, 2), "b": TWENTY, None: NOTHING}, TEN
    )
    assert sum([one, other], UsageReport()).elsewhere is None
    assert counted(30, 3) - TEN == TWENTY
    frozen: Any = one
    with pytest.raises(AttributeError):
        frozen.turns = TEN
    assert hash(one) == hash(UsageReport(TEN, TWENTY, {}, TEN))


@pytest.mark.anyio
async def test_usage_is_read_while_the_turn_runs(fake_codex: FakeServerFactory) -> None:
    scenario = [
        *steps.handshake(),
        *steps.thread_start(),
        *steps.turn_begin(),
        told(TEN, TEN),
        steps.barrier("seen"),
        told(TWENTY, counted(30, 3)),
        *steps.turn_message("Hi"),
        *steps.turn_end()[1:],
        steps.hang(),
    ]
    server = fake_codex(scenario)
    async with AsyncCodex(server.config) as codex:
        thread = await codex.thread_start()
        running = await thread.turn("x")
        async for event in running.events():
            if isinstance(event, UsageUpdated):
                now = [event.last, running.usage.turns, thread.usage.turns, codex.usage.turns]
                assert now == ([TEN] * 4 if event.last == TEN else [TWENTY, *[counted(30, 3)] * 3])
                assert running.so_far.usage == running.so_far.usage_report.turns == running.usage.turns
                await anyio.to_thread.run_sync(server.release, "seen")
