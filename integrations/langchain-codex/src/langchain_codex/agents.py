"""CodexAgent: a turn of Codex as a LangChain Runnable. Thin: input, runs, tools and output are made beside it."""

from __future__ import annotations

import asyncio
import os  # noqa: TC003 - pydantic reads the annotations
from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - as above
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, cast

from codex_app_server import (
    DEFER,
    AppServerConfig,
    AsyncCodex,  # noqa: TC002 - pydantic reads the annotations
    Codex,  # noqa: TC002 - pydantic reads the annotations
    SharedCodex,
    TurnInterruptedError,
    defer_approvals,
)
from langchain_core.runnables import RunnableSerializable
from pydantic import ConfigDict, Field, PrivateAttr, model_validator
from typing_extensions import Self  # noqa: TC002 - as above

from langchain_codex._agent_errors import RETRYABLE_ERRORS
from langchain_codex._agent_graph import graph_task
from langchain_codex._agent_injected import check_injected
from langchain_codex._agent_input import AgentInput, request_of
from langchain_codex._agent_output import AgentOutput
from langchain_codex._agent_paused import (
    PausedRuns,  # noqa: TC001 - pydantic reads the annotations
    paused_runs_for,
)
from langchain_codex._agent_tools import ToolTurn, as_base_tool, core_tools, in_context_of
from langchain_codex._agent_turn import AgentTurn, Asking, decided_on
from langchain_codex._run_callbacks import AsyncRunCallbacks, RunCallbacks
from langchain_codex._run_steps import Produced

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from codex_app_server import AsyncThread, Defer, Thread
    from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
    from langchain_core.runnables import Runnable, RunnableConfig
    from langchain_core.runnables.retry import ExponentialJitterParams

    from langchain_codex._agent_graph import GraphTask
    from langchain_codex._agent_input import AgentRequest
    from langchain_codex._agent_turn import Decided

__all__ = ["CodexAgent"]

_POLICIES = {
    "read-only": "readOnly",
    "workspace-write": "workspaceWrite",
    "danger-full-access": "dangerFullAccess",
}
_ALIVE = ("codex", "approval_handler", "user_input_handler", "elicitation_handler")


