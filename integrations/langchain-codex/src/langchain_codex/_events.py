"""The forms of an answer: message chunks, and the events of content blocks. Pure: no server, no loop, no callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, cast

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_codex._block_events import BlockWriter
from langchain_codex._parts import PartWriter, is_text
from langchain_codex._transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex_app_server import Event
    from langchain_protocol.protocol import MessagesData

    from langchain_codex._parts import TextPart

__all__ = ["AnswerChunks", "AnswerEvents", "Form"]

OutputT = TypeVar("OutputT")


class Form(Transcript, Generic[OutputT]):
    """What a model yields for the events of a turn."""

    def outputs(self, event: Event) -> Sequence[OutputT]:
        """Take the next event; returns what there is to hand out.

        Raises:
            TurnInterruptedError: The answer broke off, and its second attempt reads otherwise.
        """
        raise NotImplementedError

    def last_outputs(self) -> Sequence[OutputT]:
        """Return what was left, and the end of the message.

        Raises:
            TurnFailedError: The turn failed.
            TurnInterruptedError: The turn was interrupted, or as in `outputs`.
        """
        raise NotImplementedError


class AnswerChunks(Form[ChatGenerationChunk]):
    """Makes the chunks of one answer from the events of its turn.

    Args:
        model_name: The model that answers.
        stop: Stop sequences.
        is_streaming: Whether chunks are handed out while the answer comes, or one at its end.
        has_blocks: Whether content is a list of blocks, and not text.
        is_v1: Whether those are the blocks of `output_version="v1"`.
        original_name: Gives the name in LangChain of a tool that the model calls.
    """

    def __init__(
        self,
        *,
        model_name: str,
        stop: Sequence[str] = (),
        is_streaming: bool,
        has_blocks: bool = False,
        is_v1: bool = False,
        original_name: Callable[[str], str] = str,
    ) -> None:
        super().__init__(
            model_name=model_name,
            stop=stop,
            is_streaming=is_streaming,
            has_blocks=has_blocks,
            original_name=original_name,
        )
        self._writer = PartWriter(has_blocks=has_blocks, is_v1=is_v1)

    def feed(self, event: Event) -> AIMessageChunk | None:
        """Take the next event; returns a chunk if there is something to hand out.

        Raises:
            TurnInterruptedError: The answer broke off, and its second attempt reads otherwise.
        """
        parts = self.take(event)
        if not parts:
            return None
        if not self._has_blocks and len(parts) == 1 and is_text(parts[0]):
            # Nearly all chunks are of this kind, and each field costs time.
            return AIMessageChunk(content=cast("TextPart", parts[0]).text)
        return self._writer.chunk(parts)

    def finish(self) -> AIMessageChunk:
        """Return the last chunk: what was left, the usage, and the facts about the turn.

        Raises:
            TurnFailedError: The turn failed.
            TurnInterruptedError: The turn was interrupted, or as in `feed`.
        """
        return self._writer.chunk(
            self.take_last(),
            response_metadata=self.response_metadata,
            usage_metadata=self.usage_metadata,
            chunk_position="last",
        )

    def outputs(self, event: Event) -> Sequence[ChatGenerationChunk]:
        """See `Form`."""
        chunk = self.feed(event)
        return (ChatGenerationChunk(message=chunk),) if chunk else ()

    def last_outputs(self) -> Sequence[ChatGenerationChunk]:
        """See `Form`."""
        return (ChatGenerationChunk(message=self.finish()),)


class AnswerEvents(Form["MessagesData"]):
    """Makes the events of content blocks of one answer from the events of its turn.

    Args:
        message_id: Id of the message.
        model_name: The model that answers.
        stop: Stop sequences.
        original_name: Gives the name in LangChain of a tool that the model calls.
    """

    def __init__(
        self,
        *,
        message_id: str,
        model_name: str,
        stop: Sequence[str] = (),
        original_name: Callable[[str], str] = str,
    ) -> None:
        super().__init__(
            model_name=model_name, stop=stop, is_streaming=True, has_blocks=True, original_name=original_name
        )
        self._writer = BlockWriter(message_id=message_id, model_name=model_name)

    def outputs(self, event: Event) -> Sequence[MessagesData]:
        """See `Form`."""
        parts = self.take(event)
        return self._writer.events(parts) if parts else ()

    def last_outputs(self) -> Sequence[MessagesData]:
        """See `Form`."""
        events = self._writer.events(self.take_last())
        return [*events, *self._writer.last_events(self.response_metadata, self.usage_metadata)]
