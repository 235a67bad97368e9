"""Runs that end without their turn: the turn is interrupted, and what it has started ends with it."""

# pyright: reportDeprecated=false
# LlamaIndex marks its own documented call, `agent.run("...")`, as deprecated.

from __future__ import annotations

import contextlib
import os
import select
from typing import TYPE_CHECKING, Any

import anyio
import psutil
import pytest
from anyio import to_thread
from codex_app_server import ProcessExitedError
from codex_app_server.testing import Script, call
from llama_index.core.agent.workflow import AgentWorkflow
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context
from workflows.errors import WorkflowCancelledByUser, WorkflowRuntimeError, WorkflowTimeoutError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Command:
    """A command that tells its process and does not end."""

    def __init__(self, workspace: Path) -> None:
        os.mkfifo(workspace / "pid")
        # Open for writing as well, so that this does not wait for the command.
        self.pipe = os.open(workspace / "pid", os.O_RDWR | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self.pipe)

    async def pid(self) -> int:
        """Wait until it runs."""
        await to_thread.run_sync(select.select, [self.pipe], [], [], 60)
        return int(os.read(self.pipe, 100))


def sleep(**options: Any) -> Any:
    return call("exec_command", cmd="echo $$ > pid; exec sleep 600", **options)


async def is_gone(pid: int) -> bool:
    """Wait until a process has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        _, alive = await to_thread.run_sync(lambda: psutil.wait_procs([process], timeout=30))
        return not alive
    return True


async def test_cancelling_a_run_ends_its_command(scripted_codex, make_agent):
    sc = scripted_codex([sleep(yield_time_ms=60_000), "never said"])
    agent = make_agent(sc, sandbox="danger-full-access")

    with contextlib.closing(Command(sc.workspace)) as command, anyio.fail_after(60):
        handler = agent.run("Sleep!")
        pid = await command.pid()
        await handler.cancel_run()
        with pytest.raises(WorkflowCancelledByUser):
            await handler
        assert await is_gone(pid)


async def test_a_timeout_ends_the_command_of_the_run(scripted_codex, make_agent):
    sc = scripted_codex([sleep(yield_time_ms=60_000), "never said"])
    agent = make_agent(sc, sandbox="danger-full-access", timeout=2.0)

    with contextlib.closing(Command(sc.workspace)) as command, anyio.fail_after(60):
        with pytest.raises(WorkflowTimeoutError):
            await agent.run("Sleep!")
        with contextlib.suppress(BlockingIOError):
            # On a busy machine it may not have begun.
            assert await is_gone(int(os.read(command.pipe, 100)))


@pytest.mark.parametrize("end", ["max_iterations", "return_direct", "handoff", "error"])
async def test_a_command_in_the_background_ends_with_the_run(scripted_codex, make_agent, end):
    def say(request: Any) -> Any:
        if "You work." in request.instructions:
            return "Worked."
        if request.step == 0:
            return sleep(yield_time_ms=250)
        if end == "handoff":
            return call("handoff", to_agent="worker", reason="work")
        return call("add", a=1, b=2)

    sc = scripted_codex(say)
    tool = FunctionTool.from_defaults(add, return_direct=end == "return_direct")
    agent = make_agent(sc, name="first", description="first", tools=[tool], sandbox="danger-full-access")
    worker = make_agent(sc, name="worker", description="works", system_prompt="You work.")
    if end == "error":

        async def breaks(*_: Any) -> Any:
            raise OSError("no store")

        # Whatever fails between two steps: here the workflow cannot hand the results on.
        object.__setattr__(agent, "handle_tool_call_results", breaks)
    runner: Any = AgentWorkflow(agents=[agent, worker], root_agent="first")

    expected: dict[str, Any] = {"max_iterations": WorkflowRuntimeError, "error": OSError}
    with contextlib.closing(Command(sc.workspace)) as command, anyio.fail_after(60):
        with pytest.raises(expected[end]) if end in expected else contextlib.nullcontext():
            await runner.run(user_msg="Go!", max_iterations=1 if end == "max_iterations" else 20)
        assert await is_gone(await command.pid())


@pytest.mark.parametrize("is_direct", [True, False])
async def test_a_server_that_dies_while_a_tool_runs_is_told_unless_the_run_has_its_answer(
    scripted_codex, make_agent, is_direct
):
    sc = scripted_codex(Script().when("Kill", [call("kill"), "never said"]).otherwise("Still here."))
    before = set(psutil.Process().children(recursive=True))

    def kill() -> str:
        """End the server."""
        servers = set(psutil.Process().children(recursive=True)) - before
        for process in servers:
            process.kill()
        psutil.wait_procs(servers, timeout=30)
        return "killed"

    agent = make_agent(sc, tools=[FunctionTool.from_defaults(kill, return_direct=is_direct)])
    ctx: Context[Any] = Context(agent)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    with anyio.fail_after(60):
        if is_direct:
            assert str(await agent.run("Kill!", ctx=ctx, memory=memory)) == "killed"
        else:
            with pytest.raises(ProcessExitedError):
                await agent.run("Kill!", ctx=ctx, memory=memory)
        assert str(await agent.run("Are you there?", ctx=ctx, memory=memory)) == "Still here."

    assert sc.model.requests[-1].user_texts == ["Kill!", "Are you there?"]
    assert ("killed" in str(sc.model.requests[-1].input)) is is_direct
