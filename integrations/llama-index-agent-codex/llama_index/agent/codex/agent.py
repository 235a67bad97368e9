"""CodexAgent: the workflow agent. What it sends and shows is made in the modules beside it.

A turn spans several steps: `take_step` reads it until the model calls tools of this program, the workflow runs them,
`handle_tool_call_results` answers, and the next `take_step` goes on reading the same turn.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from codex_app_server import (
    AppServerError,
    AsyncCodex,
    Codex,
    SharedCodex,
    TextDelta,
    ThreadNotFoundError,
    ToolCallRequested,
    TransportClosedError,
    TurnFinished,
    UsageUpdated,
)
from llama_index.agent.codex._events import raw_turn, to_framework
from llama_index.agent.codex._images import must_be_loaded
from llama_index.agent.codex._inputs import history_items, transcript_items, turn_input, unseen
from llama_index.agent.codex._threads import LiveThreads, LiveTurn, ThreadRecord, current_run_id
from llama_index.agent.codex._tools import result_content, tool_set
from llama_index.agent.codex.events import CodexNotice
from llama_index.agent.codex.llm import CodexLLM, open_shared
from llama_index.core.agent.workflow import BaseWorkflowAgent
from llama_index.core.agent.workflow.workflow_events import (
    AgentInput,
    AgentOutput,
    AgentStream,
)
from llama_index.core.base.llms.types import TextBlock, ToolCallBlock
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.tools import BaseTool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex_app_server import AsyncThread, AsyncTurn, ImageInput, InputItem, TurnResult
    from llama_index.agent.codex._tools import ToolSet
    from llama_index.core.agent.workflow.agent_context import AgentContext
    from llama_index.core.agent.workflow.workflow_events import ToolCallResult
    from llama_index.core.llms import LLM
    from llama_index.core.memory import BaseMemory
    from llama_index.core.tools import AsyncBaseTool, ToolOutput, ToolSelection
    from llama_index.core.workflow import Context

__all__ = ["CodexAgent"]


class CodexAgent(BaseWorkflowAgent):
    """An agent whose model and built-in tools are those of the Codex app-server.

    It is used as `FunctionAgent` is, alone or in an `AgentWorkflow`. Nothing is started before the first run; agents
    of equal configuration share one server. Each context has a Codex thread of its own per agent, which keeps the
    conversation; a context that is written down and read again goes on in the same thread.

    Args:
        *args: As for every workflow agent.
        llm: What LlamaIndex itself asks, for example to end early; a `CodexLLM` on the same server when None.
        model: Model; Codex's own default when None.
        codex: An open client to use; it is closed by whoever made it.
        codex_bin: The Codex binary, see `AppServerConfig`.
        env: Environment variables for the server.
        cwd: Directory that Codex works in; that of the server when None.
        config: Codex configuration of the threads, as in `config.toml`.
        sandbox: What commands may do.
        approval_policy: When Codex asks before it does something; every question is answered with no.
        effort: How much the model reasons.
        summary: How its reasoning is summarised.
        base_instructions: Replaces the instructions that Codex gives the model; `system_prompt` is added to them.
        **kwargs: As for every workflow agent: `name`, `tools`, `system_prompt`, `timeout` and so on.

    Raises:
        ValueError: Codex cannot offer a tool under its name.
    """

    model: str | None = Field(default=None, description="Model; None is Codex's default.")
    codex: Codex | AsyncCodex | None = Field(default=None, exclude=True, repr=False)
    codex_bin: str | None = Field(default=None, description="The Codex binary.")
    env: Mapping[str, str] = Field(default_factory=dict, exclude=True, repr=False)
    cwd: str | None = Field(default=None, description="Directory that Codex works in.")
    config: Mapping[str, Any] = Field(default_factory=dict, description="Codex configuration of the threads.")
    sandbox: Literal["read-only", "workspace-write", "danger-full-access"] = Field(
        default="read-only", description="What commands may do."
    )
    approval_policy: str | Mapping[str, Any] | None = Field(
        default=None, description="When Codex asks before it does something."
    )
    effort: str | None = Field(default=None, description="How much the model reasons.")
    summary: str | None = Field(default=None, description="How its reasoning is summarised.")
    base_instructions: str | None = Field(default=None, description="Replaces Codex's own instructions.")

    _shared: SharedCodex = PrivateAttr()
    _live: LiveThreads = PrivateAttr(default_factory=LiveThreads)

    def __init__(
        self,
        *args: Any,
        llm: LLM | None = None,
        model: str | None = None,
        codex: Codex | AsyncCodex | None = None,
        codex_bin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        config: Mapping[str, Any] | None = None,
        sandbox: Literal["read-only", "workspace-write", "danger-full-access"] = "read-only",
        approval_policy: str | Mapping[str, Any] | None = None,
        effort: str | None = None,
        summary: str | None = None,
        base_instructions: str | None = None,
        **kwargs: Any,
    ) -> None:
        shared = open_shared(codex, codex_bin, env or {})
        # Without an llm of its own the base class takes that of `Settings`, which wants a key.
        own_llm = llm or CodexLLM(
            model=model, codex=codex, codex_bin=codex_bin, env=env or {}, config=config or {}
        )
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - the framework's `Callable`
            *args,
            llm=own_llm,
            model=model,
            codex=codex,
            codex_bin=codex_bin,
            env=env or {},
            cwd=cwd,
            config=config or {},
            sandbox=sandbox,
            approval_policy=approval_policy,
            effort=effort,
            summary=summary,
            base_instructions=base_instructions,
            **kwargs,
        )
        self._shared = shared
        # A name that cannot work is told where it is written; retrieved tools are checked when they come.
        own_tools = cast("list[object]", self.tools or [])  # pyright: ignore[reportUnknownMemberType]
        tool_set(tool for tool in own_tools if isinstance(tool, BaseTool))

    async def aclose(self) -> None:
        """Interrupt what still runs and give the server back; it ends when nobody else uses it.

        The agent can be used again afterwards.
        """
        self._live.clear()
        self._shared.close()
        if isinstance(self.llm, CodexLLM):
            self.llm.close()

    async def take_step(
        self,
        ctx: AgentContext,
        llm_input: list[ChatMessage],
        tools: Sequence[AsyncBaseTool],
        memory: BaseMemory,
    ) -> AgentOutput:
        """Start a turn, or go on with the one that waited for tools, until it ends or calls tools.

        Raises:
            TurnFailedError: The turn failed.
            ValueError: A tool or a message cannot be given to Codex.
            AppServerError: The server did not start, or is gone.
        """
        run_id = current_run_id()
        record = await self._record(ctx)
        if record.run_id != run_id:
            # Left by a run that ended within its turn; the thread knows all of it.
            record.scratchpad, record.run_id = [], run_id
        live = self._live.turn(record.turn_id, run_id)
        messages = [*llm_input, *record.messages()]
        ctx.write_event_to_stream(AgentInput(input=messages, current_agent_name=self.name))
        if live is None:
            live = await self._start_turn(ctx, record, messages, tool_set(tools), memory)
        try:
            return await self._read_turn(ctx, record, live)
        except BaseException:
            self._live.release(live)
            await live.leave()
            raise

    async def handle_tool_call_results(
        self,
        ctx: Context,
        results: list[ToolCallResult],
        memory: BaseMemory,  # noqa: ARG002 - the framework's signature
    ) -> None:
        """Answer the calls that the turn waits for; it is ended if the run goes on without it."""
        run_id = current_run_id()
        record = await self._record(ctx)
        record.run_id = run_id
        live = self._live.turn(record.turn_id, run_id)
        # A handoff has named the next agent; one that was refused has not, and the model is to hear of it.
        is_over = bool(await ctx.store.get("next_agent", default=None))
        direct: ChatMessage | None = None
        for result in results:
            output = result.tool_output
            is_direct = result.return_direct and not output.is_error and result.tool_name != "handoff"
            is_over = is_over or is_direct
            # Without its turn (the context was restored elsewhere) the result goes into the next one.
            content = await _content(output)
            is_known = live is not None and live.answer(result.tool_id, content, is_error=output.is_error)
            message = ChatMessage(
                role=MessageRole.TOOL,
                blocks=output.blocks,
                additional_kwargs={"tool_call_id": result.tool_id},
            )
            # The interrupt that follows overtakes the answer: the model may never see it.
            record.add(message, is_known=is_known and not is_over)
            if is_direct:
                direct = ChatMessage(role=MessageRole.ASSISTANT, content=output.content or "")
                break
        if live is not None and is_over:
            await self._end_turn(record, live)
        if direct is not None:
            record.add(direct, is_known=live is not None and await self._tell(record, direct))
        await self._write(ctx, record)

    async def finalize(self, ctx: Context, output: AgentOutput, memory: BaseMemory) -> AgentOutput:
        """Put the messages of the turn into memory."""
        record = await self._record(ctx)
        await memory.aput_messages(record.messages())
        record.scratchpad = []
        await self._write(ctx, record)
        return output

    # --- the thread -------------------------------------------------------------------------------

    @property
    def _key(self) -> str:
        # The store reads a dot as a path.
        return "codex:" + self.name.replace("%", "%25").replace(".", "%2E")

    async def _record(self, ctx: AgentContext | Context) -> ThreadRecord:
        return ThreadRecord.from_json(await ctx.store.get(self._key, default=None))

    async def _write(self, ctx: AgentContext | Context, record: ThreadRecord) -> None:
        await ctx.store.set(self._key, record.to_json())

    async def _start_turn(
        self,
        ctx: AgentContext,
        record: ThreadRecord,
        messages: list[ChatMessage],
        tools: ToolSet,
        memory: BaseMemory,
    ) -> LiveTurn:
        own = messages[1:] if self._is_system_prompt(messages) else messages
        *earlier, last = own
        # The user's new message is new even if the thread knows an equal one.
        if last.role != MessageRole.USER:
            earlier, last = own, None
        was_live = record.thread_id is not None and self._live.thread(record.thread_id) is not None
        try:
            turn = await self._send(ctx, record, earlier, last, tools)
        except TransportClosedError:
            if not was_live or record.thread_id is None:
                raise
            # The server died since the last turn: another one goes on with the thread.
            self._live.forget(record.thread_id)
            turn = await self._send(ctx, record, earlier, last, tools)
        live = LiveTurn(turn, tools.names, record.run_id)
        try:
            self._live.hold(live, ctx)
            record.turn_id = turn.id
            record.know(own, await memory.aget_all())
            await self._write(ctx, record)
        except BaseException:
            self._live.release(live)
            await live.leave()
            raise
        return live

    async def _send(
        self,
        ctx: AgentContext,
        record: ThreadRecord,
        earlier: list[ChatMessage],
        last: ChatMessage | None,
        tools: ToolSet,
    ) -> AsyncTurn:
        """Bring the thread up to date, and start the turn."""
        thread = await self._known_thread(ctx, record, tools)
        if thread is None:
            thread, items = await self._new_thread(record, earlier, tools)
        else:
            items = await _history(unseen(earlier, Counter(record.seen)))
        if items:
            await thread.inject_items(items)
        return await thread.turn(
            [] if last is None else await _input(last),
            model=self.model,
            effort=self.effort,
            summary=_as_is(self.summary),
            approval_policy=_as_is(self.approval_policy),
        )

    def _is_system_prompt(self, messages: list[ChatMessage]) -> bool:
        first = messages[0]
        return first.role == MessageRole.SYSTEM and first.content == self.system_prompt

    def _fingerprint(self, tools: ToolSet) -> str:
        fixed = [tools.specs, self.system_prompt, self.base_instructions]
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:16]

    async def _known_thread(
        self, ctx: AgentContext, record: ThreadRecord, tools: ToolSet
    ) -> AsyncThread | None:
        """Return the thread of this context; None if there is none that can be used."""
        if record.thread_id is None or record.fingerprint != self._fingerprint(tools):
            return None
        thread = self._live.thread(record.thread_id)
        if thread is not None:
            return thread
        try:
            thread = await self._shared.async_client().thread_resume(
                record.thread_id,
                exclude_turns=True,
                cwd=self.cwd,
                config=self.config or None,
                sandbox=self.sandbox,
            )
        except ThreadNotFoundError:
            message = f"thread {record.thread_id!r} is lost; the conversation goes on in a new one"
            ctx.write_event_to_stream(CodexNotice(message=message, current_agent_name=self.name))
            return None
        return self._live.keep(thread)

    async def _new_thread(
        self, record: ThreadRecord, earlier: list[ChatMessage], tools: ToolSet
    ) -> tuple[AsyncThread, list[dict[str, Any]]]:
        """Start a thread, and return it with the history that it has to get."""
        client = self._shared.async_client()
        items = await _history(earlier)
        is_memory_lost = bool(record.seen) and len(unseen(earlier, Counter(record.seen))) == len(earlier)
        if record.thread_id is not None and is_memory_lost:
            # The thread with the former tools still knows what memory has lost.
            try:
                read = await client.request_raw(
                    "thread/read", {"threadId": record.thread_id, "includeTurns": True}
                )
            except ThreadNotFoundError:
                record.seen = []
            else:
                items = [*transcript_items(read["thread"]["turns"]), *items]
        else:
            record.seen = []
        thread = await client.thread_start(
            base_instructions=self.base_instructions,
            config=self.config or None,
            cwd=self.cwd,
            developer_instructions=self.system_prompt,
            dynamic_tools=tools.specs,
            model=self.model,
            sandbox=self.sandbox,
        )
        record.thread_id, record.fingerprint = thread.id, self._fingerprint(tools)
        return self._live.keep(thread), items

    # --- the turn ---------------------------------------------------------------------------------

    async def _read_turn(self, ctx: AgentContext, record: ThreadRecord, live: LiveTurn) -> AgentOutput:
        text = ""
        calls: list[ToolSelection] = []
        while True:
            # With a call in hand only what is there already is taken: the server may send the next
            # call only after this one was answered.
            event = await (live.next_ready() if calls else live.next())
            match event:
                case None:
                    return await self._ask_for_tools(ctx, record, live, text, calls)
                case ToolCallRequested(call=call):
                    selection = live.take(call)
                    if selection is not None:
                        calls.append(selection)
                        self._stream_calls(ctx, text, calls)
                case TurnFinished(result=result):
                    return await self._finish(ctx, record, live, result)
                case TextDelta():
                    text += event.text
                case UsageUpdated():
                    live.usage += event.last
                case _:
                    pass
            shown = to_framework(event, agent_name=self.name, response=text, streaming=self.streaming)
            if shown is not None:
                ctx.write_event_to_stream(shown)

    def _stream_calls(self, ctx: AgentContext, text: str, calls: list[ToolSelection]) -> None:
        if self.streaming:
            ctx.write_event_to_stream(
                AgentStream(
                    delta="", response=text, current_agent_name=self.name, tool_calls=[*calls], raw=None
                )
            )

    async def _end_turn(self, record: ThreadRecord, live: LiveTurn) -> None:
        """End a turn that the run goes on, or ends, without."""
        record.turn_id = None
        self._live.release(live)
        try:
            await live.turn.interrupt()
        finally:
            await live.leave()

    async def _tell(self, record: ThreadRecord, message: ChatMessage) -> bool:
        """Bring an answer that a tool gave in the model's place into the thread; False if that cannot be done."""
        thread = None if record.thread_id is None else self._live.thread(record.thread_id)
        items = history_items([message])
        if thread is None or not items:
            return False
        try:
            await thread.inject_items(items)
        except AppServerError:
            # The run has its result all the same, and memory brings it to the thread later.
            return False
        return True

    async def _ask_for_tools(
        self,
        ctx: AgentContext,
        record: ThreadRecord,
        live: LiveTurn,
        text: str,
        calls: list[ToolSelection],
    ) -> AgentOutput:
        blocks: list[Any] = [TextBlock(text=text)] if text else []
        blocks += [
            ToolCallBlock(tool_call_id=call.tool_id, tool_name=call.tool_name, tool_kwargs=call.tool_kwargs)
            for call in calls
        ]
        message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks)
        record.add(message, is_known=True)
        await self._write(ctx, record)
        return AgentOutput(
            response=message,
            tool_calls=calls,
            raw=raw_turn(live.turn.thread_id, live.turn.id, "inProgress", live.usage),
            current_agent_name=self.name,
        )

    async def _finish(
        self, ctx: AgentContext, record: ThreadRecord, live: LiveTurn, result: TurnResult
    ) -> AgentOutput:
        self._live.release(live)
        result.raise_for_status()
        message = ChatMessage(role=MessageRole.ASSISTANT, content=result.text)
        record.add(message, is_known=True)
        record.turn_id = None
        await self._write(ctx, record)
        return AgentOutput(
            response=message,
            raw=raw_turn(result.thread_id, result.turn_id, result.status, result.usage),
            current_agent_name=self.name,
        )


async def _history(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    if must_be_loaded(block for message in messages for block in message.blocks):
        return await asyncio.to_thread(history_items, messages)
    return history_items(messages)


async def _input(message: ChatMessage) -> list[InputItem]:
    if must_be_loaded(message.blocks):
        return await asyncio.to_thread(turn_input, message)
    return turn_input(message)


async def _content(output: ToolOutput) -> list[str | ImageInput]:
    if must_be_loaded(output.blocks):
        return await asyncio.to_thread(result_content, output)
    return result_content(output)


def _as_is(value: object) -> Any:
    # The server says which words it knows; newer ones must get through.
    return value
