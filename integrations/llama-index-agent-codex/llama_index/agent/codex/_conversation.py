"""The thread of one context: found, resumed or started anew, brought up to date, and turns started in it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from codex_app_server import AppServerError, ThreadNotFoundError, TransportClosedError
from llama_index.agent.codex._inputs import transcript_items, turn_input, unseen
from llama_index.agent.codex._questions import defer, defer_approvals
from llama_index.agent.codex._turns import LiveTurn
from llama_index.agent.codex.events import CodexNotice
from llama_index.core.llms import MessageRole
from llama_index.llms.codex.images import must_be_loaded
from llama_index.llms.codex.items import history_items
from llama_index.llms.codex.spans import spans_of_llama_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import AsyncThread, AsyncTurn, InputItem, TurnOptions
    from llama_index.agent.codex._threads import LiveThreads, ThreadRecord
    from llama_index.agent.codex._tools import ToolSet
    from llama_index.agent.codex.agent import CodexAgent
    from llama_index.core.agent.workflow.agent_context import AgentContext
    from llama_index.core.llms import ChatMessage
    from llama_index.core.workflow import Context
    from llama_index.llms.codex.server import Access

__all__ = ["Conversation"]


class Conversation:
    """What one step knows of its thread.

    Args:
        agent: Whose settings count.
        shared: The server.
        live: The threads and turns of the agent.
        ctx: Where the record is kept.
        record: What is known of the thread; changed here, and written by whoever calls.
        asks: Whether questions of Codex are left open, for a person to answer.
        output_schema: What the answers are to be.
    """

    def __init__(
        self,
        agent: CodexAgent,
        shared: Access,
        live: LiveThreads,
        ctx: AgentContext | Context,
        record: ThreadRecord,
        *,
        asks: bool,
        output_schema: dict[str, Any] | None,
    ) -> None:
        self._agent = agent
        self._shared = shared
        self._live = live
        self._ctx = ctx
        self._record = record
        self._asks = asks
        self._output_schema = output_schema
        self._is_lost = False

    async def start_turn(
        self, messages: list[ChatMessage], tools: ToolSet, notes: Sequence[str] = ()
    ) -> LiveTurn:
        """Start a turn.

        Args:
            messages: The conversation, of which the thread gets what it does not know.
            tools: The tools of the thread.
            notes: Answers to questions of a turn that is gone, which this one goes on with; the last message
                is not new then.
        """
        *earlier, last = messages
        # The user's new message is new even if the thread knows an equal one.
        if last.role != MessageRole.USER or notes:
            earlier, last = messages, None
        record = self._record
        was_live = record.thread_id is not None and self._live.thread(record.thread_id) is not None
        try:
            turn = await self._send(earlier, last, tools, notes)
        except TransportClosedError:
            if not was_live or record.thread_id is None:
                raise
            # The server died since the last turn: another one goes on with the thread.
            self._live.forget(record.thread_id)
            turn = await self._send(earlier, last, tools, notes)
        return LiveTurn(turn, tools.names, record.run_id)

    async def tell(self, messages: Sequence[ChatMessage]) -> bool:
        """Bring what came after the end of a turn into the thread; False if that cannot be done."""
        thread_id = self._record.thread_id
        thread = None if thread_id is None else self._live.thread(thread_id)
        items = await _history(messages)
        if thread is None or not items:
            return False
        try:
            await thread.inject_items(items)
        except AppServerError:
            # The run has its result all the same, and memory brings it to the thread later.
            return False
        return True

    async def _send(
        self, earlier: list[ChatMessage], last: ChatMessage | None, tools: ToolSet, notes: Sequence[str]
    ) -> AsyncTurn:
        """Bring the thread up to date, and start the turn."""
        # What cannot be sent is refused before anything is.
        new = [] if last is None else await _input(last)
        thread = await self._known_thread(tools)
        if thread is None:
            thread, items = await self._new_thread(earlier, tools)
        else:
            items = await _history(unseen(earlier, Counter(self._record.seen)))
        items = [*items, *map(_note_item, notes)]
        if items:
            active = thread.active_turn
            if active is not None:
                # It is being interrupted, and what it leaves behind comes first.
                await active.run(detach=True)
            await thread.inject_items(items)
            # Known even if the turn does not start.
            self._record.know(earlier)
        with spans_of_llama_index():
            return await thread.turn(new, **self._turn_options())

    def _turn_options(self) -> TurnOptions:
        agent = self._agent
        options: TurnOptions = {
            "model": agent.model,
            "effort": agent.effort,
            "summary": _as_is(agent.summary),
            "approval_policy": _as_is(agent.approval_policy),
        }
        if self._output_schema is not None:
            options["output_schema"] = self._output_schema
        if self._asks:
            options["approval_handler"] = defer_approvals
            options["user_input_handler"] = options["elicitation_handler"] = defer
        # A handler of one's own comes first; without any, those of an open client count.
        if agent.approval_handler is not None:
            options["approval_handler"] = agent.approval_handler
        if agent.user_input_handler is not None:
            options["user_input_handler"] = agent.user_input_handler
        if agent.elicitation_handler is not None:
            options["elicitation_handler"] = agent.elicitation_handler
        return options

    def _fingerprint(self, tools: ToolSet) -> str:
        fixed = [tools.specs, self._agent.system_prompt, self._agent.base_instructions]
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:16]

    async def _known_thread(self, tools: ToolSet) -> AsyncThread | None:
        """Return the thread of this context; None if there is none that can be used."""
        record, agent = self._record, self._agent
        if record.thread_id is None or record.fingerprint != self._fingerprint(tools):
            return None
        thread = self._live.thread(record.thread_id)
        if thread is not None:
            return thread
        try:
            thread = await self._shared.async_client().thread_resume(
                record.thread_id,
                exclude_turns=True,
                cwd=agent.cwd,
                config=agent.config or None,
                sandbox=agent.sandbox,
                held_tools=[spec["name"] for spec in tools.specs],
            )
        except ThreadNotFoundError:
            self._is_lost = True
            return None
        return self._live.keep(thread)

    async def _new_thread(
        self, earlier: list[ChatMessage], tools: ToolSet
    ) -> tuple[AsyncThread, list[dict[str, Any]]]:
        """Start a thread, and return it with the history that it has to get."""
        record, agent = self._record, self._agent
        client = self._shared.async_client()
        items = await _history(earlier)
        is_memory_lost = bool(record.seen) and len(unseen(earlier, Counter(record.seen))) == len(earlier)
        if is_memory_lost and not self._is_lost:
            # The thread with the former tools still knows what memory has lost.
            items = [*await self._transcript(), *items]
        if self._is_lost:
            rest = "what it knew is not in memory" if is_memory_lost else "a new one gets what memory holds"
            message = f"thread {record.thread_id!r} is lost: {rest}"
            self._ctx.write_event_to_stream(CodexNotice(message=message, current_agent_name=agent.name))
        if self._is_lost or not is_memory_lost:
            record.seen = []
        thread = await client.thread_start(
            base_instructions=agent.base_instructions,
            config=agent.config or None,
            cwd=agent.cwd,
            developer_instructions=agent.system_prompt,
            dynamic_tools=tools.specs,
            # They tell all calls of a response at once.
            experimental_raw_events=bool(tools.specs),
            model=agent.model,
            sandbox=agent.sandbox,
        )
        record.thread_id, record.fingerprint = thread.id, self._fingerprint(tools)
        return self._live.keep(thread), items

    async def _transcript(self) -> list[dict[str, Any]]:
        """Return what the thread holds that is to be replaced; nothing if it is lost."""
        params = {"threadId": self._record.thread_id, "includeTurns": True}
        try:
            read = await self._shared.async_client().request_raw("thread/read", params)
        except ThreadNotFoundError:
            self._is_lost = True
            return []
        return transcript_items(read["thread"]["turns"])


def _note_item(note: str) -> dict[str, Any]:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": note}]}


async def _history(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    if must_be_loaded(block for message in messages for block in message.blocks):
        return await asyncio.to_thread(history_items, messages)
    return history_items(messages)


async def _input(message: ChatMessage) -> list[InputItem]:
    if must_be_loaded(message.blocks):
        return await asyncio.to_thread(turn_input, message)
    return turn_input(message)


def _as_is(value: object) -> Any:
    # The server says which words it knows; newer ones must get through.
    return value
