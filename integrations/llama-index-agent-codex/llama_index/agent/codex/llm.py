"""CodexLLM: a model behind Codex as a plain language model: no tools, no disk, no memory.

Every call is one turn in an ephemeral thread of its own. Sync calls use the blocking client, async calls the
awaiting one; what they send and make of the result is shared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from codex_app_server import (
    AppServerConfig,
    AsyncCodex,
    Codex,
    ReasoningDelta,
    SharedCodex,
    TextDelta,
    TurnFinished,
)
from codex_app_server.chat import chat_thread_options
from llama_index.agent.codex._events import raw_turn
from llama_index.agent.codex._images import must_be_loaded
from llama_index.agent.codex._inputs import history_items
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import (
    llm_chat_callback,  # pyright: ignore[reportUnknownVariableType]
    llm_completion_callback,  # pyright: ignore[reportUnknownVariableType]
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex_app_server import Event, ThreadStartOptions, TurnOptions, TurnResult
    from llama_index.core.base.llms.types import (
        ChatResponseAsyncGen,
        ChatResponseGen,
        CompletionResponseAsyncGen,
        CompletionResponseGen,
    )

    F = TypeVar("F", bound=Callable[..., object])

__all__ = ["CodexLLM", "open_shared"]

# The input size of the models that Codex ships with; the server tells the true one only after a turn.
_CONTEXT_WINDOW = 272_000


def _traced(decorator: Any) -> Callable[[F], F]:
    """Return a tracing decorator of LlamaIndex with its type: what it decorates keeps its signature."""
    return decorator()


class CodexLLM(CustomLLM):
    """A language model on the Codex app-server, which needs no API key where Codex is logged in.

    Nothing is started before the first call; equal configurations share one server. For tools, files and
    conversations use `CodexAgent`.

    Args:
        model: Model; Codex's own default when None.
        codex: An open client to use; it is closed by whoever made it.
        codex_bin: The Codex binary, see `AppServerConfig`.
        env: Environment variables for the server.
        config: Codex configuration for every call, as in `config.toml`.
        effort: How much the model reasons.
        summary: How its reasoning is summarised.
        base_instructions: What the model is told before all messages.
        context_window: Tokens that fit into the model, for the sizing of memory and prompts.
    """

    model: str | None = Field(default=None, description="Model; None is Codex's default.")
    codex: Codex | AsyncCodex | None = Field(default=None, exclude=True, repr=False)
    codex_bin: str | None = Field(default=None, description="The Codex binary.")
    env: Mapping[str, str] = Field(default_factory=dict, exclude=True, repr=False)
    config: Mapping[str, Any] = Field(default_factory=dict, description="Codex configuration of every call.")
    effort: str | None = Field(default=None, description="How much the model reasons.")
    summary: str | None = Field(default=None, description="How its reasoning is summarised.")
    base_instructions: str = Field(default="", description="What the model is told before all messages.")
    context_window: int = Field(default=_CONTEXT_WINDOW, description="Tokens that fit into the model.", gt=0)

    _shared: SharedCodex = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Prepare the access to the server, which is launched by the first call."""
        super().model_post_init(context)
        self._shared = open_shared(self.codex, self.codex_bin, self.env)

    @classmethod
    def class_name(cls) -> str:
        """Return the name that LlamaIndex writes down."""
        return "CodexLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of the model."""
        return LLMMetadata(
            context_window=self.context_window,
            is_chat_model=True,
            is_function_calling_model=False,
            model_name=self.model or "codex",
        )

    def close(self) -> None:
        """Give the server back; it ends when nobody else uses it. The object can be used again."""
        self._shared.close()

    def _thread_options(self) -> ThreadStartOptions:
        return chat_thread_options(
            model=self.model, base_instructions=self.base_instructions, config=self.config
        )

    def _turn_options(self) -> TurnOptions:
        return {"effort": self.effort, "summary": _as_is(self.summary)}

    @_traced(llm_chat_callback)
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer messages."""
        thread = self._shared.sync_client().thread_start(**self._thread_options())
        thread.inject_items(_items(messages, kwargs))
        return _response(thread.run([], **self._turn_options()))

    @_traced(llm_chat_callback)
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer messages."""
        items = await _aitems(messages, kwargs)
        thread = await self._shared.async_client().thread_start(**self._thread_options())
        await thread.inject_items(items)
        return _response(await thread.run([], **self._turn_options()))

    @_traced(llm_chat_callback)
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer messages piece by piece."""
        items = _items(messages, kwargs)

        def generate() -> ChatResponseGen:
            thread = self._shared.sync_client().thread_start(**self._thread_options())
            thread.inject_items(items)
            answer = _Answer()
            with thread.turn([], **self._turn_options()).events() as events:
                for event in events:
                    piece = answer.add(event)
                    if piece is not None:
                        yield piece

        return generate()

    @_traced(llm_chat_callback)
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer messages piece by piece."""
        items = await _aitems(messages, kwargs)

        async def generate() -> ChatResponseAsyncGen:
            thread = await self._shared.async_client().thread_start(**self._thread_options())
            await thread.inject_items(items)
            answer = _Answer()
            turn = await thread.turn([], **self._turn_options())
            async with turn.events() as events:
                async for event in events:
                    piece = answer.add(event)
                    if piece is not None:
                        yield piece

        return generate()

    @_traced(llm_completion_callback)
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: FBT001, FBT002 - the framework's signature
        """Answer a prompt."""
        return _completion(self.chat(self._prompt(prompt, formatted=formatted), **kwargs))

    @_traced(llm_completion_callback)
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: FBT001, FBT002
        """Answer a prompt."""
        return _completion(await self.achat(self._prompt(prompt, formatted=formatted), **kwargs))

    @_traced(llm_completion_callback)
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:  # noqa: FBT001, FBT002
        """Answer a prompt piece by piece."""
        pieces = self.stream_chat(self._prompt(prompt, formatted=formatted), **kwargs)
        return (_completion(piece) for piece in pieces)

    @_traced(llm_completion_callback)
    async def astream_complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> CompletionResponseAsyncGen:
        """Answer a prompt piece by piece."""
        pieces = await self.astream_chat(self._prompt(prompt, formatted=formatted), **kwargs)
        return (_completion(piece) async for piece in pieces)

    def _prompt(self, prompt: str, *, formatted: bool) -> list[ChatMessage]:
        text = prompt if formatted or self.completion_to_prompt is None else self.completion_to_prompt(prompt)
        return [ChatMessage(role="user", content=text)]


