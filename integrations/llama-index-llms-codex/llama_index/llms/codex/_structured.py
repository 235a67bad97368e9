"""Structured prediction: what is asked of Codex for a class, and the objects that the answer and its pieces are. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, cast

from codex_app_server import OutputError, OutputSchemaError
from codex_app_server.output import OutputSpec
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.program.utils import create_flexible_model
from llama_index.core.types import Model
from pydantic import ValidationError
from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.program.utils import FlexibleModel

__all__ = ["ObjectReader"]


class ObjectReader(Generic[Model]):
    """Asks for an object of a class in one call, and reads it from the answer.

    The model is held to the schema of the class, or told of it where there is no strict one.

    Args:
        output_cls: The class.
        in_prompt: Whether the model is told in any case.

    Raises:
        OutputSchemaError: There is no schema for the class.
    """

    def __init__(self, output_cls: type[Model], *, in_prompt: bool = False) -> None:
        self._output_cls = output_cls
        self._spec, is_strict = _spec(output_cls)
        self._is_told = in_prompt or not is_strict
        self._flexible: type[FlexibleModel] | None = None
        self._last: object = None

    def messages(self, messages: list[ChatMessage]) -> list[ChatMessage]:
        """Return the messages of the call."""
        if not self._is_told:
            return messages
        schema = json.dumps(self._spec.schema, ensure_ascii=False)
        rule = f"Answer with one JSON object and with nothing else. It has to fit this JSON schema: {schema}"
        return [*messages, ChatMessage(role="system", content=rule)]

    def options(self, llm_kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the options of the call."""
        options = dict(llm_kwargs or {})
        return options if self._is_told else {**options, "output_schema": self._spec.schema}

    def read(self, response: ChatResponse) -> Model:
        """Return the object that the answer is.

        Raises:
            OutputError: It is none.
        """
        try:
            return self._spec.parse(response.message.content or "")
        except OutputError as exc:
            raw = cast("dict[str, str]", response.raw)
            exc.thread_id, exc.turn_id = raw["thread_id"], raw["turn_id"]
            raise

    def read_part(self, response: ChatResponse) -> Model | FlexibleModel | None:
        """Return what there is of the object; None if nothing is new.

        It is of the class as soon as it has all that the class requires.
        """
        _, start, text = (response.message.content or "").partition("{")
        try:
            data: object = from_json(start + text, allow_partial="trailing-strings")
        except ValueError:
            return None
        if data == self._last:
            return None
        self._last = data
        try:
            return self._output_cls.model_validate(data)
        except ValidationError:
            self._flexible = self._flexible or create_flexible_model(self._output_cls)
            return self._flexible.model_validate(data)


def _spec(output_cls: type[Model]) -> tuple[OutputSpec[Model], bool]:
    """Return what to ask for, and whether the model can be held to it."""
    try:
        return OutputSpec.from_type(output_cls), True
    except OutputSchemaError as exc:
        if not exc.path:
            raise
    return OutputSpec(
        output_cls.model_json_schema(), output_cls.__name__, output_cls.model_validate_json
    ), False
