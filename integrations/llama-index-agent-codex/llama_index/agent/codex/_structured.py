"""Answers with an output class: the schema that goes into the turn, and no second question where the answer fits it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from codex_app_server import OutputError, OutputSchemaError
from codex_app_server.output import OutputSpec
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.structured_llm import StructuredLLM
from llama_index.llms.codex import CodexLLM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

__all__ = ["AgentLLM", "output_spec", "remember"]

# LlamaIndex asks for the structured form of an answer in the task that has just finalized it.
_answer: ContextVar[BaseModel | None] = ContextVar("codex_structured_answer", default=None)


def output_spec(output_cls: type[BaseModel] | None) -> OutputSpec[BaseModel] | None:
    """Return what a turn is asked for; None where the model service cannot enforce the class."""
    if output_cls is None:
        return None
    try:
        return OutputSpec.from_type(output_cls)
    except OutputSchemaError:
        # The answer is put into its form by a further question.
        return None


def remember(spec: OutputSpec[BaseModel], text: str) -> None:
    """Keep an answer that has its form already, for the question that follows."""
    try:
        _answer.set(spec.parse(text))
    except OutputError:
        _answer.set(None)


class AgentLLM(CodexLLM):
    """The model that an agent gives to LlamaIndex: it does not ask again for what the turn has answered."""

    def as_structured_llm(self, output_cls: type[BaseModel], **kwargs: Any) -> StructuredLLM:
        """Return a model that answers with an output class."""
        answer = _answer.get()
        _answer.set(None)
        if type(answer) is output_cls:
            return _AnsweredLLM(llm=self, output_cls=output_cls, answer=answer)
        return super().as_structured_llm(output_cls, **kwargs)


class _AnsweredLLM(StructuredLLM):
    """Gives the answer of a turn. It is no call of a model, and tracers are not told of one."""

    answer: Any

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:  # noqa: ARG002 - the framework's signature
        content = self.answer.model_dump_json()
        return ChatResponse(message=ChatMessage(role="assistant", content=content), raw=self.answer)