class CodexAgent(RunnableSerializable[AgentInput, dict[str, Any]]):
    """A turn of the Codex agent as a Runnable: it runs commands, changes files and calls tools until it is done.

    The thread is the memory: a run goes on with a thread of Codex, or begins one, and sends only what is new.

    Setup:
        ```bash
        pip install "langchain-codex[runtime]"
        python -m codex_app_server codex login
        ```

    Key init args - agent:
        name: Tells the answers of several agents in one conversation apart.
        model: Name of the model; by default that of the Codex configuration.
        cwd: Directory that the agent works in.
        sandbox: What commands may do: `"read-only"`, `"workspace-write"`, `"danger-full-access"`.
        approval_policy: When Codex asks before it does something.
        approval_handler: Decides then; without one, everything is declined.
        approvals: `"interrupt"` leaves the decision to whoever resumes the graph that the agent is a node of.
        tools: LangChain tools and functions that the model may call; fixed for the life of a thread.
        output_type: What `structured_response` is to be: a pydantic model, dataclass, TypedDict or other type.
        timeout: Seconds that a turn may take.

    Key init args - server:
        codex_bin: The Codex binary; by default that of the runtime package, else `codex` on PATH.
        env: Environment variables for the server, such as `CODEX_HOME`.
        codex: An open `Codex` or `AsyncCodex` to use instead; whoever made it closes it.

    Instantiate:
        ```python
        from langchain_codex import CodexAgent

        agent = CodexAgent(cwd="project", sandbox="workspace-write")
        ```

    Invoke:
        ```python
        result = agent.invoke("Make the tests pass.")
        result["messages"][-1].text, result["diff"], result["thread_id"]
        ```

    Go on, also in another process:
        ```python
        agent.invoke("Now the docs.", {"configurable": {"codex_thread_id": result["thread_id"]}})
        ```

    Input:
        Text, messages, a prompt, or a mapping with `messages`. Which thread goes on, and what of the messages
        is new, is told in the documentation of the package.

    Output:
        `messages` (the answers; the last one is final), `thread_id`, `diff`, `plan`, `usage`, and
        `structured_response` with an `output_type`. Chunks of a stream add up to it with `+`.

    Errors:
        `TurnFailedError`, or its subclass `RetryableTurnError` when nothing had been run yet and the reason may
        pass; `TurnInterruptedError`, `TurnTimeoutError`, `ThreadBusyError` when another process
        uses the thread, `ThreadNotFoundError`, `OutputError`. Turns of one thread run one after the other.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    model: str | None = None
    """Name of the model; None is that of the Codex configuration."""

    effort: str | None = None
    """How much the model reasons."""

    summary: Literal["auto", "concise", "detailed", "none"] | None = None
    """How its reasoning is summarised."""

    personality: Literal["none", "friendly", "pragmatic"] | None = None
    """How the agent speaks."""

    base_instructions: str | None = None
    """Replaces the instructions that Codex gives the model."""

    developer_instructions: str | None = None
    """Added to them."""

    cwd: str | os.PathLike[str] | None = None
    """Directory that the agent works in; None is that of this process."""

    sandbox: Literal["read-only", "workspace-write", "danger-full-access"] = "read-only"
    """What commands may do."""

    approval_policy: str | Mapping[str, Any] | None = None
    """When Codex asks before it does something; None is as in its configuration."""

    approval_handler: Callable[..., Any] | None = Field(default=None, repr=False)
    """Decides on approvals, sync or async; without one they are declined."""

    approvals: Literal["handler", "interrupt"] = "handler"
    """Who decides: the handlers, or a person who resumes a LangGraph graph, by an interrupt for each question."""

    user_input_handler: Callable[..., Any] | None = Field(default=None, repr=False)
    """Answers questions of the model; without one it is told that nobody answers."""

    elicitation_handler: Callable[..., Any] | None = Field(default=None, repr=False)
    """Answers questions of MCP servers; without one they are declined."""

    tools: Sequence[Any] = ()
    """LangChain tools, and functions, that the model may call."""

    output_type: Any = None
    """What `structured_response` of the output is to be."""

    config: Mapping[str, Any] = Field(default_factory=dict[str, Any], repr=False)
    """Codex configuration of the threads, as in `config.toml`."""

    timeout: float | None = Field(default=None, gt=0)
    """Seconds that a turn may take; it is interrupted then. None waits without limit."""

    codex_bin: str | os.PathLike[str] | None = None
    """Path or command name of the Codex binary."""

    env: Mapping[str, str] = Field(default_factory=dict[str, str], repr=False)
    """Environment variables for the server, on top of those of this process."""

    codex: Codex | AsyncCodex | None = Field(default=None, exclude=True, repr=False)
    """An open client to use; then `codex_bin` and `env` are not used."""

    _shared: SharedCodex | None = PrivateAttr(default=None)
    _paused: PausedRuns | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check_who_decides(self) -> Self:
        if self.approvals == "interrupt":
            if self.approval_handler is not None:
                raise ValueError(
                    "give either an approval_handler, or approvals='interrupt': one of them decides"
                )
            # Runs wait as long as there is an agent that could go on with them; this may be the only one that stays.
            self._runs_that_wait()
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """Return what is pickled: the settings, and nothing alive.

        Raises:
            TypeError: There is an open client among them.
        """
        if self.codex is not None:
            raise TypeError("a CodexAgent with an open client (codex=...) cannot be pickled")
        return {**super().__getstate__(), "__pydantic_private__": {"_shared": None, "_paused": None}}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; what is alive, such as an open client, is used by the copy too."""
        memo = {} if memo is None else memo
        for alive in (self._shared, self._paused, *(getattr(self, name) for name in _ALIVE)):
            memo[id(alive)] = alive
        return super().__deepcopy__(memo)

    # --- the interface of a Runnable --------------------------------------------------------------

    def invoke(
        self,
        input: AgentInput,  # noqa: A002 - the framework's word
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Run a turn and return its output."""
        return self._call_with_config(self._whole, input, config, **kwargs)

    async def ainvoke(
        self,
        input: AgentInput,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Run a turn and return its output."""
        return await self._acall_with_config(self._awhole, input, config, **kwargs)

    def stream(
        self,
        input: AgentInput,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[dict[str, Any]]:
        """Run a turn and return its output in parts, which add up with `+`."""
        return self.transform(iter([input]), config, **kwargs)

    def astream(
        self,
        input: AgentInput,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[dict[str, Any]]:
        """Run a turn and return its output in parts, which add up with `+`."""
        return self.atransform(_one(input), config, **kwargs)

    def transform(
        self,
        input: Iterator[AgentInput],  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[dict[str, Any]]:
        """Put the parts of an input together, and run a turn as `stream` does."""
        parts: list[Generator[AgentOutput]] = []

        def run(
            inputs: Iterator[AgentInput], run_manager: CallbackManagerForChainRun, config: RunnableConfig
        ) -> Iterator[dict[str, Any]]:
            parts.append(self._parts(_sum(inputs), run_manager, config))
            return parts[0]

        chain = cast(
            "Generator[dict[str, Any]]", self._transform_stream_with_config(input, run, config, **kwargs)
        )
        try:
            # Not `yield from`, which would close the chain run first.
            for part in chain:  # noqa: UP028
                yield part
        except GeneratorExit:
            # The runs below end before the chain run does, and it ends with an error too.
            for runs in parts:
                runs.close()
            with suppress(TurnInterruptedError):
                chain.throw(TurnInterruptedError("the stream was left before the end of the turn"))
            raise

    async def atransform(
        self,
        input: AsyncIterator[AgentInput],  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[dict[str, Any]]:
        """Put the parts of an input together, and run a turn as `astream` does."""
        parts: list[AsyncGenerator[AgentOutput]] = []

        def run(
            inputs: AsyncIterator[AgentInput],
            run_manager: AsyncCallbackManagerForChainRun,
            config: RunnableConfig,
        ) -> AsyncIterator[dict[str, Any]]:
            parts.append(self._aparts_of(inputs, run_manager, config))
            return parts[0]

        chain = cast(
            "AsyncGenerator[dict[str, Any]]",
            self._atransform_stream_with_config(input, run, config, **kwargs),
        )
        try:
            async for part in chain:
                yield part
        except GeneratorExit:
            for runs in parts:
                await runs.aclose()
            with suppress(TurnInterruptedError):
                await chain.athrow(TurnInterruptedError("the stream was left before the end of the turn"))
            raise

    def with_retry(
        self,
        *,
        retry_if_exception_type: tuple[type[BaseException], ...]
        | Callable[[BaseException], bool] = RETRYABLE_ERRORS,
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: ExponentialJitterParams | None = None,
        stop_after_attempt: int = 3,
    ) -> Runnable[AgentInput, dict[str, Any]]:
        """Return an agent that repeats a turn which failed before it had run or changed anything.

        Naming other exceptions here asks for the repetition of turns that have acted.
        """
        return super().with_retry(
            retry_if_exception_type=retry_if_exception_type,
            wait_exponential_jitter=wait_exponential_jitter,
            exponential_jitter_params=exponential_jitter_params,
            stop_after_attempt=stop_after_attempt,
        )

    # --- a turn -----------------------------------------------------------------------------------

    def _whole(
        self, value: AgentInput, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> dict[str, Any]:
        return AgentOutput.sum(list(self._parts(value, run_manager, config))).whole()

    async def _awhole(
        self, value: AgentInput, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> dict[str, Any]:
        parts = [part async for part in self._aparts(value, run_manager, config)]
        return AgentOutput.sum(parts).whole()

    async def _aparts_of(
        self,
        inputs: AsyncIterator[AgentInput],
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
    ) -> AsyncGenerator[AgentOutput]:
        value = _sum([part async for part in inputs])
        parts = self._aparts(value, run_manager, config)
        try:
            async for part in parts:
                yield part
        finally:
            await parts.aclose()

    def _parts(
        self, value: AgentInput, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Generator[AgentOutput]:
        run = self._begun(request_of(value, config, self.name), config)
        callbacks = RunCallbacks(
            run_manager.get_child(),
            params=self._invocation_params(),
            model_name=run.model_name,
            managers=run.tools.managers,
        )
        events = run.sync_events()
        try:
            for step in run.reopened():
                callbacks.tell(step)
                if isinstance(step, Produced):
                    yield step.part
            for event in events:
                for step in run.steps(event):
                    callbacks.tell(step)
                    if isinstance(step, Produced):
                        yield step.part
                run.passed(event)
            yield run.last_part(has_output=self.output_type is not None)
        except BaseException as exc:
            if not run.is_paused:
                events.close()
            for step in run.left(_reason(exc)):
                callbacks.tell(step)
            raise
        finally:
            self._leave(run)

    async def _aparts(
        self, value: AgentInput, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> AsyncGenerator[AgentOutput]:
        run = await self._abegun(request_of(value, config, self.name), config)
        callbacks = AsyncRunCallbacks(
            run_manager.get_child(),
            params=self._invocation_params(),
            model_name=run.model_name,
            managers=run.tools.managers,
        )
        events = run.async_events()
        try:
            for step in run.reopened():
                await callbacks.tell(step)
                if isinstance(step, Produced):
                    yield step.part
            async for event in events:
                for step in run.steps(event):
                    await callbacks.tell(step)
                    if isinstance(step, Produced):
                        yield step.part
                run.passed(event)
            yield run.last_part(has_output=self.output_type is not None)
        except BaseException as exc:
            if not run.is_paused:
                await events.aclose()
            for step in run.left(_reason(exc)):
                await callbacks.tell(step)
            raise
        finally:
            self._leave(run)

    def _leave(self, run: AgentTurn) -> None:
        if run.is_paused and run.task is not None:
            self._runs_that_wait().put(run.task.key, run)
        else:
            run.tools.finish()

    # --- beginning, or going on with what waits for a person ----------------------------------------

    def _begun(self, request: AgentRequest, config: RunnableConfig) -> AgentTurn:
        task = self._task(request, config)
        decided: Decided | None = None
        if task is not None:
            run = self._runs_that_wait().take(task.key)
            decided = self._resumed(run, task, config) if run else None
            if run is not None and run.is_going_on:
                return run
            asked = task.asked_last() if run is None else None
            decided = decided_on(task, asked) if asked else decided
        if decided is not None:
            return self._told_again(decided, request, task, config)
        self._go_past(request)
        return self._started(self._open(request), request, task, config)

    async def _abegun(self, request: AgentRequest, config: RunnableConfig) -> AgentTurn:
        task = self._task(request, config)
        decided: Decided | None = None
        if task is not None:
            run = self._runs_that_wait().take(task.key)
            decided = self._resumed(run, task, config) if run else None
            if run is not None and run.is_going_on:
                run.tools.loop = asyncio.get_running_loop()
                return run
            asked = await task.aasked_last() if run is None else None
            decided = decided_on(task, asked) if asked else decided
        if decided is not None:
            return await self._atold_again(decided, request, task, config)
        self._go_past(request)
        return await self._astarted(await self._aopen(request), request, task, config)

    def _resumed(self, run: AgentTurn, task: GraphTask, config: RunnableConfig) -> Decided:
        try:
            decided = run.resume(task, config)
        except BaseException:
            # Nobody has decided yet: it waits on.
            self._runs_that_wait().put(task.key, run)
            raise
        if not run.is_going_on:
            run.close()
        return decided

    def _told_again(
        self, decided: Decided, request: AgentRequest, task: GraphTask | None, config: RunnableConfig
    ) -> AgentTurn:
        """Begin a turn that goes on where one was cut off; the thread is told what was decided."""
        thread = self._open(request.at_end_of(decided.thread_id))
        turn = thread.active_turn
        if turn is not None and turn.id == decided.turn_id:
            turn.interrupt()
        items = [entry.item for entry in thread.items(turn_id=decided.turn_id)]
        decided = decided.in_view_of(items)
        request = request.at_end_of(thread.id, decided.note)
        thread.inject_items(request.history)
        return self._started(thread, request, task, config, decided)

    async def _atold_again(
        self, decided: Decided, request: AgentRequest, task: GraphTask | None, config: RunnableConfig
    ) -> AgentTurn:
        thread = await self._aopen(request.at_end_of(decided.thread_id))
        turn = thread.active_turn
        if turn is not None and turn.id == decided.turn_id:
            await turn.interrupt()
        items = [entry.item async for entry in thread.items(turn_id=decided.turn_id)]
        decided = decided.in_view_of(items)
        request = request.at_end_of(thread.id, decided.note)
        await thread.inject_items(request.history)
        return await self._astarted(thread, request, task, config, decided)

    def _started(
        self,
        thread: Thread,
        request: AgentRequest,
        task: GraphTask | None,
        config: RunnableConfig,
        decided: Decided | None = None,
    ) -> AgentTurn:
        run = self._run(thread, request, task, config, decided)
        with in_context_of(run.tools, is_lasting=run.is_asking):
            turn = thread.turn(
                request.turn_input, output_type=self.output_type, **self._turn_options(request)
            )
        run.started(turn, timeout_s=self.timeout)
        return run

    async def _astarted(
        self,
        thread: AsyncThread,
        request: AgentRequest,
        task: GraphTask | None,
        config: RunnableConfig,
        decided: Decided | None = None,
    ) -> AgentTurn:
        run = self._run(thread, request, task, config, decided)
        if run.is_asking:
            run.tools.loop = asyncio.get_running_loop()
        with in_context_of(run.tools, is_lasting=run.is_asking):
            turn = await thread.turn(
                request.turn_input, output_type=self.output_type, **self._turn_options(request)
            )
        run.started(turn, timeout_s=self.timeout)
        return run

    def _run(
        self,
        thread: Thread | AsyncThread,
        request: AgentRequest,
        task: GraphTask | None,
        config: RunnableConfig,
        decided: Decided | None,
    ) -> AgentTurn:
        tools = ToolTurn(config, request.state, thread.id, [as_base_tool(tool) for tool in self.tools])
        return AgentTurn(
            request,
            thread,
            tools,
            agent_name=self.name,
            model_name=self.model,
            asking=Asking(task, decided) if self.approvals == "interrupt" else None,
        )

    def _task(self, request: AgentRequest, config: RunnableConfig) -> GraphTask | None:
        check_injected([as_base_tool(tool) for tool in self.tools], config, request.state)
        if self.approvals != "interrupt":
            return None
        return graph_task(config, request.conversation, self.name)

    def _go_past(self, request: AgentRequest) -> None:
        """End a turn that waits in the thread: the conversation goes on without an answer to it."""
        if self.approvals == "interrupt" and request.thread_id is not None:
            self._runs_that_wait().drop_thread(request.thread_id)

    def _runs_that_wait(self) -> PausedRuns:
        server = self._server_config().identity() if self.codex is None else id(self.codex)
        self._paused = runs = paused_runs_for(server)
        return runs

    # --- threads ----------------------------------------------------------------------------------

    def _open(self, request: AgentRequest) -> Thread:
        codex = self._access().sync_client()
        options = self._thread_options(is_async=False)
        if request.thread_id is None:
            thread = codex.thread_start(experimental_raw_events=True, **options)
        else:
            thread = codex.thread_resume(request.thread_id, exclude_turns=True, **options)
            if request.after_turn_id:
                newest = next(iter(thread.turns(limit=1)), None)
                if newest is not None and newest.id != request.after_turn_id:
                    # The conversation goes on from an earlier point: time travel, or a second branch.
                    thread = codex.thread_fork(thread.id, last_turn_id=request.after_turn_id, **options)
        if request.history:
            thread.inject_items(request.history)
        return thread

    async def _aopen(self, request: AgentRequest) -> AsyncThread:
        codex = self._access().async_client()
        options = self._thread_options(is_async=True)
        if request.thread_id is None:
            thread = await codex.thread_start(experimental_raw_events=True, **options)
        else:
            thread = await codex.thread_resume(request.thread_id, exclude_turns=True, **options)
            if request.after_turn_id:
                newest = await anext(aiter(thread.turns(limit=1)), None)
                if newest is not None and newest.id != request.after_turn_id:
                    thread = await codex.thread_fork(thread.id, last_turn_id=request.after_turn_id, **options)
        if request.history:
            await thread.inject_items(request.history)
        return thread

    def _thread_options(self, *, is_async: bool) -> dict[str, Any]:
        options = {
            "model": self.model,
            "cwd": self.cwd,
            "sandbox": self.sandbox,
            "approval_policy": self.approval_policy,
            "base_instructions": self.base_instructions,
            "developer_instructions": self.developer_instructions,
            "config": dict(self.config) or None,
            # A turn that waits for a person may go on in another loop, or without one.
            "tools": core_tools(self.tools, is_async=is_async and self.approvals == "handler") or None,
        }
        return {name: value for name, value in options.items() if value is not None}

    def _turn_options(self, request: AgentRequest) -> dict[str, Any]:
        options = {
            "effort": self.effort,
            "summary": self.summary,
            "personality": self.personality,
            "approval_handler": self.approval_handler,
            "user_input_handler": self.user_input_handler,
            "elicitation_handler": self.elicitation_handler,
        }
        if self.approvals == "interrupt":
            options["approval_handler"] = defer_approvals
            options["user_input_handler"] = self.user_input_handler or _defer
            options["elicitation_handler"] = self.elicitation_handler or _defer
        if request.thread_id is not None:
            # A thread that is in memory keeps what it had, whatever it is resumed with.
            options |= {"model": self.model, "cwd": self.cwd, "approval_policy": self.approval_policy}
            options["sandbox_policy"] = _policy(self.sandbox, self.config)
        return {name: value for name, value in options.items() if value is not None}

    def _invocation_params(self) -> dict[str, Any]:
        return {
            "_type": "codex-agent",
            "model": self.model,
            "effort": self.effort,
            "sandbox": self.sandbox,
        }

    def _access(self) -> SharedCodex:
        if self.codex is not None:
            return SharedCodex(codex=self.codex)
        config = self._server_config()
        shared = self._shared
        if shared is None or shared.config != config:
            # The settings of a copy may be others than those of the agent that it was made from.
            self._shared = shared = SharedCodex(config)
        return shared

    def _server_config(self) -> AppServerConfig:
        return AppServerConfig(codex_bin=self.codex_bin, env=dict(self.env))


async def _one(value: AgentInput) -> AsyncIterator[AgentInput]:
    yield value


def _sum(inputs: Any) -> Any:
    """Put the parts of an input together, as LangChain does; the last one counts where they do not add up."""
    whole: Any = None
    for count, part in enumerate(inputs):
        try:
            whole = whole + part if count else part
        except TypeError:
            whole = part
    return whole


def _defer(question: object) -> Defer:  # noqa: ARG001 - the interface
    return DEFER


def _reason(error: BaseException) -> BaseException:
    if isinstance(error, Exception):
        return error
    # A new one, without a traceback: handlers may keep it, and with it all that the frames hold.
    return TurnInterruptedError("the run was cancelled, or its stream left, before the end of the turn")


def _policy(sandbox: str, config: Mapping[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = {"type": _POLICIES[sandbox]}
    if sandbox != "workspace-write":
        return policy
    table = dict(config.get("sandbox_workspace_write") or {})
    prefix = "sandbox_workspace_write."
    table |= {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    names = {
        "writable_roots": "writableRoots",
        "network_access": "networkAccess",
        "exclude_tmpdir_env_var": "excludeTmpdirEnvVar",
        "exclude_slash_tmp": "excludeSlashTmp",
    }
    return policy | {names[key]: value for key, value in table.items() if key in names}
