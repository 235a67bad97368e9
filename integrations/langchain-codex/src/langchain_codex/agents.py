"""CodexAgent: a turn of Codex as a LangChain Runnable. Thin: input, runs, tools and output are made beside it."""

from __future__ import annotations

import os  # noqa: TC003 - pydantic reads the annotations
from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - as above
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, cast

from codex_app_server import (
    AppServerConfig,
    AsyncCodexClient,  # noqa: TC002 - pydantic reads the annotations
    CodexClient,  # noqa: TC002 - pydantic reads the annotations
    SharedCodex,
    TurnInterruptedError,
)
from codex_app_server.interface import client_or_none
from langchain_core.runnables import RunnableSerializable
from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator
from typing_extensions import Self  # noqa: TC002 - as above

from langchain_codex._agent_begin import Beginning
from langchain_codex._agent_errors import RETRYABLE_ERRORS
from langchain_codex._agent_input import AgentInput, request_of
from langchain_codex._agent_options import invocation_params
from langchain_codex._agent_output import AgentOutput
from langchain_codex._agent_paused import (
    PausedRuns,  # noqa: TC001 - pydantic reads the annotations
    paused_runs_for,
)
from langchain_codex._run_callbacks import AsyncRunCallbacks, RunCallbacks
from langchain_codex._run_steps import Produced
from langchain_codex._server import Access  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
    from langchain_core.runnables import Runnable, RunnableConfig
    from langchain_core.runnables.retry import ExponentialJitterParams

    from langchain_codex._agent_turn import AgentTurn

__all__ = ["CodexAgent"]

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
        codex: An open `Codex` or `AsyncCodex`, or another client, to use instead; whoever made it closes it.

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
        `structured_response` with an `output_type`. `usage` is that of the turn itself; what sub-agents of Codex
        had used for it when it ended is `sub_agent_usage`, where there was any. Chunks of a stream add up to it with `+`.

    Runs:
        A chat-model run for each model response, a tool run for each command, file change, MCP call, web search and
        tool, and a chain run for each sub-agent that Codex starts. Codex may start a tool before the response that
        calls it is complete, so that their runs overlap. Output of commands, plan and diff are custom events.

    Errors:
        `TurnFailedError`, or its subclass `RetryableTurnError` when nothing can have been run yet and the reason
        may pass; `TurnInterruptedError`, `TurnTimeoutError`, `ThreadBusyError` when another app-server
        has the thread open, `ThreadNotFoundError`, `OutputError`. Turns of one thread run one after the other.
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

    codex: CodexClient | AsyncCodexClient | None = Field(default=None, exclude=True, repr=False)
    """An open client to use; then `codex_bin` and `env` are not used."""

    _shared: Access | None = PrivateAttr(default=None)
    _paused: PausedRuns | None = PrivateAttr(default=None)

    _check_client = field_validator("codex", mode="before")(client_or_none)

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
        beginning = self._beginning(value, config)
        run = beginning.begin()
        callbacks = RunCallbacks(run_manager.get_child(), **self._told_to_callbacks(run))
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
                callbacks.tell_anyway(step)
            raise
        finally:
            beginning.leave(run)

    async def _aparts(
        self, value: AgentInput, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> AsyncGenerator[AgentOutput]:
        beginning = self._beginning(value, config)
        run = await beginning.abegin()
        callbacks = AsyncRunCallbacks(run_manager.get_child(), **self._told_to_callbacks(run))
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
                await callbacks.tell_anyway(step)
            raise
        finally:
            beginning.leave(run)

    def _beginning(self, value: AgentInput, config: RunnableConfig) -> Beginning:
        waiting = self._runs_that_wait() if self.approvals == "interrupt" else None
        return Beginning(self, self._access(), waiting, request_of(value, config, self.name), config)

    def _told_to_callbacks(self, run: AgentTurn) -> dict[str, Any]:
        params = invocation_params(self)
        return {"params": params, "model_name": run.model_name, "managers": run.tools.managers}

    def _runs_that_wait(self) -> PausedRuns:
        server = self._server_config().identity() if self.codex is None else id(self.codex)
        self._paused = runs = paused_runs_for(server)
        return runs

    def _access(self) -> Access:
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


def _reason(error: BaseException) -> BaseException:
    if isinstance(error, Exception):
        return error
    # A new one, without a traceback: handlers may keep it, and with it all that the frames hold.
    return TurnInterruptedError("the run was cancelled, or its stream left, before the end of the turn")
