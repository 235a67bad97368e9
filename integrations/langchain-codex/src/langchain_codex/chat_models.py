"""ChatCodex: a LangChain chat model on `codex app-server`. Thin: messages and events are translated beside it."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    Codex,
    SharedCodex,
    TurnOptions,
)
from codex_app_server.chat import chat_thread_options
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.outputs import ChatGenerationChunk
from pydantic import AliasChoices, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from langchain_codex._deadline import async_deadline, deadline
from langchain_codex._events import AnswerChunks
from langchain_codex._messages import to_items

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from codex_app_server import ThreadStartOptions
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatResult
    from typing_extensions import Self

__all__ = ["ChatCodex"]

# What LangChain gives to every chat model, and Codex has no setting for.
_NOT_USED = ("temperature", "max_tokens", "max_retries", "api_key")
# A thread lives for one answer; the server would keep it in memory for much longer.
_SERVER_CONFIG: dict[str, Any] = {"thread_unload_delay_secs": 0}


@dataclass(frozen=True)
class _Call:
    """What one call sends."""

    items: list[dict[str, Any]]
    thread: ThreadStartOptions
    turn: TurnOptions
    stop: list[str]

    def chunks(self, thread: Mapping[str, object], *, is_streaming: bool) -> AnswerChunks:
        model = thread.get("model") or self.thread.get("model") or "unknown"
        return AnswerChunks(model_name=str(model), stop=self.stop, is_streaming=is_streaming)


class ChatCodex(BaseChatModel):
    """Codex chat model: LangChain messages in, an answer out, over a local `codex app-server`.

    Setup:
        Install the package with the Codex runtime, and log in once:

        ```bash
        pip install "langchain-codex[runtime]"
        python -m codex_app_server codex login
        ```

        There is no API key to give: the app-server uses the login and the model providers of
        the Codex configuration (`$CODEX_HOME`, by default `~/.codex`).

    Key init args - answer:
        model: Name of the model; by default that of the Codex configuration.
        effort: How much the model reasons, for example `"low"` or `"high"`.
        summary: How its reasoning is summarised: `"auto"`, `"concise"`, `"detailed"`, `"none"`.
        stop: Default stop sequences, cut off on this side.
        base_instructions: Instructions in front of all messages; none by default.
        config: Codex configuration for the calls of this model, as in `config.toml`.
        timeout: Seconds that the model may take for an answer.

    Key init args - server:
        codex_bin: The Codex binary; by default that of the runtime package, else `codex` on PATH.
        env: Environment variables for the server, such as `CODEX_HOME`.
        cwd: Working directory of the server.
        codex: An open `Codex` or `AsyncCodex` to use instead; whoever made it closes it.

    The server is launched by the first call. Models with equal server settings share one server, from
    any number of OS threads and event loops; it ends when the last of them has been collected.

    `temperature`, `max_tokens`, `max_retries` and `api_key` are accepted, since LangChain
    gives them to every chat model, but Codex has no such settings: giving one warns.

    Instantiate:
        ```python
        from langchain_codex import ChatCodex

        model = ChatCodex(model="gpt-5", effort="low")
        ```

    Invoke:
        ```python
        messages = [
            ("system", "You translate English to French."),
            ("human", "I love programming."),
        ]
        model.invoke(messages)
        ```

        The message list is the whole truth: each call is a new thread of the server that holds
        these messages, in order and with their roles, and nothing is remembered between calls. No
        command can run in it. Images are given as data; remote URLs raise `ValueError`.

    Stream:
        ```python
        for chunk in model.stream(messages):
            print(chunk.text, end="")
        ```

        Leaving the loop early interrupts the model. When the connection to the model breaks off,
        Codex asks it again; if the second answer then begins otherwise than what was streamed,
        the stream ends with `TurnInterruptedError`, while `invoke` returns the second answer.

    Async:
        ```python
        await model.ainvoke(messages)

        async for chunk in model.astream(messages):
            ...

        await model.abatch([messages, messages])
        ```

    Token usage:
        ```python
        model.invoke(messages).usage_metadata
        ```

        There is none for an answer that ended at a stop sequence, since the model was interrupted.

    Reasoning:
        ```python
        message = ChatCodex(effort="high", summary="auto").invoke(messages)
        [block for block in message.content_blocks if block["type"] == "reasoning"]
        ```

    Response metadata:
        `model_name`, `model_provider` (`"codex"`), `thread_id`, `turn_id`, `finish_reason`
        (`"stop"`, or `"stop_sequence"` with the `stop_sequence` that was met). What the model
        says beside its answer (messages in the phase "commentary") is in
        `additional_kwargs["commentary"]`.

    Errors:
        Those of `codex_app_server`: `TurnFailedError` with the words of the model provider,
        `TurnInterruptedError`, `RequestTimeoutError` (also a `TimeoutError`), `LaunchError`.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)

    model: str | None = None
    """Name of the model; None is that of the Codex configuration. `model=` per call goes before it."""

    effort: str | None = None
    """How much the model reasons; also per call."""

    summary: Literal["auto", "concise", "detailed", "none"] | None = None
    """How its reasoning is summarised; also per call."""

    base_instructions: str = ""
    """Instructions in front of all messages."""

    config: Mapping[str, Any] = Field(default_factory=dict[str, Any], repr=False)
    """Codex configuration for the calls of this model; nested tables or dotted keys."""

    timeout: float | None = Field(
        default=None, gt=0, validation_alias=AliasChoices("timeout", "request_timeout")
    )
    """Seconds that the model may take for an answer; None waits without limit."""

    stop: list[str] | None = Field(default=None, validation_alias=AliasChoices("stop", "stop_sequences"))
    """Stop sequences of calls that give none."""

    streaming: bool = False
    """Whether `invoke` streams too, for the callbacks that listen."""

    codex_bin: str | os.PathLike[str] | None = None
    """Path or command name of the Codex binary."""

    env: Mapping[str, str] = Field(default_factory=dict[str, str], repr=False)
    """Environment variables for the server, on top of those of this process."""

    cwd: str | os.PathLike[str] | None = None
    """Working directory of the server; None is that of this process."""

    codex: Codex | AsyncCodex | None = Field(default=None, exclude=True, repr=False)
    """An open client to use; then `codex_bin`, `env` and `cwd` are not used."""

    temperature: float | None = None
    """Not used: Codex has no such setting."""

    max_tokens: int | None = None
    """Not used: Codex has no such setting."""

    max_retries: int | None = None
    """Not used: Codex repeats failed requests as its configuration of the model provider says."""

    api_key: SecretStr | None = Field(default=None, exclude=True)
    """Not used: the app-server has its own login."""

    _shared_codex: SharedCodex | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _warn_of_what_is_not_used(self) -> Self:
        given = [name for name in _NOT_USED if getattr(self, name) is not None]
        if given:
            _warn_not_used(given, stacklevel=5)
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """Return what is pickled: the settings, and nothing alive.

        Raises:
            TypeError: There is an open client among them.
        """
        if self.codex is not None:
            raise TypeError("a ChatCodex with an open client (codex=...) cannot be pickled")
        return {**super().__getstate__(), "__pydantic_private__": {"_shared_codex": None}}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; an open client is used by the copy too."""
        memo = {} if memo is None else memo
        for alive in (self.codex, self._shared_codex):
            memo[id(alive)] = alive
        return super().__deepcopy__(memo)

    @property
    def _llm_type(self) -> str:
        return "codex-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        # It keys LangChain's cache and goes into traces: what may hold secrets is in it as a digest only.
        server = (str(self.codex_bin), str(self.cwd), sorted(self.env.items()), self.config)
        digest = hashlib.sha256(json.dumps(server, sort_keys=True, default=str).encode())
        return {
            "model": self.model,
            "effort": self.effort,
            "summary": self.summary,
            "base_instructions": self.base_instructions,
            "stop": self.stop,
            "setup": digest.hexdigest()[:16],
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = LangSmithParams(ls_provider="codex", ls_model_type="chat")
        if model := kwargs.get("model") or self.model:
            params["ls_model_name"] = model
        if stop := stop or self.stop:
            params["ls_stop"] = stop
        return params

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - core reports the end
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._answer(self._call(messages, stop, kwargs), is_streaming=False))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - core reports the end
        **kwargs: Any,
    ) -> ChatResult:
        answer = self._aanswer(self._call(messages, stop, kwargs), is_streaming=False)
        return generate_from_stream(iter([chunk async for chunk in answer]))

    # Core reports the tokens of a stream itself; doing it here would double them.

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        return self._answer(self._call(messages, stop, kwargs), is_streaming=True)

    def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        # The generator itself is handed out: closing it closes the stream of events at once.
        return self._aanswer(self._call(messages, stop, kwargs), is_streaming=True)

    def _answer(self, call: _Call, *, is_streaming: bool) -> Iterator[ChatGenerationChunk]:
        codex = self._access().sync_client()
        thread = codex.thread_start(**call.thread)
        thread.inject_items(call.items)
        chunks = call.chunks(thread.raw, is_streaming=is_streaming)
        turn = thread.turn([], **call.turn)
        # Leaving the stream early, on whatever way, interrupts the turn.
        with turn.events() as events, deadline(self.timeout, turn) as limit:
            for event in events:
                was_stopped = chunks.is_stopped
                if chunk := chunks.feed(event):
                    yield ChatGenerationChunk(message=chunk)
                if chunks.is_stopped and not was_stopped:
                    turn.interrupt()
        limit.check(chunks.result)
        yield ChatGenerationChunk(message=chunks.finish())

    async def _aanswer(self, call: _Call, *, is_streaming: bool) -> AsyncIterator[ChatGenerationChunk]:
        codex = self._access().async_client()
        thread = await codex.thread_start(**call.thread)
        await thread.inject_items(call.items)
        chunks = call.chunks(thread.raw, is_streaming=is_streaming)
        turn = await thread.turn([], **call.turn)
        async with turn.events() as events, async_deadline(self.timeout, turn) as limit:
            async for event in events:
                was_stopped = chunks.is_stopped
                if chunk := chunks.feed(event):
                    yield ChatGenerationChunk(message=chunk)
                if chunks.is_stopped and not was_stopped:
                    await turn.interrupt()
        limit.check(chunks.result)
        yield ChatGenerationChunk(message=chunks.finish())

    def _call(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]) -> _Call:
        options = dict(kwargs)
        # Core's switch between `_generate` and `_stream`, which it has looked at.
        options.pop("stream", None)
        if given := [name for name in _NOT_USED if options.pop(name, None) is not None]:
            _warn_not_used(given, stacklevel=2)
        model = options.pop("model", None) or self.model
        effort = options.pop("effort", None) or self.effort
        summary = options.pop("summary", None) or self.summary
        if options:
            raise TypeError(
                f"ChatCodex takes no {', '.join(sorted(options))} per call: model, effort, summary"
            )
        return _Call(
            items=to_items(messages),
            thread=chat_thread_options(
                model=model, base_instructions=self.base_instructions, config=self.config
            ),
            turn=TurnOptions(effort=effort, summary=summary),
            stop=list(stop if stop is not None else self.stop or ()),
        )

    def _access(self) -> SharedCodex:
        if self.codex is not None:
            return SharedCodex(codex=self.codex)
        config = AppServerConfig(
            codex_bin=self.codex_bin, cwd=self.cwd, env=dict(self.env), config_overrides=_SERVER_CONFIG
        )
        shared = self._shared_codex
        if shared is None or shared.config != config:
            # The settings of a copy may be others than those of the model that it was made from.
            self._shared_codex = shared = SharedCodex(config)
        return shared


def _warn_not_used(names: list[str], *, stacklevel: int) -> None:
    warnings.warn(
        f"ChatCodex does not use {', '.join(names)}: Codex has no such setting", UserWarning, stacklevel
    )
