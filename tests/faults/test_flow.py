"""F13-F17, F31, F39: nobody who is slow, silent or gone holds up anybody else."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import anyio.to_thread
import codex_app_server
import pytest
from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    Codex,
    RequestTimeoutError,
    TextDelta,
)
from codex_app_server.testing import FakeServer, Gate, Script, hold, steps

if TYPE_CHECKING:
    from codex_app_server import ApprovalRequest
    from codex_app_server.testing import ScriptedCodexFactory

MIB = 1024 * 1024


def test_f13_a_server_that_stops_reading_lets_requests_time_out_and_the_client_close() -> None:
    scenario = [*steps.handshake(), *steps.thread_start(), steps.stop_reading(), steps.hang()]
    with FakeServer(scenario, raise_errors=False) as server:
        config = AppServerConfig(launch_args_override=server.argv, request_timeout_s=0.3, close_timeout_s=0.1)
        with Codex(config) as codex:
            thread = codex.thread_start()
            # Far more than a pipe holds, so that it is full from the first one on.
            for _ in range(3):
                with pytest.raises(RequestTimeoutError, match=r"within 0\.3 s"):
                    thread.turn("x" * 1_000_000)


@pytest.mark.anyio
async def test_f13_a_full_pipe_holds_up_no_events_of_other_threads() -> None:
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        steps.expect("thread/start", save_as="two"), steps.reply({"thread": {"id": "thread-2"}}, to="two"),
        steps.stop_reading(), steps.barrier("full"), *steps.turn_message("all ", "the same"), *steps.turn_end(),
        steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario, raise_errors=False) as server:
        config = AppServerConfig(launch_args_override=server.argv, request_timeout_s=60, close_timeout_s=0.1)
        async with AsyncCodex(config) as codex:
            running = await (await codex.thread_start()).turn("x")
            other = await codex.thread_start()
            with anyio.fail_after(30):
                async with anyio.create_task_group() as group:
                    group.start_soon(other.turn, "y" * MIB)
                    await anyio.to_thread.run_sync(server.wait_reached, "full")
                    while not codex._engine._link._transport.is_full:  # pyright: ignore[reportOptionalMemberAccess]
                        await anyio.lowlevel.checkpoint()
                    server.release("full")
                    assert (await running.run()).text == "all the same"
                    group.cancel_scope.cancel()


@pytest.mark.anyio
async def test_f13_f14_a_write_that_is_cancelled_in_the_middle_leaves_whole_lines(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    setup = scripted_codex("fine")
    async with AsyncCodex(setup.config) as codex:
        threads = [await codex.thread_start() for _ in range(3)]
        pid = codex._engine.pid
        assert pid is not None
        # The true server, that does not read for a while.
        os.kill(pid, signal.SIGSTOP)
        try:
            for thread in threads:
                with anyio.move_on_after(0.05) as scope:
                    await thread.turn("y" * (MIB - 10))
                assert scope.cancelled_caught
        finally:
            os.kill(pid, signal.SIGCONT)
        with anyio.fail_after(60):
            for thread in threads:
                assert (await thread.run("after it")).text == "fine"
    # What was begun to be written was written to its end; nothing was run of what had not been written.
    for request in setup.model.requests:
        assert set(request.user_texts) <= {"y" * (MIB - 10), "after it"}


def test_f15_a_reader_that_reads_nothing_disturbs_nobody_and_loses_nothing(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    count = 20_000
    many = "".join(f"{number} " for number in range(count))
    setup = scripted_codex(Script().when("many", many).otherwise("short answer"))
    with Codex(setup.config) as codex:
        slow = codex.thread_start(ephemeral=True).turn("many")
        reader = slow.events()
        assert codex.thread_start(ephemeral=True).run("short").text == "short answer"
        # It looks for the first time when all is over: deltas were joined, none was dropped.
        assert slow.run().text == many
        events = list(reader)
    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(deltas) == many
    assert len(deltas) < count


@pytest.mark.parametrize("leave", ["break", "close", "with"])
def test_f17_leaving_the_events_early_interrupts_the_turn(
    scripted_codex: ScriptedCodexFactory, leave: str
) -> None:
    setup = scripted_codex([["half", hold(Gate()), "answer"]])
    with Codex(setup.config) as codex:
        turn = codex.thread_start().turn("Go.")
        if leave == "break":
            for event in turn.events():
                if isinstance(event, TextDelta):
                    break
            gc.collect()
        elif leave == "close":
            stream = turn.events()
            next(stream)
            stream.close()
            assert list(stream) == []
        else:
            with turn.events() as stream:
                next(stream)
        assert turn.run().status == "interrupted"


def test_f17_a_detached_stream_leaves_the_turn_alone(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()
    with Codex(scripted_codex([["half", hold(gate), " answer"]]).config) as codex:
        turn = codex.thread_start().turn("Go.")
        with turn.events(detach=True) as stream:
            next(stream)
        gate.wait_reached()
        gate.open()
        assert turn.run().streamed_text == "half answer"


@pytest.mark.anyio
async def test_f15_f16_readers_that_do_not_read_are_told_once_each_and_the_result_is_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """40,000 deltas; another turn ends in their midst."""
    place = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "m"}
    flood = steps.repeat(20_000, [steps.notify("item/agentMessage/delta", {**place, "delta": "{i},"})])
    reasoning = [
        steps.notify("item/reasoning/textDelta", {**place, "itemId": "r", "delta": "hm", "contentIndex": 0})
    ]
    scenario = [
        *steps.handshake(), *steps.thread_start(), *steps.turn_begin(),
        steps.expect("thread/start", save_as="two"), steps.reply({"thread": {"id": "thread-2"}}, to="two"),
        steps.expect("turn/start", save_as="turn2"), flood,
        steps.reply({"turn": {"id": "turn-2", "items": [], "status": "inProgress"}}, to="turn2"),
        *reasoning, *steps.turn_message("short", turn_id="turn-2", turn="turn2"),
        *steps.turn_end(turn_id="turn-2", turn="turn2"), flood, *steps.turn_end(), steps.hang(),
    ]  # fmt: skip
    with FakeServer(scenario) as server, caplog.at_level(logging.WARNING, "codex_app_server"):
        async with AsyncCodex(server.config) as codex:
            slow = await (await codex.thread_start()).turn("x")
            first, second = slow.events(), slow.events()
            with anyio.fail_after(60):
                assert (await (await codex.thread_start()).run("y")).text == "short"
                result = await slow.run()
                deltas = [event.text async for event in second if isinstance(event, TextDelta)]
            await first.aclose()
    whole = "".join(f"{number}," for number in range(20_000)) * 2
    assert result.streamed_text == "".join(deltas) == whole
    assert len(deltas) < 5000
    assert [record.getMessage() for record in caplog.records] == [
        "a reader of turn turn-1 does not keep up: its deltas are joined; read it, or leave its events with close()"
    ] * 2


@pytest.mark.anyio
async def test_f31_two_hundred_approvals_of_fifty_threads_get_each_its_own_answer() -> None:
    threads, each = 50, 4
    scenario = [*steps.handshake()]
    for number in range(threads):
        scenario += [
            *steps.thread_start(f"thread-{number}", save_as=f"thread{number}"),
            *steps.turn_begin(f"turn-{number}", save_as=f"turn{number}"),
        ]
    asked = [(number, count) for count in range(each) for number in range(threads)]
    for number, count in asked:
        params = {
            "threadId": f"thread-{number}", "turnId": f"turn-{number}", "itemId": f"i{count}", "command": f"{number}-{count}"
        }  # fmt: skip
        scenario.append(steps.ask("item/commandExecution/requestApproval", params, id=number * each + count))
    scenario += [steps.expect_answer(number * each + count) for number, count in asked]
    for number in range(threads):
        scenario += steps.turn_end(turn_id=f"turn-{number}", turn=f"turn{number}")
    is_allowed = {f"{number}-{count}": (number + count) % 3 == 0 for number, count in asked}
    waiting: list[str] = []
    all_asked = anyio.Event()

    async def decide(request: ApprovalRequest) -> bool:
        assert request.command is not None
        waiting.append(request.command)
        if len(waiting) == len(asked):
            all_asked.set()
        await all_asked.wait()
        return is_allowed[request.command]

    with FakeServer([*scenario, steps.hang()]) as server:
        async with AsyncCodex(server.config, approval_handler=decide) as codex:
            with anyio.fail_after(60):
                turns = [await (await codex.thread_start()).turn("x") for _ in range(threads)]
                assert {(await turn.run()).status for turn in turns} == {"completed"}
            assert codex.pending_requests == {}
        answers = {seen["id"]: seen["result"]["decision"] for seen in server.received if "result" in seen}
    assert answers == {
        number * each + count: "accept" if is_allowed[f"{number}-{count}"] else "decline"
        for number, count in asked
    }


def test_f39_a_clock_that_jumps_changes_no_deadline(
    scripted_codex: ScriptedCodexFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of day is asked for only to tell it to the agent: every wait is on the monotonic clock."""
    jumps = itertools.cycle([0.0, 1e10, -1e9, 5e9])
    gate = Gate()
    config = replace(
        scripted_codex([["half ", hold(gate), "whole"]]).config,
        turn_silence_limit_s=30,
        request_timeout_s=30,
    )
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    with Codex(config) as codex:
        turn = codex.thread_start().turn("x")
        gate.wait_reached()
        for _ in range(10):
            codex.request_raw("account/read")
        gate.open()
        assert turn.run(timeout_s=30).streamed_text == "half whole"
    monkeypatch.undo()
    engine = Path(codex_app_server.__file__).parent
    users = [
        path.name
        for path in engine.rglob("*.py")
        if re.search(r"\btime\.time\(|datetime\.now", path.read_text())
    ]
    assert users == ["desk.py"]
