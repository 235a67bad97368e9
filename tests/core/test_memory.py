"""What the engine lets go of, and when: a context may hold the whole program of whoever started a turn."""

from __future__ import annotations

import contextvars
import gc
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest
from codex_app_server import AsyncCodex, Codex, ProcessExitedError, SharedCodex, TextDelta
from codex_app_server.testing import steps

if TYPE_CHECKING:
    from codex_app_server.testing import FakeServerFactory, ScriptedCodexFactory

kept: contextvars.ContextVar[object] = contextvars.ContextVar("kept")


class Framework:
    """What a framework has in the context of its run."""

    codex: object = None


@pytest.mark.parametrize("silence_limit_s", [None, 300.0])
def test_a_turn_that_has_ended_keeps_nothing_of_whoever_started_it(
    fake_codex: FakeServerFactory, silence_limit_s: float | None
) -> None:
    server = fake_codex([*steps.handshake(), *steps.thread_start(), *steps.turn("fine"), steps.hang()])
    with Codex(replace(server.config, turn_silence_limit_s=silence_limit_s)) as codex:
        thread = codex.thread_start()

        def in_a_framework() -> tuple[weakref.ref[Framework], object]:
            framework = Framework()
            kept.set(framework)
            turn = thread.turn("x", approval_handler=lambda _: framework.codex is not None)
            assert turn.run().text == "fine"
            return weakref.ref(framework), turn

        ref, turn = contextvars.copy_context().run(in_a_framework)
        gc.collect()
        assert ref() is None
        assert turn is not None


def test_a_text_that_is_cut_off_leaves_nothing_when_its_turn_ends(fake_codex: FakeServerFactory) -> None:
    place = {"threadId": "thread-1", "turnId": "turn-1", "itemId": "turn-1-message"}
    server = fake_codex(
        [
            *steps.handshake(),
            *steps.thread_start(),
            *steps.turn_begin(),
            steps.notify("item/agentMessage/delta", {**place, "delta": "half"}),
            steps.barrier("seen"),
            *steps.turn_end("interrupted"),
            steps.hang(),
        ]
    )
    with Codex(server.config) as codex:
        turn = codex.thread_start().turn("x")
        assert any(isinstance(event, TextDelta) for event in turn.events(detach=True))
        link = codex._engine._link
        assert link is not None
        assert link._connection is not None
        known = link._connection._deltas._known
        assert len(known) == 1
        server.release("seen")
        assert turn.run().status == "interrupted"
        assert known == {}


def test_a_server_keeps_nothing_of_whoever_launched_it(scripted_codex: ScriptedCodexFactory) -> None:
    config = scripted_codex("fine").config

    def in_a_framework() -> tuple[weakref.ref[Framework], Codex]:
        framework = Framework()
        kept.set(framework)
        codex = Codex(config, approval_handler=lambda _: False)
        assert codex.thread_start(ephemeral=True).run("x").text == "fine"
        return weakref.ref(framework), codex

    ref, codex = contextvars.copy_context().run(in_a_framework)
    with codex:
        gc.collect()
        assert ref() is None


@pytest.mark.anyio
async def test_a_shared_server_ends_though_it_was_launched_in_a_context_that_holds_it(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    config = scripted_codex("fine").config

    async def in_a_framework() -> weakref.ref[SharedCodex]:
        framework = Framework()
        kept.set(framework)
        shared = framework.codex = SharedCodex(config)
        thread = await shared.async_client().thread_start()
        assert (await thread.run("x")).text == "fine"
        return weakref.ref(shared)

    refs: list[weakref.ref[SharedCodex]] = []

    async def main() -> None:
        refs.append(await in_a_framework())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(main)
    del tasks
    gc.collect()
    assert refs[0]() is None
    SharedCodex.close_idle()


@pytest.mark.anyio
async def test_a_failed_turn_lets_go_too(fake_codex: FakeServerFactory) -> None:
    server = fake_codex([*steps.handshake(), *steps.thread_start(), *steps.turn_begin(), steps.die(9)])
    codex = AsyncCodex(server.config)
    refs: list[weakref.ref[Framework]] = []
    caught: list[str] = []
    turns: list[object] = []

    async def in_a_framework() -> None:
        framework = Framework()
        kept.set(framework)
        refs.append(weakref.ref(framework))
        thread = await codex.thread_start()
        turn = await thread.turn("x")
        turns.append(turn)
        try:
            await turn.run()
        except ProcessExitedError as exc:
            caught.append(type(exc).__name__)

    async with codex:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_a_framework)
        del tasks
    gc.collect()
    assert caught == ["ProcessExitedError"]
    assert len(turns) == 1
    assert refs[0]() is None
