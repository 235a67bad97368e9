"""How a run of the agent begins: with a turn, or with one that waits for a person, or that was cut off while it did."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from langchain_codex._agent_decided import Asking, decided_on
from langchain_codex._agent_graph import graph_task
from langchain_codex._agent_injected import check_injected
from langchain_codex._agent_options import thread_options, turn_options
from langchain_codex._agent_threads import aopen_thread, open_thread
from langchain_codex._agent_tools import ToolTurn, as_base_tool, in_context_of
from langchain_codex._agent_turn import AgentTurn
from langchain_codex._spans import spans_of_langchain

if TYPE_CHECKING:
    from codex_app_server import AsyncThread, Thread
    from langchain_core.runnables import RunnableConfig

    from langchain_codex._agent_decided import Decided
    from langchain_codex._agent_graph import GraphTask
    from langchain_codex._agent_input import AgentRequest
    from langchain_codex._agent_paused import PausedRuns
    from langchain_codex._server import Access
    from langchain_codex.agents import CodexAgent

__all__ = ["Beginning"]


class Beginning:
    """The beginning of one run.

    Args:
        agent: Whose run it is.
        access: The app-server.
        waiting: The runs that wait for a person; None where handlers decide.
        request: What was asked for.
        config: The configuration of the run.
    """

    def __init__(
        self,
        agent: CodexAgent,
        access: Access,
        waiting: PausedRuns | None,
        request: AgentRequest,
        config: RunnableConfig,
    ) -> None:
        self._agent = agent
        self._access = access
        self._waiting = waiting
        self._request = request
        self._config = config
        self._tools = [as_base_tool(tool) for tool in agent.tools]
        self._task: GraphTask | None = None

    def begin(self) -> AgentTurn:
        """Return a turn that has been started, or goes on.

        Raises:
            GraphInterrupt: A person has been asked, and has not decided yet.
            ThreadBusyError: Another process has the thread open.
            ThreadNotFoundError: There is no such thread.
        """
        run, decided = self._prepared()
        if run is not None and run.is_going_on:
            return run
        asked = self._task.asked_last() if self._task is not None and run is None else None
        if self._task is not None and asked:
            decided = decided_on(self._task, asked)
        if decided is not None:
            return self._told_again(decided)
        self._go_past()
        return self._started(self._open(self._request), self._request)

    async def abegin(self) -> AgentTurn:
        """As `begin`, for asyncio."""
        run, decided = self._prepared()
        if run is not None and run.is_going_on:
            run.tools.loop = asyncio.get_running_loop()
            return run
        asked = await self._task.aasked_last() if self._task is not None and run is None else None
        if self._task is not None and asked:
            decided = decided_on(self._task, asked)
        if decided is not None:
            return await self._atold_again(decided)
        self._go_past()
        return await self._astarted(await self._aopen(self._request), self._request)

    def leave(self, run: AgentTurn) -> None:
        """Keep a run that waits for a person; end another one."""
        if run.is_paused and run.task is not None and self._waiting is not None:
            self._waiting.put(run.task.key, run)
        else:
            run.tools.finish()

    # --- what waits for a person --------------------------------------------------------------------

    def _prepared(self) -> tuple[AgentTurn | None, Decided | None]:
        """Return the run that waited for this one, and what was decided on it."""
        check_injected(self._tools, self._config, self._request.state)
        if self._waiting is None:
            return None, None
        self._task = task = graph_task(self._config, self._request.conversation, self._agent.name)
        if task is None:
            return None, None
        run = self._waiting.take(task.key)
        if run is None:
            return None, None
        try:
            decided = run.resume(task, self._config)
        except BaseException:
            # Nobody has decided yet: it waits on.
            self._waiting.put(task.key, run)
            raise
        if not run.is_going_on:
            run.close()
        return run, decided

    def _go_past(self) -> None:
        """End a turn that waits in the thread: the conversation goes on without an answer to it."""
        if self._waiting is not None and self._request.thread_id is not None:
            self._waiting.drop_thread(self._request.thread_id)

    def _told_again(self, decided: Decided) -> AgentTurn:
        """Begin a turn that goes on where one was cut off; the thread is told what was decided."""
        thread = self._open(self._request.at_end_of(decided.thread_id))
        turn = thread.active_turn
        if turn is not None and turn.id == decided.turn_id:
            turn.interrupt()
        items = [entry.item for entry in thread.items(turn_id=decided.turn_id)]
        decided = decided.in_view_of(items)
        request = self._request.at_end_of(thread.id, decided.note)
        thread.inject_items(request.history)
        return self._started(thread, request, decided)

    async def _atold_again(self, decided: Decided) -> AgentTurn:
        thread = await self._aopen(self._request.at_end_of(decided.thread_id))
        turn = thread.active_turn
        if turn is not None and turn.id == decided.turn_id:
            await turn.interrupt()
        items = [entry.item async for entry in thread.items(turn_id=decided.turn_id)]
        decided = decided.in_view_of(items)
        request = self._request.at_end_of(thread.id, decided.note)
        await thread.inject_items(request.history)
        return await self._astarted(thread, request, decided)

    # --- a turn -------------------------------------------------------------------------------------

    def _open(self, request: AgentRequest) -> Thread:
        return open_thread(self._access.sync_client(), request, thread_options(self._agent, is_async=False))

    async def _aopen(self, request: AgentRequest) -> AsyncThread:
        return await aopen_thread(
            self._access.async_client(), request, thread_options(self._agent, is_async=True)
        )

    def _started(self, thread: Thread, request: AgentRequest, decided: Decided | None = None) -> AgentTurn:
        agent = self._agent
        run = self._run(thread, request, decided)
        options = turn_options(agent, is_new_thread=request.thread_id is None)
        with in_context_of(run.tools, is_lasting=run.is_asking), spans_of_langchain():
            turn = thread.turn(request.turn_input, output_type=agent.output_type, **options)
        run.started(turn, timeout_s=agent.timeout)
        return run

    async def _astarted(
        self, thread: AsyncThread, request: AgentRequest, decided: Decided | None = None
    ) -> AgentTurn:
        agent = self._agent
        run = self._run(thread, request, decided)
        options = turn_options(agent, is_new_thread=request.thread_id is None)
        if run.is_asking:
            run.tools.loop = asyncio.get_running_loop()
        with in_context_of(run.tools, is_lasting=run.is_asking), spans_of_langchain():
            turn = await thread.turn(request.turn_input, output_type=agent.output_type, **options)
        run.started(turn, timeout_s=agent.timeout)
        return run

    def _run(self, thread: Thread | AsyncThread, request: AgentRequest, decided: Decided | None) -> AgentTurn:
        return AgentTurn(
            request,
            thread,
            ToolTurn(self._config, request.state, thread.id, self._tools),
            agent_name=self._agent.name,
            model_name=self._agent.model,
            asking=None if self._waiting is None else Asking(self._task, decided),
        )
