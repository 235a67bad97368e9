"""One turn of the agent, between what was asked and what is returned; for both faces.

A turn that needs the decision of a person ends its run with an interrupt of the graph, and waits; the run
that the graph is resumed with goes on with the same turn, callbacks and all.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codex_app_server import (
    ApprovalRequested,
    ElicitationRequested,
    EventStream,
    SubAgentEvent,
    ToolCallRequested,
    ToolStarted,
    TurnFinished,
    TurnInterruptedError,
    UserInputRequested,
)

from langchain_codex._agent_asking import answer, is_askable, mark_of, shown
from langchain_codex._agent_decided import decided_on
from langchain_codex._agent_errors import check_turn
from langchain_codex._agent_graph import is_interrupt, need_graph
from langchain_codex._agent_output import AgentOutput, to_usage
from langchain_codex._agent_sub_agents import SubAgentRuns
from langchain_codex._run_steps import Produced
from langchain_codex._runs import RunTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_app_server import AsyncEventStream, AsyncThread, AsyncTurn, Event, Thread, Turn
    from codex_app_server.questions import Question
    from langchain_core.runnables import RunnableConfig

    from langchain_codex._agent_asking import Decision
    from langchain_codex._agent_decided import Asking, Decided
    from langchain_codex._agent_graph import GraphTask
    from langchain_codex._agent_input import AgentRequest
    from langchain_codex._agent_tools import ToolTurn
    from langchain_codex._run_steps import Step

__all__ = ["AgentTurn"]

_QUESTIONS = (ApprovalRequested, ElicitationRequested, UserInputRequested)


class AgentTurn:
    """A turn that is about to run.

    Args:
        request: What was asked for.
        thread: The thread.
        tools: What its tools are called with.
        agent_name: Name of the agent, or None.
        model_name: The model that was asked for, or None.
        asking: Whom its questions go to; None for handlers.

    Attributes:
        model_name: The model.
        thread_id: The thread.
        tools: As given.
        tree: Its runs.
        task: The task of a graph that it runs in.
        is_asking: Whether questions become interrupts of that.
        is_paused: Whether the run ends with an interrupt, and the turn waits.
        is_going_on: Whether the turn went on when its run was resumed.
    """

    def __init__(
        self,
        request: AgentRequest,
        thread: Thread | AsyncThread,
        tools: ToolTurn,
        *,
        agent_name: str | None,
        model_name: str | None,
        asking: Asking | None,
    ) -> None:
        self.tools = tools
        self.model_name = model_name or thread.model or "unknown"
        self.thread_id = thread.id
        self.tree = RunTree(
            request.messages,
            thread_id=thread.id,
            agent_name=agent_name,
            model_name=self.model_name,
            traced=tools.traced,
        )
        self._sub_agents = SubAgentRuns(model_name=self.model_name, traced=tools.traced)
        self.task = None if asking is None else asking.task
        self.is_asking = asking is not None
        self.is_paused = False
        self.is_going_on = False
        self._agent_name = agent_name
        self._turn_id = ""
        self._stream: EventStream | AsyncEventStream | None = None
        self._deadline: float | None = None
        self._left_s: float | None = None
        # What was produced, where a run that is resumed returns it again.
        self._parts: list[AgentOutput] = []
        # What a person was asked last, and what is still to be asked.
        self._asked: dict[str, Any] = {}
        self._questions: list[Question] = []
        decided = None if asking is None else asking.decided
        self._known: dict[str, Decision] = {} if decided is None else decided.known
        self._ask_count = 0 if decided is None else decided.ask_count

    # --- its events -------------------------------------------------------------------------------

    def started(self, turn: Turn[Any] | AsyncTurn[Any], *, timeout_s: float | None) -> None:
        """Take the turn that has begun."""
        self._turn_id = turn.id
        self._stream = turn.events(timeout_s=timeout_s, sub_agents=True)
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s

    def sync_events(self) -> EventStream:
        """Return the events, from where they were left."""
        stream = self._open_stream()
        self._stream = stream = stream if isinstance(stream, EventStream) else stream.as_sync()
        return stream

    def async_events(self) -> AsyncEventStream:
        """Return the events, from where they were left."""
        stream = self._open_stream()
        self._stream = stream = stream.as_async() if isinstance(stream, EventStream) else stream
        return stream

    def _open_stream(self) -> EventStream | AsyncEventStream:
        if self._stream is None:
            raise AssertionError("the turn has not begun")
        return self._stream

    def steps(self, event: Event) -> Iterator[Step]:
        """Return what an event is to the callbacks and to the reader of the output."""
        for step in self._steps(event):
            if isinstance(step, Produced):
                self._keep(step.part)
            yield step
        messages = self.tools.updates.take_messages()
        if messages:
            part = AgentOutput(messages=messages)
            self._keep(part)
            yield Produced(part)

    def _steps(self, event: Event) -> Iterator[Step]:
        if isinstance(event, SubAgentEvent):
            yield from self._sub_agents.feed(event)
            return
        self._sub_agents.note(event)
        if isinstance(event, TurnFinished):
            yield from self._sub_agents.abandon(
                TurnInterruptedError("the turn that this sub-agent worked for has ended before it did")
            )
        yield from self.tree.feed(event)

    def _keep(self, part: AgentOutput) -> None:
        if self.is_asking:
            self._parts.append(part)

    def passed(self, event: Event) -> None:
        """Take an event that has been told to the callbacks.

        Raises:
            GraphInterrupt: A person is to decide before the turn goes on.
            LocalProtocolError: A person is to decide, and there is no graph to ask one.
        """
        if isinstance(event, SubAgentEvent):
            event = event.event
        if isinstance(event, ToolStarted):
            self.tools.reach(event.item_id)
        elif isinstance(event, ToolCallRequested):
            # The turn would wait for ever: the thread was started with tools that this agent does not have.
            event.call.fail(f"There is no tool {event.call.name!r} any more.")
        elif self.is_asking and isinstance(event, _QUESTIONS) and is_askable(event.request):
            self._questions.append(event.request)
        if self._questions:
            self._ask()

    # --- a person decides -------------------------------------------------------------------------

    def _ask(self) -> None:
        # A tool of this program would be cut off: it runs in the loop, and below the run, that end now.
        while self._questions and not self.tools.is_running:
            question = self._questions[0]
            mark = mark_of(question)
            if question.is_open and mark not in self._known:
                self._interrupt(question, mark)
            self._questions.pop(0)
            if question.is_open:
                answer(question, self._known[mark])
                if self._known[mark] != "decline":
                    # It was shown once, and is allowed once.
                    del self._known[mark]

    def _interrupt(self, question: Question, mark: str) -> None:
        asked = shown(question)
        if self.task is None:
            raise need_graph(asked["kind"])
        asked |= {
            "id": question.id,
            "thread_id": self.thread_id,
            "turn_id": self._turn_id,
            "item_id": question.item_id,
            "agent": self._agent_name,
        }
        if question.thread_id != self.thread_id:
            asked["sub_agent_thread_id"] = question.thread_id
        self._asked = asked
        while True:
            asked["codex"] = {"run": self.task.key, "mark": mark, "asked": self._ask_count}
            try:
                # What it returns was given to something else, before this was asked.
                self.task.ask(asked)
            except Exception as exc:
                self.is_paused = is_interrupt(exc)
                raise
            self._ask_count += 1

    def resume(self, task: GraphTask, config: RunnableConfig) -> Decided:
        """Go on with what was decided, in the task that is resumed.

        Raises:
            GraphInterrupt: Nobody has decided yet.
        """
        decided = decided_on(task, self._asked)
        self._ask_count = decided.ask_count
        self.task = task
        self.tools.config = config
        self.tools.loop = None
        self.is_paused = False
        if self._stream is not None and self._left_s is not None:
            self._stream.set_timeout(self._left_s)
            self._deadline = time.monotonic() + self._left_s
        # False when the turn did not wait any more: the server has died, or somebody has ended it.
        self.is_going_on = answer(self._questions.pop(0), decided.decision)
        return decided

    def reopened(self) -> Iterator[Step]:
        """Return what a resumed run begins with: what was produced before, and the runs that are open."""
        if self._parts:
            yield Produced(AgentOutput.sum(self._parts))
        yield from self.tree.reopen()
        yield from self._sub_agents.reopen()

    def left(self, error: BaseException) -> Iterator[Step]:
        """Return the steps that end the run early; `error` is the reason."""
        if not self.is_paused:
            yield from self._sub_agents.abandon(error)
            yield from self.tree.abandon(error)
            return
        if self._deadline is not None:
            self._left_s = max(0.0, self._deadline - time.monotonic())
        # The engine has the tools, and the configuration has the graph, and so the agent itself.
        self.tools.config = {}
        yield from self._sub_agents.suspend(error)
        yield from self.tree.suspend(error)
        self.tools.managers.clear()

    def close(self) -> None:
        """End a turn that waits: nobody comes back to it."""
        self.tools.finish()
        if self._stream is not None:
            self.sync_events().close()

    def __del__(self) -> None:
        # Its stream ends the turn; a tool that waits for the reader is to be told as well.
        self.tools.finish()

    # --- its end ----------------------------------------------------------------------------------

    def last_part(self, *, has_output: bool) -> AgentOutput:
        """Return the last part of the output.

        Args:
            has_output: Whether the turn has an output type.

        Raises:
            TurnFailedError: The turn failed; a `RetryableTurnError` if it may be run again.
            TurnInterruptedError: It was interrupted.
            OutputError: The answer does not fit the output type.
            StateUpdateError: A tool wanted what the output cannot say.
        """
        result = self.tree.result
        if result is None:
            raise AssertionError("the events ended without the end of the turn")
        check_turn(result, has_acted=self.tree.has_acted)
        part = AgentOutput(
            thread_id=result.thread_id,
            diff=result.diff,
            plan=[asdict(step) for step in result.plan],
            usage=to_usage(result.usage),
        )
        sub_agents = result.usage_report.sub_agents
        if sub_agents.total_tokens:
            part["sub_agent_usage"] = to_usage(sub_agents)
        if has_output:
            part["structured_response"] = result.output
        if self.tools.updates.error is not None:
            raise self.tools.updates.error
        part.update(self.tools.updates.values)
        return part
