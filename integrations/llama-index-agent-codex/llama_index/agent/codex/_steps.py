"""Reads a turn for one step of the workflow: until it calls tools of this program, asks a person, or ends."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from codex_app_server import (
    ApprovalRequest,
    ApprovalRequested,
    Elicitation,
    ElicitationRequested,
    OtherEvent,
    ReasoningDelta,
    ResponseFinished,
    TextDelta,
    ToolCallRequested,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    Usage,
    UsageUpdated,
    UserInputRequest,
    UserInputRequested,
    WarningRaised,
)
from llama_index.agent.codex._events import to_framework
from llama_index.agent.codex._questions import Waiter, give, is_same, waiter_of
from llama_index.agent.codex._threads import spend, spent
from llama_index.agent.codex._tracing import ChatTrace, ToolTrace
from llama_index.agent.codex.events import CodexNotice
from llama_index.core.agent.workflow.workflow_events import AgentOutput, AgentStream
from llama_index.core.base.llms.types import TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.tools import ToolMetadata
from llama_index.llms.codex.responses import raw_turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codex_app_server import Event, ToolCall, TurnResult
    from llama_index.agent.codex._questions import CoreQuestion
    from llama_index.agent.codex._threads import ThreadRecord
    from llama_index.agent.codex._turns import LiveTurn
    from llama_index.agent.codex.agent import CodexAgent
    from llama_index.core.agent.workflow.agent_context import AgentContext
    from llama_index.core.tools import AsyncBaseTool, ToolSelection

__all__ = ["StepReader"]

# What has come all at once is shown in parts: each event takes a task of the workflow, and whoever reads the stream
# is to keep up.
_UNSEEN_EVENTS = 16


class StepReader:
    """Reads one stretch of a turn.

    Args:
        agent: Whose turn it is.
        ctx: The context of the run.
        record: What is known of the thread; changed here, and written by whoever calls.
        live: The turn.
        traced: What tracers are told: what the model got, and the tools of the agent.
    """

    def __init__(
        self,
        agent: CodexAgent,
        ctx: AgentContext,
        record: ThreadRecord,
        live: LiveTurn,
        *,
        traced: tuple[Sequence[ChatMessage], Sequence[AsyncBaseTool]],
    ) -> None:
        messages, tools = traced
        self._agent = agent
        self._callbacks = agent.callback_manager
        self._ctx = ctx
        self._record = record
        self._live = live
        self._tools = {tool.metadata.get_name(): tool.metadata for tool in tools}
        self._messages = messages
        self._usage_before = live.usage

    async def read(self) -> AgentOutput | Waiter:
        """Return the output of the step, or the question that it waits for.

        Raises:
            TurnFailedError: The turn failed.
            AppServerError: The server is gone.
        """
        trace = ChatTrace(self._callbacks, self._messages, self._agent.model or "codex")
        try:
            outcome = await self._until_outcome(trace)
        except BaseException as exc:
            trace.fail(exc)
            raise
        message = outcome.response if isinstance(outcome, AgentOutput) else self._message([])
        trace.end(message, self._raw("inProgress", _difference(self._live.usage, self._usage_before)))
        return outcome

    async def _until_outcome(self, trace: ChatTrace) -> AgentOutput | Waiter:
        agent, live, ctx = self._agent, self._live, self._ctx
        name, streaming = agent.name, agent.streaming
        write, next_event = ctx.write_event_to_stream, live.next
        unseen = 0
        while True:
            event = await next_event()
            if type(event) is TextDelta:
                live.text += event.text
                if streaming:
                    trace.delta(live.text, event.text, raw=event.raw)
            elif type(event) is ReasoningDelta:
                if streaming:
                    trace.delta(live.text, "", thinking=event.text, raw=event.raw)
            else:
                outcome = await self._take(event)
                if outcome is not None:
                    return outcome
            shown = to_framework(event, agent_name=name, response=live.text, streaming=streaming)
            if shown is not None:
                write(shown)
                unseen += 1
                if unseen == _UNSEEN_EVENTS:
                    unseen = 0
                    await asyncio.sleep(0)

    async def _take(self, event: Event) -> AgentOutput | Waiter | None:
        """Do what an event asks for; returns what ends the step."""
        live = self._live
        match event:
            case ToolCallRequested():
                return await self._call(live.requested(event.call))
            case ResponseFinished():
                live.spend(told=event.usage)
                return await self._call(live.response_ended(event.calls))
            case TurnFinished():
                return await self._finish(event.result)
            case UsageUpdated():
                live.spend(event.last)
            case WarningRaised() if event.will_retry:
                # The response broke off; the server may wait for its calls all the same.
                return await self._call(live.response_ended())
            case OtherEvent(method="rawResponseItem/completed"):
                item: Any = event.raw.get("item")
                if isinstance(item, dict) and cast("dict[str, Any]", item).get("type") == "function_call":
                    live.is_writing_calls()
            case ApprovalRequested() | UserInputRequested() | ElicitationRequested():
                return self._question(event.request)
            case ToolStarted() if event.tool_kind != "function":
                tool = ToolMetadata(name=event.name, description=f"Codex: {event.tool_kind}")
                live.tools[event.item_id] = ToolTrace(self._callbacks, tool, event.arguments, has_span=True)
            case ToolFinished() if event.item_id in live.tools and event.tool_kind != "function":
                live.tools.pop(event.item_id).end(event.output, event.raw.get("item"))
            case _:
                pass
        return None

    # --- calls of tools ---------------------------------------------------------------------------

    async def _call(self, calls: tuple[ToolCall, ...]) -> AgentOutput | None:
        selections = self._live.take(calls)
        if not selections:
            return None
        for selection in selections:
            tool = self._tools.get(selection.tool_name) or ToolMetadata(
                name=selection.tool_name, description=""
            )
            self._live.tools[selection.tool_id] = ToolTrace(
                self._callbacks, tool, selection.tool_kwargs, has_span=False
            )
        if self._agent.streaming:
            self._ctx.write_event_to_stream(
                AgentStream(
                    delta="",
                    response=self._live.text,
                    current_agent_name=self._agent.name,
                    tool_calls=[*selections],
                    raw=None,
                )
            )
        return await self._ask_for_tools(selections)

    async def _ask_for_tools(self, calls: list[ToolSelection]) -> AgentOutput:
        message = self._message(calls)
        self._record.add(message, is_known=True)
        usage = await spent(self._ctx, self._live.run_id) + self._live.usage
        self._live.end_step()
        return AgentOutput(
            response=message,
            tool_calls=calls,
            raw=self._raw("inProgress", usage),
            current_agent_name=self._agent.name,
        )

    def _message(self, calls: list[ToolSelection]) -> ChatMessage:
        text = self._live.text
        blocks: list[Any] = [TextBlock(text=text)] if text else []
        blocks += [
            ToolCallBlock(tool_call_id=call.tool_id, tool_name=call.tool_name, tool_kwargs=call.tool_kwargs)
            for call in calls
        ]
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks)

    # --- questions --------------------------------------------------------------------------------

    def _question(self, question: CoreQuestion) -> Waiter | None:
        """Return a question that a person has to answer; others are, or were, answered otherwise."""
        waiter = waiter_of(question, self._agent.name)
        if not question.is_open or not self._is_ours(question):
            if not isinstance(question, ApprovalRequest) and not question.is_open:
                self._notice(f"question: nobody answers: {_subject(question)}")
            return None
        for granted in self._record.granted:
            earlier = Waiter.from_json(granted)
            if is_same(earlier.event, waiter.event):
                self._record.granted.remove(granted)
                refusal = give(question, waiter.response(granted["answer"]))
                self._notice(f"answered before: {refusal or granted['answer']}: {_subject(question)}")
                return None
        self._live.questions[waiter.event.request_id] = question
        return waiter

    def _is_ours(self, question: CoreQuestion) -> bool:
        agent = self._agent
        if not agent.human_input or not hasattr(self._ctx, "wait_for_event"):
            return False
        handlers = {
            ApprovalRequest: agent.approval_handler,
            UserInputRequest: agent.user_input_handler,
            Elicitation: agent.elicitation_handler,
        }
        return handlers[type(question)] is None

    def _notice(self, message: str) -> None:
        self._ctx.write_event_to_stream(CodexNotice(message=message, current_agent_name=self._agent.name))

    # --- the end ----------------------------------------------------------------------------------

    async def _finish(self, result: TurnResult) -> AgentOutput:
        record = self._record
        usage = await spend(self._ctx, self._live.run_id, result.usage)
        record.turn_id = None
        record.granted = []
        result.raise_for_status()
        message = ChatMessage(role=MessageRole.ASSISTANT, content=result.text)
        record.add(message, is_known=True)
        return AgentOutput(
            response=message,
            raw=self._raw(result.status, usage),
            current_agent_name=self._agent.name,
        )

    def _raw(self, status: str, usage: Usage) -> dict[str, Any]:
        turn = self._live.turn
        return raw_turn(turn.thread_id, turn.id, status, usage)


def _subject(question: CoreQuestion) -> str:
    if isinstance(question, ApprovalRequest):
        return question.command or question.reason or question.approval_kind
    if isinstance(question, UserInputRequest):
        return " ".join(entry.question for entry in question.questions)
    return question.message


def _difference(total: Usage, before: Usage) -> Usage:
    earlier: Mapping[str, int] = asdict(before)
    return Usage(**{name: max(0, count - earlier[name]) for name, count in asdict(total).items()})
