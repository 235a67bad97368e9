"""A thread and its turns in both faces of one server."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import anyio
import pytest
from codex_app_server import AsyncCodex, Codex
from codex_app_server.chat import chat_thread_options

if TYPE_CHECKING:
    from codex_app_server import AsyncThread, Thread
    from codex_app_server.testing import ScriptedCodexFactory

pytestmark = pytest.mark.anyio


async def test_a_thread_goes_on_in_the_other_face_of_its_server(scripted_codex: ScriptedCodexFactory) -> None:
    sc = scripted_codex(lambda request: request.last_user_text.upper())
    with Codex(sc.config) as codex:
        thread = codex.thread_start(**chat_thread_options())
        assert thread.run("one").text == "ONE"
        for number in range(3):
            awaited: AsyncThread = thread.as_async()
            assert (awaited.id, awaited.model) == (thread.id, thread.model)
            assert (await awaited.run(f"a{number}")).text == f"A{number}"
            thread = awaited.as_sync()
            assert (await anyio.to_thread.run_sync(thread.run, f"b{number}")).text == f"B{number}"
        # The first object of it still is one.
        assert thread.run("last").text == "LAST"
    assert len({request.thread_id for request in sc.model.requests}) == 1
    assert len(sc.model.requests) == 8


async def test_turns_of_both_faces_of_a_thread_run_one_after_the_other(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    sc = scripted_codex(lambda request: request.last_user_text.upper())
    async with AsyncCodex(sc.config) as codex:
        thread = await codex.thread_start(**chat_thread_options())
        blocking: Thread = thread.as_sync()
        answers: list[str] = []

        async def ask(text: str) -> None:
            answers.append((await thread.run(text)).text)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "a")
            answers.append((await anyio.to_thread.run_sync(blocking.run, "b")).text)
    assert sorted(answers) == ["A", "B"]
    # The second was asked when the first had been answered.
    assert [item["role"] for item in sc.model.requests[1].input] == ["user", "assistant", "user"]


async def test_faces_made_of_faces_keep_one_owner(scripted_codex: ScriptedCodexFactory) -> None:
    sc = scripted_codex("Fine.")
    with Codex(sc.config) as codex:
        face: AsyncCodex = codex.as_async()
        for _ in range(20):
            face = face.as_sync().as_async()
        gc.collect()
        clients = [each for each in gc.get_objects() if type(each) in (Codex, AsyncCodex)]
        assert len(clients) == 2
        assert (await (await face.thread_start()).run("Hi")).text == "Fine."


async def test_a_thread_of_one_face_is_resumed_by_the_other_after_a_restart(
    scripted_codex: ScriptedCodexFactory,
) -> None:
    sc = scripted_codex("Fine.")
    with Codex(sc.config) as codex:
        thread = codex.thread_start()
        assert thread.run("one").text == "Fine."
        awaited = thread.as_async()
        codex.restart()
        assert (await awaited.run("two")).text == "Fine."
    assert len({request.thread_id for request in sc.model.requests}) == 1
