"""CodexAgent: the workflow agent. What it sends and shows is made in the modules beside it.

A turn spans several steps: `take_step` reads it until the model calls tools of this program or asks a person, the
workflow runs the tools, `handle_tool_call_results` answers, and the next `take_step` goes on reading the same turn.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from codex_app_server import AsyncCodexClient, CodexClient
from llama_index.agent.codex._conversation import Conversation
from llama_index.agent.codex._steps import StepReader
from llama_index.agent.codex._structured import AgentLLM, output_spec, remember
from llama_index.agent.codex._threads import (
    LiveThreads,
    ThreadRecord,
    current_run_id,
    is_cut_short,
    spend,
)
from llama_index.agent.codex._tools import answer, tool_set
from llama_index.agent.codex._tracing import dispatcher, traced_step
from llama_index.agent.codex._waiting import answers, park
from llama_index.core.agent.workflow import BaseWorkflowAgent, FunctionAgent
from llama_index.core.agent.workflow.base_agent import WORKFLOW_KWARGS
from llama_index.core.agent.workflow.workflow_events import AgentInput, AgentOutput
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.settings import Settings
from llama_index.core.tools import BaseTool
from llama_index.llms.codex import CodexLLM
from llama_index.llms.codex.server import Access, open_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from codex_app_server import ApprovalHandler, ElicitationHandler, UserInputHandler
    from codex_app_server.output import OutputSpec
    from llama_index.agent.codex._questions import Waiter
    from llama_index.agent.codex._tools import ToolSet
    from llama_index.agent.codex._turns import LiveTurn
    from llama_index.core.agent.workflow.agent_context import AgentContext
    from llama_index.core.agent.workflow.workflow_events import ToolCallResult
    from llama_index.core.llms import LLM
    from llama_index.core.memory import BaseMemory
    from llama_index.core.tools import AsyncBaseTool
    from llama_index.core.workflow import Context
    from pydantic import BaseModel

__all__ = ["CodexAgent"]

_POSITIONAL = tuple(inspect.signature(cast("Any", BaseWorkflowAgent).__init__).parameters)[1:]


class CodexAgent(BaseWorkflowAgent):
    """An agent whose model and built-in tools are those of the Codex app-server.

    It is used as `FunctionAgent` is, alone or in an `AgentWorkflow`. Nothing is started before the first run; agents
    of equal configuration share one server. Each context has a Codex thread of its own per agent, which keeps the
    conversation; a context that is written down and read again goes on in the same thread.

    What Codex asks (approvals, questions of the model to the user, questions of MCP servers) is answered by a
    handler where there is one; with `human_input`, by a person, through events; otherwise with no, and a
    `CodexNotice` tells of it.

    Args:
        *args: As for every workflow agent.
        llm: What LlamaIndex itself asks, for example to end early; a `CodexLLM` on the same server when None.
        model: Model; Codex's own default when None.
        codex: An open client of any kind to use; it is closed by whoever made it.
        codex_bin: The Codex binary, see `AppServerConfig`.
        env: Environment variables for the server.
        cwd: Directory that Codex works in; that of the server when None.
        config: Codex configuration of the threads, as in `config.toml`.
        sandbox: What commands may do.
        approval_policy: When Codex asks before it does something: `"untrusted"`, `"on-request"`, `"never"`.
        approval_handler: Decides on approvals, sync or async; see `codex_app_server.ApprovalHandler`.
        user_input_handler: Answers questions of the model to the user, sync or async.
        elicitation_handler: Answers questions of MCP servers, sync or async.
        human_input: Whether what no handler answers comes as an event (`CodexApprovalRequest`, `CodexQuestion`,
            `CodexElicitation`), for which the run waits: answer with `ctx.send_event(event.answer(...))`.
        effort: How much the model reasons.
        summary: How its reasoning is summarised.
        base_instructions: Replaces the instructions that Codex gives the model; `system_prompt` is added to them.
        callback_manager: For the older callbacks; that of `Settings` when None.
        **kwargs: As for every workflow agent: `name`, `tools`, `system_prompt`, `output_cls`, `timeout` and so on.

    Raises:
        TypeError: There is no such option, or a handler cannot be called.
        ValueError: Codex cannot offer a tool under its name, or a value is not of its type.
    """

    model: str | None = Field(default=None, description="Model; None is Codex's default.")
    codex: CodexClient | AsyncCodexClient | None = Field(default=None, exclude=True, repr=False)
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
    # The handlers' own types name what is there for type checkers only.
    approval_handler: Any = Field(default=None, exclude=True, repr=False)
    user_input_handler: Any = Field(default=None, exclude=True, repr=False)
    elicitation_handler: Any = Field(default=None, exclude=True, repr=False)
    human_input: bool = Field(default=False, description="Whether questions come as events.")
    effort: str | None = Field(default=None, description="How much the model reasons.")
    summary: str | None = Field(default=None, description="How its reasoning is summarised.")
    base_instructions: str | None = Field(default=None, description="Replaces Codex's own instructions.")
    callback_manager: CallbackManager = Field(default_factory=CallbackManager, exclude=True, repr=False)

    _shared: Access = PrivateAttr()
    _live: LiveThreads = PrivateAttr(default_factory=LiveThreads)
    # The output class, and what was made of it.
    _spec: tuple[object, Any] | None = PrivateAttr(default=None)

    def __init__(
        self,
        *args: Any,
        llm: LLM | None = None,
        model: str | None = None,
        codex: CodexClient | AsyncCodexClient | None = None,
        codex_bin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        config: Mapping[str, Any] | None = None,
        sandbox: Literal["read-only", "workspace-write", "danger-full-access"] = "read-only",
        approval_policy: str | Mapping[str, Any] | None = None,
        approval_handler: ApprovalHandler | None = None,
        user_input_handler: UserInputHandler | None = None,
        elicitation_handler: ElicitationHandler | None = None,
        human_input: bool = False,
        effort: str | None = None,
        summary: str | None = None,
        base_instructions: str | None = None,
        callback_manager: CallbackManager | None = None,
        **kwargs: Any,
    ) -> None:
        named = dict(zip(_POSITIONAL, args, strict=False))
        llm = llm or named.pop("llm", None)
        _check_options(type(self), kwargs)
        _check_handlers(
            approval_handler=approval_handler,
            user_input_handler=user_input_handler,
            elicitation_handler=elicitation_handler,
        )
        callback_manager = callback_manager or Settings.callback_manager
        shared = open_shared(codex, codex_bin, env or {})
        # Without an llm of its own the base class takes that of `Settings`, which wants a key.
        own_llm = llm or AgentLLM(
            model=model,
            codex=codex,
            codex_bin=codex_bin,
            env=env or {},
            config=config or {},
            callback_manager=callback_manager,
        )
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - the framework's `Callable`
            llm=own_llm,
            model=model,
            codex=codex,
            codex_bin=codex_bin,
            env=env or {},
            cwd=cwd,
            config=config or {},
            sandbox=sandbox,
            approval_policy=approval_policy,
            approval_handler=approval_handler,
            user_input_handler=user_input_handler,
            elicitation_handler=elicitation_handler,
            human_input=human_input,
            effort=effort,
            summary=summary,
            base_instructions=base_instructions,
            callback_manager=callback_manager,
            **named,
            **kwargs,
        )
        self._shared = shared
        # A name that cannot work is told where it is written; retrieved tools are checked when they come.
        own_tools = cast("list[object]", self.tools or [])  # pyright: ignore[reportUnknownMemberType]
        tool_set(tool for tool in own_tools if isinstance(tool, BaseTool))

    async def aclose(self) -> None:
        """Interrupt what still runs and give the server back; it has ended then, unless somebody else uses it.

        The agent can be used again afterwards.
        """
        self._live.clear()
        if isinstance(self.llm, CodexLLM):
            await self.llm.aclose()
        await self._shared.aclose()

    @dispatcher.span
    async def take_step(
        self,
        ctx: AgentContext,
        llm_input: list[ChatMessage],
        tools: Sequence[AsyncBaseTool],
        memory: BaseMemory,
    ) -> AgentOutput:
        """Start a turn, or go on with the one that waited, until it ends, calls tools or asks a person.

        Raises:
            TurnFailedError: The turn failed.
            ValueError: A tool or a message cannot be given to Codex.
            AppServerError: The server did not start, or is gone.
        """
        run_id = current_run_id()
        if run_id is None:
            return await self._step(ctx, llm_input, tools, memory)
        if run_id in self._live.stepping:
            await park(ctx)
        self._live.stepping.add(run_id)
        try:
            return await self._step(ctx, llm_input, tools, memory)
        finally:
            self._live.stepping.discard(run_id)

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
        known: list[tuple[ChatMessage, bool]] = []
        for result in results:
            output = result.tool_output
            is_direct = result.return_direct and not output.is_error and result.tool_name != "handoff"
            is_over = is_over or is_direct
            if live is not None:
                live.tool_ended(result.tool_id, output)
            # A turn that is over is not answered: it would ask the model again before it hears of its end.
            is_known = live is not None and not is_over and await answer(live, result)
            message = ChatMessage(
                role=MessageRole.TOOL,
                blocks=output.blocks,
                additional_kwargs={"tool_call_id": result.tool_id},
            )
            known.append((message, is_known))
            if is_direct:
                direct = ChatMessage(role=MessageRole.ASSISTANT, content=output.content or "")
                known.append((direct, False))
                break
        is_told = False
        if live is not None and is_over:
            await self._end_turn(ctx, record, live)
            untold = [message for message, is_known in known if not is_known]
            is_told = await self._conversation(ctx, record).tell(untold)
        for message, is_known in known:
            # What is not known goes into the next turn, as without any (the context was restored elsewhere).
            record.add(message, is_known=is_known or is_told)
        await self._write(ctx, record)

    async def finalize(self, ctx: Context, output: AgentOutput, memory: BaseMemory) -> AgentOutput:
        """Put the messages of the turn into memory."""
        record = await self._record(ctx)
        await memory.aput_messages(record.messages())
        record.scratchpad = []
        await self._write(ctx, record)
        spec = self._output_spec()
        if spec is not None:
            remember(spec, output.response.content or "")
        return output

    # --- a step -----------------------------------------------------------------------------------

    async def _step(
        self,
        ctx: AgentContext,
        llm_input: list[ChatMessage],
        tools: Sequence[AsyncBaseTool],
        memory: BaseMemory,
    ) -> AgentOutput:
        record = await self._record(ctx)
        run_id = current_run_id()
        record.enter(run_id, llm_input)
        live = self._live.turn(record.turn_id, run_id)
        # The step is entered again for each answer.
        notes = await answers(ctx, record, live, self.name)
        await self._write(ctx, record)
        messages = [*llm_input, *record.messages()]
        if live is None or not live.is_announced:
            ctx.write_event_to_stream(AgentInput(input=messages, current_agent_name=self.name))
        with traced_step(self.callback_manager, run_id, messages) as outputs:
            if live is None:
                live = await self._start_turn(ctx, record, messages, (tool_set(tools), memory, notes))
            live.is_announced = True
            reader = StepReader(self, ctx, record, live, traced=(messages, tools))
            outcome = await self._chat(reader, live)
            outputs.append(outcome if isinstance(outcome, AgentOutput) else outcome.event)
        if isinstance(outcome, AgentOutput):
            record.asked = []
            if await is_cut_short(ctx):
                # The question that LlamaIndex ends with is asked of memory, which would lack this turn.
                await memory.aput_messages(record.take_answered())
            await self._write(ctx, record)
            if record.turn_id is None:
                self._live.release(live)
            return outcome
        record.asked.append(outcome.to_json())
        await self._write(ctx, record)
        await answers(ctx, record, live, self.name)
        raise AssertionError("a question was answered before it was asked")

    @dispatcher.span
    async def _chat(self, reader: StepReader, live: LiveTurn) -> AgentOutput | Waiter:
        try:
            return await reader.read()
        except BaseException:
            self._live.release(live)
            live.leave()
            raise

    async def _start_turn(
        self,
        ctx: AgentContext,
        record: ThreadRecord,
        messages: list[ChatMessage],
        given: tuple[ToolSet, BaseMemory, Sequence[str]],
    ) -> LiveTurn:
        tools, memory, notes = given
        own = messages[1:] if self._is_system_prompt(messages) else messages
        try:
            live = await self._conversation(ctx, record).start_turn(own, tools, notes)
        except BaseException:
            await self._write(ctx, record)
            raise
        try:
            self._live.hold(live, ctx)
            record.turn_id = live.turn.id
            record.know(own, await memory.aget_all())
            await self._write(ctx, record)
        except BaseException:
            self._live.release(live)
            live.leave()
            raise
        return live

    async def _end_turn(self, ctx: Context, record: ThreadRecord, live: LiveTurn) -> None:
        """End a turn that the run goes on, or ends, without."""
        record.turn_id = None
        self._live.release(live)
        await spend(ctx, live.run_id, live.usage)
        try:
            await live.turn.interrupt()
        finally:
            live.leave()

    # --- what a step needs ------------------------------------------------------------------------

    @property
    def _key(self) -> str:
        # The store reads a dot as a path.
        return "codex:" + self.name.replace("%", "%25").replace(".", "%2E")

    async def _record(self, ctx: AgentContext | Context) -> ThreadRecord:
        return ThreadRecord.from_json(await ctx.store.get(self._key, default=None))

    async def _write(self, ctx: AgentContext | Context, record: ThreadRecord) -> None:
        await ctx.store.set(self._key, record.to_json())

    def _conversation(self, ctx: AgentContext | Context, record: ThreadRecord) -> Conversation:
        spec = self._output_spec()
        return Conversation(
            self,
            self._shared,
            self._live,
            ctx,
            record,
            asks=self.human_input and hasattr(ctx, "wait_for_event"),
            output_schema=None if spec is None else spec.schema,
        )

    def _output_spec(self) -> OutputSpec[BaseModel] | None:
        if self._spec is None or self._spec[0] is not self.output_cls:
            self._spec = (self.output_cls, output_spec(self.output_cls))
        return self._spec[1]

    def _is_system_prompt(self, messages: list[ChatMessage]) -> bool:
        first = messages[0]
        return first.role == MessageRole.SYSTEM and first.content == self.system_prompt


def _check_options(agent_class: type[CodexAgent], options: Iterable[str]) -> None:
    # The framework drops what it does not know without a word, be it a misspelt sandbox. What `FunctionAgent`
    # has of its own is allowed, and has no effect.
    known = {*_POSITIONAL, *WORKFLOW_KWARGS, *agent_class.model_fields, *FunctionAgent.model_fields}
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"CodexAgent has no option {name!r}{hint}")


def _check_handlers(**handlers: Callable[..., object] | None) -> None:
    for name, handler in handlers.items():
        if handler is not None and not callable(handler):
            raise TypeError(f"{name} must be a function, not {type(handler).__name__!r}")
