"""A1, A3: a callback that fails harms no turn, and what is given up beside others is ended on the server too."""

from __future__ import annotations

import asyncio
import threading

import psutil
import pytest
from codex_app_server import AsyncCodex
from codex_app_server.testing import Gate, call, hold, text
from langchain_codex import CodexAgent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda, RunnableParallel


class Fails(BaseCallbackHandler):
    def on_llm_new_token(self, token, **kwargs):
        raise RuntimeError("no tokens")


class FailsLoudly(Fails):
    raise_error = True


def test_a01_a_callback_that_fails_harms_no_turn_unless_it_says_that_it_shall(chat):
    gate = Gate()
    model, sc = chat(lambda request: text(deltas=["Hel", "lo", *([hold(gate)] if request.number else [])]))
    quiet, loud = {"callbacks": [Fails()]}, {"callbacks": [FailsLoudly()]}
    assert "".join(chunk.content for chunk in model.stream("Hi", config=quiet)) == "Hello"
    with pytest.raises(RuntimeError, match="no tokens"):
        list(model.stream("Hi", config=loud))
    # The turn that nobody reads any more has been interrupted.
    sc.model.requests[-1].wait_ended()


def test_a03_what_a_failing_neighbour_gives_up_is_ended_with_its_command(scripted_codex):
    sc = scripted_codex([call("exec_command", cmd="exec sleep 293", yield_time_ms=60_000), "Done."])
    begun = threading.Event()
    commands: list[psutil.Process] = []

    class Begun(BaseCallbackHandler):
        def on_tool_start(self, *args, **kwargs):
            begun.set()

    async def fail(_):
        await asyncio.to_thread(begun.wait)
        children = psutil.Process().children(recursive=True)
        commands.extend(child for child in children if child.cmdline()[-1:] == ["293"])
        raise ValueError("the neighbour failed")

    async def chain():
        async with AsyncCodex(sc.config) as client:
            agent = CodexAgent(codex=client, cwd=sc.workspace, sandbox="danger-full-access")
            both = asyncio.create_task(
                RunnableParallel(agent=agent, other=RunnableLambda(fail)).ainvoke(
                    "Hi", config={"callbacks": [Begun()]}
                )
            )
            with pytest.raises(ValueError, match="the neighbour failed"):
                await both
            # LangChain leaves the others to themselves, until their loop is closed or somebody cancels them.
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            assert commands
            return await asyncio.to_thread(psutil.wait_procs, commands, timeout=30)

    assert asyncio.run(chain()) == (commands, [])
