"""CodexLLM: a model behind Codex as a plain language model: no tools, no disk, no memory.

Every call is one turn in an ephemeral thread of its own. Sync calls use the blocking client, async calls the
awaiting one; what they send and make of the result is shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from codex_app_server import AsyncCodexClient, CodexClient
from codex_app_server.interface import client_or_none
from llama_index.core.base.llms.types import (
    ChatMessage,
    CompletionResponse,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import ConfigDict, Field, PrivateAttr, field_validator
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictInProgressEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import (
    llm_chat_callback,  # pyright: ignore[reportUnknownVariableType]
    llm_completion_callback,  # pyright: ignore[reportUnknownVariableType]
)
from llama_index.core.types import PydanticProgramMode
from llama_index.llms.codex._answer import Answer
from llama_index.llms.codex._call import Call, CallSettings
from llama_index.llms.codex._structured import ObjectReader
from llama_index.llms.codex.images import ImageFetch
from llama_index.llms.codex.server import Access, open_shared
from llama_index.llms.codex.spans import spans_of_llama_index
from llama_index_instrumentation import get_dispatcher

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

    from llama_index.core.base.llms.types import (
        ChatResponse,
        ChatResponseAsyncGen,
        ChatResponseGen,
        CompletionResponseAsyncGen,
        CompletionResponseGen,
    )
    from llama_index.core.program.utils import FlexibleModel
    from llama_index.core.prompts import PromptTemplate
    from llama_index.core.types import Model
    from typing_extensions import Self

    F = TypeVar("F", bound=Callable[..., object])

__all__ = ["CodexLLM"]

# The input size of the models that Codex ships with; the server tells the true one only after a turn.
_CONTEXT_WINDOW = 272_000

_dispatcher = get_dispatcher(__name__)


def _traced(decorator: Any) -> Callable[[F], F]:
    """Return a tracing decorator of LlamaIndex with its type: what it decorates keeps its signature."""
    return decorator()


class CodexLLM(CustomLLM):
    """A language model on the Codex app-server, which needs no API key where Codex is logged in.

    Nothing is started before the first call; equal configurations share one server. The model sees exactly the
    messages of the call, and can run nothing. For tools, files and conversations use `CodexAgent`.

    `model`, `effort`, `summary`, `base_instructions`, `config` and `output_schema` (a JSON schema of the answer) may be
    given per call as well; there are no other options, and asking for one raises `TypeError`. Structured prediction
    (`structured_predict` and its like, `as_structured_llm`) uses the output schema of Codex; a class that has no strict
    schema (open dictionaries, values of any type), or `pydantic_program_mode="llm"`, is asked for in the prompt.

    A failed call raises `codex_app_server.TurnFailedError`, an answer that does not fit its class
    `codex_app_server.OutputError`. Leaving a stream early, or cancelling a call, interrupts the model.

    Args:
        model: Model; Codex's own default when None.
        codex: An open client of any kind to use; it is closed by whoever made it.
        codex_bin: The Codex binary, see `AppServerConfig`.
        env: Environment variables for the server. They are not written down by `to_dict`.
        config: Codex configuration for every call, as in `config.toml`.
        effort: How much the model reasons.
        summary: How its reasoning is summarised.
        base_instructions: What the model is told before all messages.
        context_window: Tokens that fit into the model, for the sizing of memory and prompts.
        image_fetch: Whether http(s) URLs of images are fetched: from public addresses, from any, or never.
    """

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, description="Model; None is Codex's default.")
    codex: CodexClient | AsyncCodexClient | None = Field(default=None, exclude=True, repr=False)
    codex_bin: str | None = Field(default=None, description="The Codex binary.")
    env: Mapping[str, str] = Field(default_factory=dict, exclude=True, repr=False)
    config: Mapping[str, Any] = Field(
        default_factory=dict, description="Codex configuration of every call.", repr=False
    )
    effort: str | None = Field(default=None, description="How much the model reasons.")
    summary: str | None = Field(default=None, description="How its reasoning is summarised.")
    base_instructions: str = Field(default="", description="What the model is told before all messages.")
    context_window: int = Field(default=_CONTEXT_WINDOW, description="Tokens that fit into the model.", gt=0)
    image_fetch: ImageFetch = Field(default="public", description="From where images are fetched.")

    _shared: Access = PrivateAttr()

    _check_client = field_validator("codex", mode="before")(client_or_none)

    def model_post_init(self, context: Any, /) -> None:
        """Prepare the access to the server, which is launched by the first call."""
        super().model_post_init(context)
        self._shared = open_shared(self.codex, self.codex_bin, self.env)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: the settings, and nothing alive.

        Raises:
            TypeError: There is an open client among them.
        """
        if self.codex is not None:
            raise TypeError("a CodexLLM with an open client (codex=...) cannot be pickled")
        return super().__getstate__()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; an open client is used by the copy too."""
        memo = {} if memo is None else memo
        for alive in (self.codex, self._shared):
            memo[id(alive)] = alive
        return super().__deepcopy__(memo)

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

    async def aclose(self) -> None:
        """Give the server back, and wait until it has ended if nobody else uses it. The object can be used again."""
        await self._shared.aclose()

    # --- messages ---------------------------------------------------------------------------------

    @_traced(llm_chat_callback)
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer messages.

        Raises:
            TypeError: An option that there is not.
            ValueError: A message holds what Codex does not take.
            TurnFailedError: The call failed.
            AppServerError: The server did not start, or is gone.
        """
        return self._answer(messages, kwargs)

    @_traced(llm_chat_callback)
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer messages; see `chat`."""
        return await self._aanswer(messages, kwargs)

    @_traced(llm_chat_callback)
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer messages piece by piece; see `chat`. Leaving the stream interrupts the model.

        Reasoning comes as `additional_kwargs["thinking_delta"]` of pieces without text. The last piece holds
        the whole message, with its reasoning as a `ThinkingBlock`, and the usage.
        """
        return self._pieces(Call.make(self._settings(), messages, kwargs))

    @_traced(llm_chat_callback)
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer messages piece by piece; see `stream_chat`."""
        return self._apieces(await Call.amake(self._settings(), messages, kwargs))

    # --- prompts: not by way of the methods above, whose callbacks would count the tokens twice ---------

    @_traced(llm_completion_callback)
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: FBT001, FBT002 - the framework's signature
        """Answer a prompt; see `chat`."""
        return _completion(self._answer(self._prompt(prompt, formatted=formatted), kwargs))

    @_traced(llm_completion_callback)
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: FBT001, FBT002
        """Answer a prompt; see `chat`."""
        return _completion(await self._aanswer(self._prompt(prompt, formatted=formatted), kwargs))

    @_traced(llm_completion_callback)
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:  # noqa: FBT001, FBT002
        """Answer a prompt piece by piece; see `stream_chat`."""
        pieces = self._pieces(Call.make(self._settings(), self._prompt(prompt, formatted=formatted), kwargs))
        return (_completion(piece) for piece in pieces)

    @_traced(llm_completion_callback)
    async def astream_complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> CompletionResponseAsyncGen:
        """Answer a prompt piece by piece; see `stream_chat`."""
        messages = self._prompt(prompt, formatted=formatted)
        pieces = self._apieces(await Call.amake(self._settings(), messages, kwargs))
        return (_completion(piece) async for piece in pieces)

    # --- structured prediction --------------------------------------------------------------------

    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Answer a prompt with an object of a class, whose schema the model is held to.

        Args:
            output_cls: The class.
            prompt: The prompt.
            llm_kwargs: Options of the call.
            **prompt_args: What the prompt is filled in with.

        Raises:
            OutputError: The answer does not fit.
            OutputSchemaError: There is no JSON schema for the class.
            TurnFailedError: The call failed.
        """
        reader, messages = self._begin_structured(output_cls, prompt, prompt_args)
        output = reader.read(self.chat(messages, **reader.options(llm_kwargs)))
        _dispatcher.event(LLMStructuredPredictEndEvent(output=output))
        return output

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Answer a prompt with an object of a class; see `structured_predict`."""
        reader, messages = self._begin_structured(output_cls, prompt, prompt_args)
        output = reader.read(await self.achat(messages, **reader.options(llm_kwargs)))
        _dispatcher.event(LLMStructuredPredictEndEvent(output=output))
        return output

    def stream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Model | FlexibleModel, None, None]:
        """Answer a prompt with an object of a class, given each time that there is more of it.

        It is of the class as soon as it has all that the class requires, before that a `FlexibleModel` with the
        same names. The last one is the whole, validated object. See `structured_predict`.
        """
        reader, messages = self._begin_structured(output_cls, prompt, prompt_args)
        pieces = self.stream_chat(messages, **reader.options(llm_kwargs))
        last: ChatResponse | None = None
        with closing(pieces):
            for last in pieces:
                part = reader.read_part(last)
                if part is not None:
                    _dispatcher.event(LLMStructuredPredictInProgressEvent(output=part))
                    yield part
        yield _end_structured(reader, last)

    async def astream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Model | FlexibleModel, None]:
        """Answer a prompt with an object of a class; see `stream_structured_predict`."""

        async def generate() -> AsyncGenerator[Model | FlexibleModel, None]:
            reader, messages = self._begin_structured(output_cls, prompt, prompt_args)
            pieces = await self.astream_chat(messages, **reader.options(llm_kwargs))
            last: ChatResponse | None = None
            async with aclosing(pieces):
                async for last in pieces:
                    part = reader.read_part(last)
                    if part is not None:
                        _dispatcher.event(LLMStructuredPredictInProgressEvent(output=part))
                        yield part
            yield _end_structured(reader, last)

        return generate()

    def _begin_structured(
        self, output_cls: type[Model], prompt: PromptTemplate, prompt_args: dict[str, Any]
    ) -> tuple[ObjectReader[Model], list[ChatMessage]]:
        _dispatcher.event(
            LLMStructuredPredictStartEvent(output_cls=output_cls, template=prompt, template_args=prompt_args)
        )
        in_prompt = self.pydantic_program_mode == PydanticProgramMode.LLM
        reader = ObjectReader(output_cls, in_prompt=in_prompt)
        messages = self._extend_messages(prompt.format_messages(llm=self, **prompt_args))
        return reader, reader.messages(messages)

    # --- the call ---------------------------------------------------------------------------------

    def _settings(self) -> CallSettings:
        return CallSettings(
            model=self.model,
            effort=self.effort,
            summary=self.summary,
            base_instructions=self.base_instructions,
            config=self.config,
            image_fetch=self.image_fetch,
        )

    def _prompt(self, prompt: str, *, formatted: bool) -> list[ChatMessage]:
        text = prompt if formatted or self.completion_to_prompt is None else self.completion_to_prompt(prompt)
        return [ChatMessage(role="user", content=text)]

    def _answer(self, messages: Sequence[ChatMessage], options: Mapping[str, Any]) -> ChatResponse:
        call = Call.make(self._settings(), messages, options)
        thread = self._shared.sync_client().thread_start(**call.thread)
        thread.inject_items(call.items)
        answer = Answer(is_streaming=False, is_last_message=call.has_schema)
        with spans_of_llama_index():
            turn = thread.turn([], **call.turn)
        with turn.events() as events:
            for event in events:
                answer.feed(event)
        return answer.finish()

    async def _aanswer(self, messages: Sequence[ChatMessage], options: Mapping[str, Any]) -> ChatResponse:
        call = await Call.amake(self._settings(), messages, options)
        thread = await self._shared.async_client().thread_start(**call.thread)
        await thread.inject_items(call.items)
        answer = Answer(is_streaming=False, is_last_message=call.has_schema)
        with spans_of_llama_index():
            turn = await thread.turn([], **call.turn)
        async with turn.events() as events:
            async for event in events:
                answer.feed(event)
        return answer.finish()

    def _pieces(self, call: Call) -> ChatResponseGen:
        thread = self._shared.sync_client().thread_start(**call.thread)
        thread.inject_items(call.items)
        answer = Answer(is_streaming=True, is_last_message=call.has_schema)
        with spans_of_llama_index():
            turn = thread.turn([], **call.turn)
        with turn.events() as events:
            for event in events:
                piece = answer.feed(event)
                if piece is not None:
                    yield piece
        yield answer.finish()

    async def _apieces(self, call: Call) -> ChatResponseAsyncGen:
        thread = await self._shared.async_client().thread_start(**call.thread)
        await thread.inject_items(call.items)
        answer = Answer(is_streaming=True, is_last_message=call.has_schema)
        with spans_of_llama_index():
            turn = await thread.turn([], **call.turn)
        async with turn.events() as events:
            async for event in events:
                piece = answer.feed(event)
                if piece is not None:
                    yield piece
        yield answer.finish()


def _end_structured(reader: ObjectReader[Model], last: ChatResponse | None) -> Model:
    if last is None:
        raise AssertionError("the stream ended without a piece")
    output = reader.read(last)
    _dispatcher.event(LLMStructuredPredictEndEvent(output=output))
    return output


def _completion(response: ChatResponse) -> CompletionResponse:
    return CompletionResponse(
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        additional_kwargs=cast("dict[str, Any]", response.additional_kwargs),  # pyright: ignore[reportUnknownMemberType]
    )
