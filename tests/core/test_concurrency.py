"""Many turns at once on one client, on the true app-server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import anyio
import pytest
from codex_app_server import AsyncCodex, TextDelta, TurnFinished
from codex_app_server.testing import Gate, Script, hold

if TYPE_CHECKING:
    from codex_app_server.testing import ModelRequest, Part, ScriptedCodexFactory

TURNS = 200


@pytest.mark.anyio
async def test_two_hundred_turns_stream_at_once_on_one_client(scripted_codex: ScriptedCodexFactory) -> None:
    gate = Gate()

    def script(request: ModelRequest) -> list[str | Part]:
        word = request.last_user_text
        return [f"first of {word}", hold(gate), f", second of {word}"]

    setup = scripted_codex(script)
    texts: dict[int, str] = {}

    async with AsyncCodex(setup.config) as codex:

        async def one(number: int) -> None:
            thread = await codex.thread_start(ephemeral=True, environments=[])
            async for event in (await thread.turn(f"turn {number}")).events():
                if isinstance(event, TextDelta):
                    texts[number] = texts.get(number, "") + event.text
                elif isinstance(event, TurnFinished):
                    event.result.raise_for_status()
                    assert event.result.thread_id == thread.id

        with anyio.fail_after(300):
            async with anyio.create_task_group() as group:
                for number in range(TURNS):
                    group.start_soon(one, number)
                # All of them are in the middle of their stream before any may go on.
                await gate.reached_async(timeout_s=250, count=TURNS)
                assert (
                    len([thread for thread in threading.enumerate() if "codex-app-server" in thread.name])
                    <= 2
                )
                gate.open()
    assert texts == {number: f"first of turn {number}, second of turn {number}" for number in range(TURNS)}


@pytest.mark.anyio
async def test_quiet_turns_do_not_hold_up_a_short_one(scripted_codex: ScriptedCodexFactory) -> None:
    quiet = Gate()
    setup = scripted_codex(
        Script().when("quiet", [["waiting", hold(quiet), "done"]]).otherwise("short answer")
    )
    async with AsyncCodex(setup.config) as codex:
        threads = [await codex.thread_start(ephemeral=True, environments=[]) for _ in range(20)]
        turns = [await thread.turn("quiet") for thread in threads]
        await quiet.reached_async(timeout_s=60, count=len(turns))
        with anyio.fail_after(30):
            assert (await (await codex.thread_start(ephemeral=True)).run("short")).text == "short answer"
            await turns[0].interrupt()
            assert (await turns[0].run()).status == "interrupted"
        quiet.open()
        assert [(await turn.run()).streamed_text for turn in turns[1:]] == ["waitingdone"] * 19
