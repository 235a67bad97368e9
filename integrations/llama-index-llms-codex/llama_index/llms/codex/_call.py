"""One call of the model: messages and options checked, and made into what a thread and its turn are started with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from codex_app_server.chat import chat_thread_options
from codex_app_server.output import strict_schema
from llama_index.llms.codex.images import must_be_loaded
from llama_index.llms.codex.items import check_messages, history_items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codex_app_server import ThreadStartOptions, TurnOptions
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.llms.codex.images import ImageFetch

__all__ = ["CALL_OPTIONS", "Call", "CallSettings"]

CALL_OPTIONS = ("model", "effort", "summary", "base_instructions", "config", "output_schema")
"""What may be set per call."""


@dataclass(frozen=True, kw_only=True)
class CallSettings:
    """What a model is set to; options of a call go before it."""

    model: str | None
    effort: str | None
    summary: str | None
    base_instructions: str
    config: Mapping[str, Any]
    image_fetch: ImageFetch


@dataclass(frozen=True)
class Call:
    """A call that is ready to be sent.

    Attributes:
        items: The history of the thread.
        thread: Options of the thread.
        turn: Options of the turn.
        has_schema: Whether the answer has to fit a schema.
    """

    items: list[dict[str, Any]]
    thread: ThreadStartOptions
    turn: TurnOptions
    has_schema: bool

    @classmethod
    def make(
        cls, settings: CallSettings, messages: Sequence[ChatMessage], options: Mapping[str, Any]
    ) -> Call:
        """Make a call; reads images, which blocks.

        Raises:
            TypeError: There is no such option.
            ValueError: A message holds what Codex does not take.
            OutputSchemaError: The output schema cannot be made strict.
        """
        _check(options)
        check_messages(messages)

        def option(name: str) -> Any:
            value = options.get(name)
            return getattr(settings, name) if value is None else value

        schema = options.get("output_schema")
        return cls(
            history_items(messages, allow=settings.image_fetch),
            chat_thread_options(
                model=option("model"),
                base_instructions=option("base_instructions"),
                config=option("config"),
            ),
            {
                # The server says which words it knows; newer ones must get through.
                "effort": option("effort"),
                "summary": option("summary"),
                "output_schema": None if schema is None else strict_schema(schema),
            },
            has_schema=schema is not None,
        )

    @classmethod
    async def amake(
        cls, settings: CallSettings, messages: Sequence[ChatMessage], options: Mapping[str, Any]
    ) -> Call:
        """Make a call, as `make`, without blocking the event loop."""
        if must_be_loaded(block for message in messages for block in message.blocks):
            return await asyncio.to_thread(cls.make, settings, messages, options)
        return cls.make(settings, messages, options)


def _check(options: Mapping[str, Any]) -> None:
    # LlamaIndex hands keyword arguments of its own through as well (`formatted`).
    unknown = sorted(set(options) - {*CALL_OPTIONS, "formatted"})
    if unknown:
        names = ", ".join(map(repr, unknown))
        raise TypeError(f"CodexLLM takes no {names} per call: it takes {', '.join(CALL_OPTIONS)}")
    schema = cast("object", options.get("output_schema"))
    if isinstance(schema, type):
        raise TypeError(
            f"output_schema is a JSON schema, not the class {schema.__name__!r}: "
            "use structured_predict or as_structured_llm for a class"
        )