class _Answer:
    """Gathers the text of a turn; every piece holds all text so far, as LlamaIndex wants it."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, event: Event) -> ChatResponse | None:
        """Return the piece that an event is; None if it is none."""
        match event:
            case TextDelta():
                self._text += event.text
                return self._piece(event.text, {})
            case ReasoningDelta():
                return self._piece("", {"thinking_delta": event.text})
            case TurnFinished(result=result):
                # The last piece holds the final answer, without commentary, and the usage.
                last = _response(result)
                last.delta = ""
                return last
            case _:
                return None

    def _piece(self, delta: str, more: dict[str, Any]) -> ChatResponse:
        message = ChatMessage(role="assistant", content=self._text)
        return ChatResponse(message=message, delta=delta, additional_kwargs=more)


def open_shared(
    codex: Codex | AsyncCodex | None, codex_bin: str | None, env: Mapping[str, str]
) -> SharedCodex:
    """Return the access to a server: an open client, or one that is launched when it is needed."""
    if codex is not None:
        return SharedCodex(codex=codex)
    return SharedCodex(AppServerConfig(codex_bin=codex_bin, env=dict(env)))


def _items(messages: Sequence[ChatMessage], kwargs: Mapping[str, Any]) -> list[dict[str, Any]]:
    # LlamaIndex hands keyword arguments of its own through as well (`formatted`).
    unknown = set(kwargs) - {"formatted"}
    if unknown:
        raise TypeError(f"CodexLLM takes no options per call, got {', '.join(sorted(unknown))}")
    return history_items(messages)


async def _aitems(messages: Sequence[ChatMessage], kwargs: Mapping[str, Any]) -> list[dict[str, Any]]:
    if must_be_loaded(block for message in messages for block in message.blocks):
        return await asyncio.to_thread(_items, messages, kwargs)
    return _items(messages, kwargs)


def _response(result: TurnResult) -> ChatResponse:
    result.raise_for_status()
    raw = raw_turn(result.thread_id, result.turn_id, result.status, result.usage)
    return ChatResponse(message=ChatMessage(role="assistant", content=result.text), raw=raw)


def _completion(response: ChatResponse) -> CompletionResponse:
    return CompletionResponse(
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        additional_kwargs=cast("dict[str, Any]", response.additional_kwargs),  # pyright: ignore[reportUnknownMemberType]
    )


def _as_is(value: str | None) -> Any:
    # The server says which words it knows; newer ones must get through.
    return value
