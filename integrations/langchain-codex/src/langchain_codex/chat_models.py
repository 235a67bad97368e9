"""ChatCodex: a LangChain chat model on `codex app-server`. Thin: messages and events are translated beside it."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

from codex_app_server import (
    AppServerConfig,
    AsyncCodexClient,
    CodexClient,
    SharedCodex,
    TurnOptions,
)
from codex_app_server.chat import chat_thread_options
from codex_app_server.interface import client_or_none
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.utils import LC_ID_PREFIX
from pydantic import AliasChoices, ConfigDict, Field, PrivateAttr, SecretStr, field_validator, model_validator

from langchain_codex._answers import aanswer, answer, as_chunks, as_events
from langchain_codex._call import Call
from langchain_codex._images import ImageFetch
from langchain_codex._server import Server, server_for
from langchain_codex._structured import (
    output_schema_and_rule,
    response_format,
    schema_name,
    with_parser,
)
from langchain_codex._tools import as_choice, as_specs, bound_tools, distinct

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence

    from codex_app_server import ApprovalHandler, ThreadStartOptions
    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        BaseRunManager,
        CallbackManagerForLLMRun,
    )
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool
    from langchain_protocol.protocol import MessagesData
    from typing_extensions import Self

    from langchain_codex._server import Access
    from langchain_codex._structured import Method
    from langchain_codex._tools import ToolChoice

__all__ = ["ChatCodex"]

# What LangChain gives to every chat model, and Codex has no setting for.
_NOT_USED = ("temperature", "max_tokens", "max_retries", "api_key")
# Bound for extractions, whose tool calls are never answered.
_ONE_SHOT = "codex_one_shot"
# The server would keep a thread in memory for much longer than anybody here has it.
_SERVER_CONFIG: dict[str, Any] = {"thread_unload_delay_secs": 0}
# Whatever the model: which of them can do more is not known before the server runs.
_PROFILE: dict[str, Any] = {
    "text_inputs": True,
    "image_inputs": True,
    "image_url_inputs": True,
    "pdf_inputs": False,
    "audio_inputs": False,
    "video_inputs": False,
    "image_tool_message": True,
    "pdf_tool_message": False,
    "text_outputs": True,
    "image_outputs": False,
    "audio_outputs": False,
    "video_outputs": False,
    "reasoning_output": True,
    "tool_calling": True,
    "tool_choice": True,
    "tool_call_streaming": True,
    "structured_output": True,
    "mid_conversation_system_messages": True,
}


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
        personality: How it speaks.
        image_fetch: Whether images by URL are fetched.

    Key init args - agent:
        agent_tools: Whether Codex's own tools are on; off by default, and then nothing can run.
        sandbox: What commands may do.
        approval_policy: When Codex asks before it runs something.
        approval_handler: Who is asked, a function as for `codex_app_server`.

    Key init args - server:
        codex_bin: The Codex binary; by default that of the runtime package, else `codex` on PATH.
        env: Environment variables for the server, such as `CODEX_HOME`.
        cwd: Working directory of the server.
        codex: An open `Codex` or `AsyncCodex`, or another client, to use instead; whoever made it closes it.

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

        The message list is the whole truth: the model sees these messages, in order and with their
        roles. Where they go on from an earlier answer, and nothing before it was changed, Codex goes on
        in the thread that holds them, and only what is new is sent; else a new thread gets them all.
        No command can run in it. Images are given as data or by URL.

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

    Tool calling:
        ```python
        from langchain_core.tools import tool


        @tool
        def get_weather(city: str) -> str:
            "The weather in a city."
            return f"sunny in {city}"


        model.bind_tools([get_weather]).invoke("Weather in Paris and Oslo?").tool_calls
        ```

        All calls of a response are in one message. The turn of Codex waits for their results, for up to
        ten minutes; it does not matter to the answer whether they come in time, from this process or
        unchanged, since any conversation can be given to a new thread. Works with
        `langchain.agents.create_agent`, LangGraph's `ToolNode`, checkpointers and interrupts.

    Structured output:
        ```python
        from pydantic import BaseModel


        class Joke(BaseModel):
            "A joke."
            setup: str
            punchline: str


        model.with_structured_output(Joke).invoke("Tell me a joke about cats.")
        ```

    Image input:
        ```python
        from langchain_core.messages import HumanMessage

        image = {"type": "image", "url": "https://example.com/cat.png"}
        model.invoke([HumanMessage([{"type": "text", "text": "What is this?"}, image])])
        ```

        Images are given by URL or as data (`base64` with `mime_type`, or a `data:` URL).

    Codex's own tools:
        ```python
        agent = ChatCodex(agent_tools=True, sandbox="workspace-write", cwd="/path/to/project")
        agent.invoke("Run the tests.").content_blocks
        ```

        What Codex ran is in blocks of the types `server_tool_call` and `server_tool_result`, never in
        `tool_calls`. It is not told again where a conversation is given to a new thread.

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
        (`"stop"`, `"tool_calls"`, or `"stop_sequence"` with the `stop_sequence` that was met). What the model
        says beside its answer (messages in the phase "commentary") is in
        `additional_kwargs["commentary"]`.

    Errors:
        Those of `codex_app_server`: `TurnFailedError` with the words of the model provider,
        `TurnInterruptedError`, `RequestTimeoutError` (also a `TimeoutError`), `LaunchError`; and `ValueError` for
        messages and tools that the app-server cannot take. `RETRYABLE_ERRORS` are those that may pass:

        ```python
        from langchain_codex import RETRYABLE_ERRORS

        model.with_retry(retry_if_exception_type=RETRYABLE_ERRORS)
        ```
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

    personality: Literal["none", "friendly", "pragmatic"] | None = None
    """How the model speaks, for models that know it."""

    agent_tools: bool = False
    """Whether Codex's own tools are on: commands, file changes and the like."""

    sandbox: Literal["read-only", "workspace-write", "danger-full-access"] | None = None
    """What commands may do, with `agent_tools`; None is `"read-only"`."""

    approval_policy: Literal["untrusted", "on-request", "never"] | Mapping[str, Any] | None = None
    """When Codex asks before it runs something, with `agent_tools`."""

    approval_handler: Any = Field(default=None, exclude=True, repr=False)
    """Decides on approvals, with `agent_tools`; sync or async. Without one they are declined."""

    image_fetch: ImageFetch = "public"
    """Whether http(s) URLs of images are fetched: from public addresses, from `"any"`, or `"never"`."""

    codex_bin: str | os.PathLike[str] | None = None
    """Path or command name of the Codex binary."""

    env: Mapping[str, str] = Field(default_factory=dict[str, str], repr=False)
    """Environment variables for the server, on top of those of this process."""

    cwd: str | os.PathLike[str] | None = None
    """Working directory of the server; None is that of this process."""

    codex: CodexClient | AsyncCodexClient | None = Field(default=None, exclude=True, repr=False)
    """An open client to use; then `codex_bin`, `env` and `cwd` are not used."""

    temperature: float | None = None
    """Not used: Codex has no such setting."""

    max_tokens: int | None = None
    """Not used: Codex has no such setting."""

    max_retries: int | None = None
    """Not used: Codex repeats failed requests as its configuration of the model provider says."""

    api_key: SecretStr | None = Field(default=None, exclude=True)
    """Not used: the app-server has its own login."""

    _server: Server | None = PrivateAttr(default=None)
    _server_key: Any = PrivateAttr(default=None)

    _check_client = field_validator("codex", mode="before")(client_or_none)

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
        return {**super().__getstate__(), "__pydantic_private__": {"_server": None, "_server_key": None}}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; an open client is used by the copy too."""
        memo = {} if memo is None else memo
        for alive in (self.codex, self._server, self.approval_handler):
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
            "personality": self.personality,
            "agent_tools": self.agent_tools,
            "sandbox": self.sandbox,
            "approval_policy": self.approval_policy,
            "stop": self.stop,
            "output_version": self.output_version,
            "setup": digest.hexdigest()[:16],
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = LangSmithParams(ls_provider="codex", ls_model_type="chat")
        if model := kwargs.get("model") or self.model:
            params["ls_model_name"] = model
        if stop := stop or self.stop:
            params["ls_stop"] = stop
        return params

    def _resolve_model_profile(self) -> ModelProfile | None:
        # An older langchain-core would warn of keys that it does not know.
        known = {key: value for key, value in _PROFILE.items() if key in ModelProfile.__annotations__}
        return cast("ModelProfile", {**known, "name": self.model} if self.model else known)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: ToolChoice = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Give the model tools that it may call.

        The calls are in `tool_calls` of the answer, all those of one response of the model in one message;
        answer them with one `ToolMessage` each. While they are open the turn of Codex waits, and the next
        call that brings exactly these messages goes on with it. Anything else (another process, an
        edited or branched conversation, results that are missing) is given to a new thread whole, which
        comes to the same for the model.

        Args:
            tools: LangChain tools, functions, pydantic classes, TypedDicts or schemas, in OpenAI's or
                Anthropic's form too. A name that Codex keeps for itself (`exec`, `wait`, ...), or has no letters
                for, goes to the model in another form and comes back as it was.
            tool_choice: `"auto"`, `"any"` (or `"required"`, True), `"none"`, or the name of a tool. Codex leaves
                the choice to the model, so it is told; a name leaves that tool alone.
            strict: True makes the schemas strict. Codex does not have the provider enforce them.
            parallel_tool_calls: False tells the model to call one tool at a time.
            **kwargs: Further arguments of each call.

        Raises:
            ValueError: `tool_choice` is none of the tools, or a tool is one that a provider runs.
            OutputSchemaError: With `strict`, a schema that cannot be strict.
        """
        specs = as_specs(tools, strict=strict)
        # What is wrong with them is said here and not by each call.
        bound_tools(specs, choice=tool_choice)
        if (choice := as_choice(tool_choice, specs)) is not None:
            kwargs["tool_choice"] = choice
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(tools=specs, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Method = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a Runnable whose output is what the schema says.

        Args:
            schema: A pydantic class (its instances are returned), a TypedDict or a JSON schema (dicts are).
                Only `json_mode` does without.
            method: `"json_schema"` has the provider enforce the schema; `"function_calling"` has the model
                call a tool of that schema; `"json_mode"` asks for JSON, and the schema is up to your prompt.
            include_raw: Return a dict of `raw`, the message; `parsed`; and `parsing_error`, which is then
                not raised.
            strict: A schema for `"json_schema"` is made strict, and refused if it cannot be; with False it
                is then told to the model. For `"function_calling"` see `bind_tools`.
            **kwargs: Further arguments of each call.

        Raises:
            ValueError: There is no such method, or no schema.
            OutputSchemaError: The schema cannot be made strict.
        """
        if method not in {"json_schema", "function_calling", "json_mode"}:
            raise ValueError(f"method is 'json_schema', 'function_calling' or 'json_mode', not {method!r}")
        if schema is None and method != "json_mode":
            raise ValueError(f"the method {method!r} needs a schema")
        settings = {"method": method} if strict is None else {"method": method, "strict": strict}
        kwargs["ls_structured_output_format"] = {
            "kwargs": settings,
            "schema": None if schema is None else convert_to_json_schema(schema),
        }
        model: Runnable[LanguageModelInput, AIMessage]
        if schema is None or method == "json_mode":
            model = self.bind(response_format={"type": "json_object"}, **kwargs)
        elif method == "json_schema":
            model = self.bind(response_format=response_format(schema, strict=strict), **kwargs)
        else:
            kwargs[_ONE_SHOT] = True
            model = self.bind_tools([schema], tool_choice=schema_name(schema), strict=strict, **kwargs)
        return with_parser(model, schema, method, include_raw=include_raw)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - core reports the end
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._answer(messages, stop, kwargs, is_streaming=False))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - core reports the end
        **kwargs: Any,
    ) -> ChatResult:
        chunks = self._aanswer(messages, stop, kwargs, is_streaming=False)
        return generate_from_stream(iter([chunk async for chunk in chunks]))

    # Core reports the tokens of a stream itself; doing it here would double them.

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        return self._answer(messages, stop, kwargs, is_streaming=True)

    def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        # The generator itself is handed out: closing it closes the stream of events at once.
        return self._aanswer(messages, stop, kwargs, is_streaming=True)

    # Hooks that core looks for by name; without them it would make the events from the chunks of `_stream`.

    def _stream_chat_model_events(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[MessagesData]:
        call = self._call(messages, stop, kwargs)
        form = as_events(call, message_id=_message_id(run_manager))
        return answer(self._access(), call, form, timeout_s=self.timeout)

    def _astream_chat_model_events(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[MessagesData]:
        call = self._call(messages, stop, kwargs)
        form = as_events(call, message_id=_message_id(run_manager))
        return aanswer(self._access(), call, form, timeout_s=self.timeout)

    def _answer(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        *,
        is_streaming: bool,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        form = as_chunks(call, is_streaming=is_streaming)
        return answer(self._access(), call, form, timeout_s=self.timeout)

    def _aanswer(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        *,
        is_streaming: bool,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        form = as_chunks(call, is_streaming=is_streaming)
        return aanswer(self._access(), call, form, timeout_s=self.timeout)

    def _call(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]) -> Call:
        options = dict(kwargs)
        # Core's switch between `_generate` and `_stream`, which it has looked at.
        options.pop("stream", None)
        if given := [name for name in _NOT_USED if options.pop(name, None) is not None]:
            _warn_not_used(given, stacklevel=2)
        model = options.pop("model", None) or self.model
        effort = options.pop("effort", None) or self.effort
        summary = options.pop("summary", None) or self.summary
        schema, json_rule = output_schema_and_rule(options.pop("response_format", None))
        tools = bound_tools(
            distinct(as_specs(options.pop("tools", None) or ())),
            choice=options.pop("tool_choice", None),
            parallel=options.pop("parallel_tool_calls", None),
        )
        is_one_shot = bool(options.pop(_ONE_SHOT, False))
        if options:
            raise TypeError(
                f"ChatCodex takes no {', '.join(sorted(options))} per call: model, effort, summary, stop, tools, "
                "tool_choice, parallel_tool_calls, response_format"
            )
        is_v1 = self.output_version == "v1"
        return Call(
            messages=messages,
            thread=self._thread_options(model, " ".join(filter(None, (tools.rule, json_rule)))),
            turn=TurnOptions(effort=effort, summary=summary, output_schema=schema),
            tools=tools,
            stop=list(stop if stop is not None else self.stop or ()),
            has_blocks=is_v1 or self.agent_tools,
            is_v1=is_v1,
            is_one_shot=is_one_shot,
            image_fetch=self.image_fetch,
        )

    def _thread_options(self, model: str | None, rule: str) -> ThreadStartOptions:
        options: ThreadStartOptions
        if self.agent_tools:
            options = {
                "base_instructions": self.base_instructions or None,
                "config": self.config,
                "ephemeral": True,
                "model": model,
            }
        else:
            options = chat_thread_options(
                model=model, base_instructions=self.base_instructions, config=self.config
            )
        if rule:
            options["developer_instructions"] = rule
        if self.sandbox is not None:
            options["sandbox"] = self.sandbox
        if self.approval_policy is not None:
            options["approval_policy"] = self.approval_policy
        options["approval_handler"] = cast("ApprovalHandler | None", self.approval_handler)
        options["personality"] = self.personality
        return options

    def _access(self) -> Server:
        # The settings of a copy may be others than those of the model that it was made from.
        key: Hashable = (
            ("client", id(self.codex))
            if self.codex is not None
            else (str(self.codex_bin), str(self.cwd), frozenset(self.env.items()))
        )
        server = self._server
        if server is None or self._server_key != key:
            self._server = server = server_for(key, self._new_access)
            self._server_key = key
        return server

    def _new_access(self) -> Access:
        if self.codex is not None:
            return SharedCodex(codex=self.codex)
        return SharedCodex(
            AppServerConfig(
                codex_bin=self.codex_bin, cwd=self.cwd, env=dict(self.env), config_overrides=_SERVER_CONFIG
            )
        )


def _message_id(run_manager: BaseRunManager | None) -> str:
    # As core names the messages of its other streams.
    return f"{LC_ID_PREFIX}-{run_manager.run_id if run_manager else uuid4()}"


def _warn_not_used(names: list[str], *, stacklevel: int) -> None:
    warnings.warn(
        f"ChatCodex does not use {', '.join(names)}: Codex has no such setting", UserWarning, stacklevel
    )
